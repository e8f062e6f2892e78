import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CREDENTIALS_FILE, endpointOf } from '../app/deployment.ts'
import { readGivenFiles } from '../app/given-files.ts'
import { openMonitoring } from '../app/metrics.ts'
import type { OpenedRoot } from '../app/root-key.ts'
import { openRootForServing, serverDoor } from '../app/sealed.ts'
import { renewTls } from '../app/tls.ts'
import type { Log } from '../base/log.ts'
import type { Secret } from '../base/secret.ts'
import type { Config } from '../config/settings.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { consoleAddress, createConsoleLink } from './console.ts'
import { environmentLines } from './environment.ts'
import { openLog } from './log.ts'
import { restartInPlace } from './restart.ts'
import { printResult } from './result.ts'
import type { RunningServer } from './running.ts'
import { takeHangup, takeSignals } from './signals.ts'
import { openWorkers } from './workers.ts'

/** `holdfast serve`: runs the server until it is asked to stop. */
export async function serve(input: CommandInput): Promise<number> {
  const { config } = input
  const log = openLog()
  const stop = takeSignals(log)
  const onHangup = takeHangup(log)
  // Before a data folder is created and before a sealed server waits: each process reads them again.
  await readGivenFiles(config)
  // The modules of the server: after what refuses a start, and not in a process that only starts workers.
  const node = config.workers === 1 ? await import('../app/node.ts') : undefined
  const opened = await openRootForServing(config, {
    log,
    stop,
    sealed: (port) => announceSealed(input, endpointOf(config, port)),
    door: serverDoor(config),
  })
  if (opened === undefined) return 0
  const server =
    node === undefined
      ? await openWorkers(config, log, opened, () => restartInPlace(log))
      : await openSingle(node.openNode, { config, log, opened })
  const monitoring = await openMonitoring(config, { snapshots: server.snapshots, log }).catch(
    async (error: unknown) => {
      await server.close()
      throw error
    },
  )
  onHangup(() =>
    renewTls(config, log, (pair) => {
      monitoring.useTls(pair)
      server.useTls(pair)
    }),
  )
  const endpoint = endpointOf(config, server.port)
  const signIn = config.console === 'link' ? await firstLink(input, endpoint, opened.root) : undefined
  // The first process of several keeps it for workers that it starts again.
  if (config.workers === 1) opened.root[Symbol.dispose]()
  announce(input, { endpoint, metrics: monitoring.url, signIn })
  const ended = await Promise.race([stop.then(() => 'asked'), server.failed.then(() => 'failed')])
  printResult(input, { event: 'stopping' }, () => ['stopping: finishing requests in flight'])
  await monitoring.close()
  await server.close()
  return ended === 'failed' ? EXIT_FAILURE : 0
}

/** Says that the server waits for its root key. */
export function announceSealed(input: CommandInput, endpoint: string): void {
  printResult(input, { event: 'sealed', endpoint }, () => [
    `Holdfast is sealed on ${endpoint}: holdfast unseal opens it`,
  ])
}

type OpenNode = typeof import('../app/node.ts').openNode
type Opening = { readonly config: Config; readonly log: Log; readonly opened: OpenedRoot }

/** One process serves. */
async function openSingle(openNode: OpenNode, { config, log, opened }: Opening): Promise<RunningServer> {
  const { root: rootKey } = opened
  const listener = { port: config.listen.port, sharedPort: false }
  const node = await openNode(
    config,
    { listener, rootKey, opening: opened, leave: () => restartInPlace(log) },
    log,
  )
  const { port, metrics, useTls, close } = node
  const failed = node.failed.then((name) =>
    log.error('another process has taken over the log of this one, which ends', { name }),
  )
  const snapshots = async () => [{ worker: '0', points: await metrics() }]
  return { port, snapshots, useTls, close, failed }
}

/** A server serves also when no link can be made: `holdfast console` then says why. */
async function firstLink(
  input: CommandInput,
  endpoint: string,
  rootKey: Secret,
): Promise<string | undefined> {
  try {
    return (await createConsoleLink(input, endpoint, rootKey)).link
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    input.output.complain(`holdfast: no sign-in link could be created: ${reason}`)
    return undefined
  }
}

type Served = {
  readonly endpoint: string
  readonly metrics: string | undefined
  /** A link that signs in to the web console; nothing when none is printed. */
  readonly signIn: string | undefined
}

function announce(input: CommandInput, { endpoint, metrics, signIn }: Served): void {
  const { config } = input
  const web = config.console === 'off' ? null : consoleAddress(endpoint)
  const data = resolve(config.data)
  const path = resolve(config.data, CREDENTIALS_FILE)
  // An operator may have moved the credentials file, and a restored folder may have none.
  const credentials = existsSync(path) ? path : null
  const result = { event: 'serving', endpoint, data, credentials, console: web, signIn: signIn ?? null }
  printResult(input, { ...result, metrics: metrics ?? null }, () => [
    `Holdfast serves on ${endpoint}`,
    `  data         ${data}`,
    credentials === null
      ? `  credentials  none at ${path}: holdfast root-credentials create creates new ones for the root user of account ${config.account}`
      : `  credentials  ${path} (root user of account ${config.account})`,
    ...(metrics === undefined ? [] : [`  metrics      ${metrics}`]),
    ...(web === null ? [] : [`  console      ${web}`]),
    ...(signIn === undefined ? [] : [`  sign in      ${signIn} (root user, once, within 15 minutes)`]),
    '',
    'Point AWS clients at it:',
    ...environmentLines(config, endpoint).map((line) => `  ${line}`),
  ])
}
