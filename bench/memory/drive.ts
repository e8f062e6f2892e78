import { type Connection, openConnection } from '../connection.ts'
import { type Addressing, signRequest } from '../requests.ts'

/** A KMS call: the operation and its body. */
export type DrivenCall = { readonly operation: string; readonly body: string }

const CONNECTIONS = 32

/**
 * Makes the given number of calls on a few connections and signs each when it sends it. Returns the results of `taken`
 * for all responses.
 * @throws Error at the first response whose status is not 200.
 */
export async function drive<T>(
  to: Addressing,
  count: number,
  callOf: (index: number) => DrivenCall,
  taken: (body: string) => T,
): Promise<readonly T[]> {
  const results: T[] = []
  let next = 0
  const lane = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let connection: Connection | undefined
      const send = (): void => {
        if (next >= count) {
          resolve()
          connection?.close()
          return
        }
        const { operation, body } = callOf(next)
        next += 1
        connection?.send(signRequest(operation, body, to))
      }
      const opened = openConnection(to.endpoint, {
        answer: ({ status, bytes, bodyOffset }) => {
          const text = bytes.toString('utf8', bodyOffset)
          if (status === 200) results.push(taken(text))
          else reject(new Error(`answered ${status} ${text.slice(0, 300)}`))
          send()
        },
        end: (why) => reject(new Error(why)),
      })
      opened.then((one) => {
        connection = one
        send()
      }, reject)
    })
  await Promise.all(Array.from({ length: CONNECTIONS }, lane))
  return results
}
