/** For tests: the KMS plug-in for Kubernetes as a process, started by `holdfast kubernetes-kms`. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { NODE_ENVIRONMENT, ROOT } from './run.ts'

/** A running plug-in. */
export type TestPlugin = AsyncDisposable & {
  readonly socket: string
  readonly process: ChildProcess
  /** Its log so far. */
  readonly log: () => string
  /** Stops it with SIGTERM. Returns its exit status. */
  readonly stop: () => Promise<number | null>
}

/** Starts a plug-in and waits until it serves. */
export async function startPlugin(
  socket: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<TestPlugin> {
  const line = ['kubernetes-kms', '--json', '--socket', socket, ...args]
  const child = spawn(process.execPath, [join(ROOT, 'src/main.ts'), ...line], {
    env: { ...NODE_ENVIRONMENT, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk) => {
    log += String(chunk)
  })
  const ended = once(child, 'close')
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await ended
    return child.exitCode
  }
  const lines = createInterface(child.stdout)
  const [first] = await Promise.race([once(lines, 'line'), ended])
  if (!String(first).includes('serving')) throw new Error(`the plug-in did not start: ${log}`)
  return {
    socket,
    process: child,
    log: () => log,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}
