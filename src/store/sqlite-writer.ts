/** The thread that writes to SQLite, so that no sync of the disk ever holds up a request. */

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { present } from '../base/assert.ts'
import type { RawChange } from './port.ts'
import { Committer, type Outcome } from './sqlite-commit.ts'

/** One commit for the thread, or that no more will come. */
export type WriterRequest =
  | { readonly ticket: number; readonly changes: readonly RawChange[] }
  | { readonly ticket: undefined }

/** What became of the commits with these tickets, in order. */
export type WriterAnswer = {
  readonly tickets: readonly number[]
  readonly outcomes: readonly Outcome[]
}

/** The most commits that one transaction carries. */
const GROUP_MAX = 512

function write(port: MessagePort, committer: Committer): void {
  port.on('message', (message: unknown) => {
    let request: WriterRequest | undefined = parseRequest(message)
    while (request !== undefined) {
      const tickets: number[] = []
      const group: (readonly RawChange[])[] = []
      for (; request?.ticket !== undefined; request = group.length < GROUP_MAX ? next(port) : undefined) {
        tickets.push(request.ticket)
        group.push(request.changes)
      }
      if (group.length > 0)
        port.postMessage({ tickets, outcomes: committer.commit(group) } satisfies WriterAnswer)
      if (request !== undefined) {
        committer.close()
        port.close()
        return
      }
      request = next(port)
    }
  })
}

function next(port: MessagePort): WriterRequest | undefined {
  const received = receiveMessageOnPort(port)
  return received === undefined ? undefined : parseRequest(received.message)
}

/** Messages come from the thread that has started this one, and nobody else. */
function parseRequest(message: unknown): WriterRequest {
  return message as WriterRequest
}

write(present(parentPort, 'the port of the writer thread'), new Committer(String(workerData)))
