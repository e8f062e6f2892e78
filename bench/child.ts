import { type ChildProcess, fork } from 'node:child_process'
import { undoAtExit } from './cleanup.ts'

/** A child process of the bench that sends one reply to each message. */
export type Peer = {
  readonly pid: number
  /** Sends one message and waits for its reply. Only one message may be in flight. */
  readonly ask: (message: object) => Promise<unknown>
  readonly stop: () => void
}

/** Longer than any window, signing of a pool or drain. */
const ANSWER_TIMEOUT_MS = 900_000

/** Starts a file as a child process. */
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
