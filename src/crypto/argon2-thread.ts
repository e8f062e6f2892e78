/** The thread that computes hashes of argon2id: see `argon2.ts`. */

import { argon2Sync } from 'node:crypto'
import { answerTasks } from '../base/offload-thread.ts'
import { NICE, yieldToOthers } from '../base/priority.ts'
import type { Argon2Task } from './argon2.ts'

yieldToOthers(NICE.passwords)
answerTasks((task) => compute(parseTask(task)))

function compute({
  memoryKib: memory,
  passes,
  lanes: parallelism,
  message,
  salt: nonce,
  hash,
}: Argon2Task): void {
  // OpenSSL takes no memory that threads share.
  const own = Uint8Array.from(message)
  message.fill(0)
  const cost = { parallelism, memory, passes, tagLength: hash.length }
  try {
    const made = argon2Sync('argon2id', { ...cost, message: own, nonce })
    hash.set(made)
    made.fill(0)
  } finally {
    own.fill(0)
  }
}

/** Tasks come from this process only, so their type is trusted. */
function parseTask(task: unknown): Argon2Task {
  return task as Argon2Task
}
