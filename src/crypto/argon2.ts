import { argon2 } from 'node:crypto'
import { whileGenerating } from './openssl-threads.ts'

/** The cost of a hash of argon2id: memory in KiB, passes over it, and lanes. */
export type Argon2Cost = { readonly memoryKib: number; readonly passes: number; readonly lanes: number }

/** The size of a hash. Source: RFC 9106, section 4. */
const ARGON2_HASH_BYTES = 32

/**
 * A hash of argon2id, 32 bytes, computed beside the event loop. It shares the queue of RSA key generation, so that Node's
 * threads keep their room for files and for the use of keys. Source: RFC 9106.
 *
 * @throws OffloadError when the queue is full.
 */
export function argon2id(message: Uint8Array, salt: Uint8Array, cost: Argon2Cost): Promise<Uint8Array> {
  const { memoryKib: memory, passes, lanes: parallelism } = cost
  const parameters = { message, nonce: salt, parallelism, tagLength: ARGON2_HASH_BYTES, memory, passes }
  return whileGenerating(
    () =>
      new Promise((resolve, reject) => {
        argon2('argon2id', parameters, (error, hash) => (error === null ? resolve(hash) : reject(error)))
      }),
  )
}
