import { parentPort } from 'node:worker_threads'
import { present } from './assert.ts'
import type { OffloadAnswer } from './offload.ts'

/** Makes this thread answer the tasks of its pool, one after the other, by `answer`. */
export function answerTasks(answer: (task: unknown) => unknown): void {
  const port = present(parentPort, 'the port of the thread')
  port.on('message', (task: unknown) => port.postMessage(outcome(answer, task)))
}

function outcome(answer: (task: unknown) => unknown, task: unknown): OffloadAnswer {
  try {
    return { answer: answer(task) }
  } catch (error) {
    // Only the kind: a text might quote what it was about.
    return { failed: error instanceof Error ? error.name : 'unknown' }
  }
}
