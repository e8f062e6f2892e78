import { type ChildProcess, fork } from 'node:child_process'
import { undoAtExit } from './cleanup.ts'

/** A process of this folder that answers each message with one. */
export type Peer = {
  readonly pid: number
  /** Sends one message and waits for its answer; one at a time. */
  readonly ask: (message: object) => Promise<unknown>
  readonly stop: () => void
}

/** Longer than any window, pool or drain. */
const ANSWER_TIMEOUT_MS = 900_000

/** Starts a file as a process of its own. */
export function openPeer(file: URL): Peer {
  const child = fork(file, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const forget = undoAtExit(() => child.kill('SIGKILL'))
  return {
    pid: child.pid ?? 0,
    ask: (message) => askChild(child, file.pathname, message),
    stop: () => {
      forget()
      child.kill('SIGKILL')
    },
  }
}

async function askChild(child: ChildProcess, file: string, message: object): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const ended = () => reject(new Error(`${file} has ended`))
  const deadline = setTimeout(() => reject(new Error(`${file} does not answer`)), ANSWER_TIMEOUT_MS)
  child.once('message', resolve)
  child.once('exit', ended)
  try {
    child.send(message)
    return await promise
  } finally {
    clearTimeout(deadline)
    child.off('message', resolve)
    child.off('exit', ended)
  }
}
