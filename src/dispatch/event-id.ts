import type { Random } from '../base/ports.ts'

/** The characters that both ids begin with: 48 bits, two groups of a UUID and the hyphen between them. */
const SHARED_CHARS = 'xxxxxxxx-xxxx'.length

/**
 * A new id for an event of a request: a UUID with the same first 48 bits as the request's id. The index finds
 * events by these bits of their ids, so it also finds them by request id without an entry of its own.
 */
export function eventIdFor(requestId: string, random: Random): string {
  return `${requestId.slice(0, SHARED_CHARS)}${random.uuid().slice(SHARED_CHARS)}`
}
