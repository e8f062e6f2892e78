import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CREDENTIALS_FILE, endpointOf, renewTls } from '../app/deployment.ts'
import { openMonitoring } from '../app/metrics.ts'
import { openNode } from '../app/node.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/settings.ts'
import { type Command, EXIT_FAILURE, type Output } from './command.ts'
import { environmentLines } from './environment.ts'
import { openLog } from './log.ts'
import type { RunningServer } from './running.ts'
import { takeHangup, takeSignals } from './signals.ts'
import { openWorkers } from './workers.ts'

/** `holdfast serve`: runs the server until it is asked to stop. */
export const serve: Command = {
  name: 'serve',
  about: 'runs the server until SIGTERM or SIGINT',
  run: async ({ config, output }) => {
    const log = openLog()
    const stop = takeSignals(log)
    const onHangup = takeHangup(log)
    const server = config.workers === 1 ? await openSingle(config, log) : await openWorkers(config, log)
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
    announce(config, { endpoint: endpointOf(config, server.port), metrics: monitoring.url }, output)
    const ended = await Promise.race([stop.then(() => 'asked'), server.failed.then(() => 'failed')])
    output.print('stopping: finishing what is in flight')
    await monitoring.close()
    await server.close()
    return ended === 'failed' ? EXIT_FAILURE : 0
  },
}

/** One process serves. */
async function openSingle(config: Config, log: Log): Promise<RunningServer> {
  const node = await openNode(config, { port: config.listen.port, sharedPort: false }, log)
  const { port, metrics, useTls, close } = node
  const snapshots = async () => [{ worker: '0', points: await metrics() }]
  return { port, snapshots, useTls, close, failed: new Promise(() => {}) }
}

type Served = { readonly endpoint: string; readonly metrics: string | undefined }

function announce(config: Config, { endpoint, metrics }: Served, output: Output): void {
  output.print(`Holdfast serves on ${endpoint}`)
  output.print(`  data         ${resolve(config.data)}`)
  output.print(`  credentials  ${credentialsLine(config)}`)
  if (metrics !== undefined) output.print(`  metrics      ${metrics}`)
  output.print('')
  output.print('Point AWS clients here:')
  for (const line of environmentLines(config, endpoint)) output.print(`  ${line}`)
}

/** The credentials file may be moved away, and a restored folder may have none. */
function credentialsLine(config: Config): string {
  const path = resolve(config.data, CREDENTIALS_FILE)
  if (existsSync(path)) return `${path} (root of account ${config.account})`
  return `none at ${path}: holdfast root-credentials create makes new ones for the root of account ${config.account}`
}
