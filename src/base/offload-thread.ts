import { parentPort } from 'node:worker_threads'
import { present } from './assert.ts'
import { aloneInMemory } from './bytes.ts'
import type { OffloadAnswer } from './offload.ts'

/**
 * Makes this thread answer the tasks of its pool, one after the other, by `answer`.
 *
 * Bytes that it gives are cleared here once they are copied to the other side: they may be a key or a plaintext.
 */
export function answerTasks(answer: (task: unknown) => unknown): void {
  const port = present(parentPort, 'the port of the thread')
  port.on('message', (message: unknown) => {
    const outcomes = parseTasks(message).map((task) => outcomeOf(answer, task))
    port.postMessage(outcomes)
    for (const outcome of outcomes) {
      if ('answer' in outcome && outcome.answer instanceof Uint8Array) outcome.answer.fill(0)
    }
  })
}

/** From the pool. */
function parseTasks(message: unknown): readonly unknown[] {
  return message as readonly unknown[]
}

function outcomeOf(answer: (task: unknown) => unknown, task: unknown): OffloadAnswer {
  try {
    return { answer: alone(answer(task)) }
  } catch (error) {
    // Only the kind: a text might quote what it was about.
    return { failed: error instanceof Error ? error.name : 'unknown' }
  }
}

/** A message carries all of the memory that bytes are a part of, and what is there of other tasks. */
function alone(answer: unknown): unknown {
  if (!(answer instanceof Uint8Array)) return answer
  const bytes = aloneInMemory(answer)
  if (bytes !== answer) answer.fill(0)
  return bytes
}
