/** The thread that writes to SQLite, so that no sync of the disk delays a request. */

import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type PackedCommits, unpackCommits, type WriterCommit } from './packed-commits.ts'
import { Committer, type Outcome } from './sqlite-commit.ts'

/** What the thread is started with. */
export type WriterStart = { readonly path: string; readonly port: MessagePort }

/** Commits for the thread, or a note that no more will come. */
export type WriterRequest = { readonly commits: PackedCommits; readonly isLast: boolean }

/** The results of the commits with these tickets, in order. */
export type WriterAnswer = {
  readonly tickets: readonly number[]
  readonly outcomes: readonly Outcome[]
}

/** The most commits in one transaction. */
const GROUP_MAX = 512

function write({ port, path }: WriterStart): void {
  const committer = new Committer(path)
  const waiting: WriterCommit[] = []
  let isLast = false
  const take = (message: unknown): void => {
    const request = parseRequest(message)
    waiting.push(...unpackCommits(request.commits))
    isLast ||= request.isLast
  }
  port.on('message', (message: unknown) => {
    take(message)
    takeAll(port, take)
    while (waiting.length > 0) {
      const group = waiting.splice(0, GROUP_MAX)
      const outcomes = committer.commit(group.map(({ changes }) => changes))
      port.postMessage({ tickets: group.map(({ ticket }) => ticket), outcomes } satisfies WriterAnswer)
      takeAll(port, take)
    }
    if (!isLast) return
    committer.close()
    port.close()
  })
}

/** Takes all messages that have arrived meanwhile. */
function takeAll(port: MessagePort, take: (message: unknown) => void): void {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    take(next.message)
  }
}

/** Messages come only from the thread that has started this one. */
function parseRequest(message: unknown): WriterRequest {
  return message as WriterRequest
}

/** The same for the data that it was started with. */
function parseStart(data: unknown): WriterStart {
  return data as WriterStart
}

write(parseStart(workerData))
