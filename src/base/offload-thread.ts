import { type MessagePort, parentPort } from 'node:worker_threads'
import { present } from './assert.ts'
import { aloneInMemory } from './bytes.ts'
import type { OffloadAnswer } from './offload.ts'

/**
 * Makes this thread answer the tasks of its pool, one after the other, by `answer`, which may return a
 * promise.
 *
 * It clears the bytes of an answer once they are copied to the other side: they may be a key or a plaintext.
 */
export function answerTasks(answer: (task: unknown) => unknown): void {
  const port = present(parentPort, 'the port of the thread')
  port.on('message', (message: unknown) => void answerAll(port, answer, parseTasks(message)))
}

async function answerAll(
  port: MessagePort,
  answer: (task: unknown) => unknown,
  tasks: readonly unknown[],
): Promise<void> {
  const outcomes: OffloadAnswer[] = []
  for (const task of tasks) outcomes.push(await outcomeOf(answer, task))
  port.postMessage(outcomes)
  for (const outcome of outcomes) {
    if ('answer' in outcome && outcome.answer instanceof Uint8Array) outcome.answer.fill(0)
  }
}

/** Messages come from the pool. */
function parseTasks(message: unknown): readonly unknown[] {
  return message as readonly unknown[]
}

async function outcomeOf(answer: (task: unknown) => unknown, task: unknown): Promise<OffloadAnswer> {
  try {
    return { answer: alone(await answer(task)) }
  } catch (error) {
    // Only the kind: a message might quote the task.
    return { failed: error instanceof Error ? error.name : 'unknown' }
  }
}

/** A message carries all memory that its bytes are a part of, including data of other tasks there. */
function alone(answer: unknown): unknown {
  if (!(answer instanceof Uint8Array)) return answer
  const bytes = aloneInMemory(answer)
  if (bytes !== answer) answer.fill(0)
  return bytes
}
