/** The thread that computes hashes of argon2id: see `argon2.ts`. */

import { argon2Sync } from 'node:crypto'
import { answerTasks } from '../base/offload-thread.ts'
import { NICE, yieldToOthers } from '../base/priority.ts'
import type { Argon2Task } from './argon2.ts'

/** The size of a hash. Source: RFC 9106, section 4. */
const ARGON2_HASH_BYTES = 32

yieldToOthers(NICE.passwords)
answerTasks((task) => hash(parseTask(task)))

function hash({ memoryKib: memory, passes, lanes: parallelism, message, salt: nonce }: Argon2Task): Buffer {
  try {
    return argon2Sync('argon2id', {
      message,
      nonce,
      parallelism,
      tagLength: ARGON2_HASH_BYTES,
      memory,
      passes,
    })
  } finally {
    message.fill(0)
  }
}

/** Tasks come from this process only, so their type is trusted. */
function parseTask(task: unknown): Argon2Task {
  return task as Argon2Task
}
