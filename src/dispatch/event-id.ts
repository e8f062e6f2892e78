import type { Random } from '../base/ports.ts'

/** The digits that both ids begin with: 48 bits, two groups of a UUID and the hyphen between them. */
const SHARED_CHARS = 'xxxxxxxx-xxxx'.length

/**
 * A new id for an event of a request: a UUID that begins as the request's id does. The index finds events by the
 * first 48 bits of their ids, and so by those of their requests too, without an entry of its own for them.
 */
export function eventIdFor(requestId: string, random: Random): string {
  return `${requestId.slice(0, SHARED_CHARS)}${random.uuid().slice(SHARED_CHARS)}`
}
