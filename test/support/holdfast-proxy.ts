/** For tests: `holdfast xks-proxy` as a child process. */

import { type ChildProcess, spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestCertificate } from './certificate.ts'
import { runHoldfast } from './command.ts'
import { NODE_ENVIRONMENT, ROOT } from './run.ts'
import { temporaryFolder } from './server.ts'

export type ProxyCredential = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** A proxy that serves over TLS. */
export type HoldfastProxy = AsyncDisposable & {
  readonly data: string
  readonly port: number
  readonly errors: () => string
  /** Runs a subcommand of `holdfast xks-proxy` on its data folder. Fails if the command fails. */
  readonly command: (...words: readonly string[]) => Promise<string>
  readonly newCredential: () => Promise<ProxyCredential>
  readonly signal: (signal: NodeJS.Signals) => void
  readonly stop: () => Promise<void>
}

const STARTED = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of STARTED) child.kill('SIGKILL')
})

/** Starts a proxy on a data folder. By default, creates a folder and removes it at the end. */
export async function startHoldfastProxy(
  certificate: TestCertificate,
  options: { readonly prefix?: string; readonly data?: string; readonly port?: number } = {},
): Promise<HoldfastProxy> {
  const data = options.data ?? (await temporaryFolder())
  const child = spawn(process.execPath, [join(ROOT, 'src/main.ts'), 'xks-proxy'], {
    env: {
      ...NODE_ENVIRONMENT,
      HOLDFAST_DATA: data,
      HOLDFAST_XKS_LISTEN: `127.0.0.1:${options.port ?? 0}`,
      HOLDFAST_TLS_CERT: certificate.certFile,
      HOLDFAST_TLS_KEY: certificate.keyFile,
      ...(options.prefix === undefined ? {} : { HOLDFAST_XKS_PREFIX: options.prefix }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  STARTED.add(child)
  const errors: string[] = []
  child.stderr.on('data', (chunk) => errors.push(String(chunk)))
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      STARTED.delete(child)
      resolve()
    }),
  )
  const port = await portOf(child, () => errors.join(''))
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  const command = async (...words: readonly string[]): Promise<string> => {
    const finished = await runHoldfast(data, 'xks-proxy', ...words)
    if (finished.status !== 0) throw new Error(`${words.join(' ')} failed: ${finished.errors}`)
    return finished.output
  }
  return {
    data,
    port,
    errors: () => errors.join(''),
    command,
    newCredential: async () => parseCredential(await command('credential', 'create')),
    signal: (signal) => void child.kill(signal),
    stop,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
      if (options.data === undefined) await rm(data, { recursive: true, force: true })
    },
  }
}

function parseCredential(output: string): ProxyCredential {
  const accessKeyId = /^AccessKeyId +(\S+)$/m.exec(output)?.[1]
  const secretAccessKey = /^RawSecretAccessKey +(\S+)$/m.exec(output)?.[1]
  if (accessKeyId === undefined || secretAccessKey === undefined) throw new Error('no credential was printed')
  return { accessKeyId, secretAccessKey }
}

function portOf(child: ChildProcess, errors: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    let printed = ''
    child.stdout?.on('data', (chunk) => {
      printed += String(chunk)
      const port = /serves external keys on https:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    child.once('close', () => reject(new Error(`the proxy ended: ${errors()}`)))
  })
}
