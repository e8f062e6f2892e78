import { concatBytes, latin1, toBase64, utf8 } from '../../base/bytes.ts'
import { sha256Chars, sha256Of } from '../../crypto/hash.ts'
import { type HmacKey, hmacSha256Chars } from '../../crypto/hmac.ts'

const LABEL = 'holdfast/audit/1'
const HASH_BYTES = 32
/** A MAC in a batch line: base64 of 32 bytes. */
export const MAC_CHARS = 44
const NUMBER_BYTES = 8
const LENGTH_BYTES = 4
/** Events up to this size are copied behind what precedes them: one call for both is faster. */
const JOINED_MAX_BYTES = 65_536

/** A point of a chain: its last sequence number, and the hash and the MAC of that batch, 64 bytes. */
export type ChainPoint = { readonly sequence: number; readonly mac: Uint8Array }

/** The point where the chain of every node begins. */
export const CHAIN_START: ChainPoint = { sequence: 0, mac: new Uint8Array(2 * HASH_BYTES) }

/** The chain of one node: its name, and the key of its MACs. */
export type Chain = { readonly node: string; readonly key: HmacKey }

/** The facts that a batch's hash covers, beside the batch before. */
export type BatchFacts = {
  readonly first: number
  readonly count: number
  /** When it was written, by the clock of its writer. */
  readonly at: number
  /** The events' lines with their line ends. */
  readonly events: Uint8Array
}

/** The MAC of a point as it is in the batch line. */
export function macText({ mac }: ChainPoint): string {
  return toBase64(mac.subarray(HASH_BYTES))
}

/**
 * Computes the hashes and MACs of a chain, one batch after the other: `docs/reference/formats/audit-log.md`.
 */
export class ChainMac {
  readonly #key: HmacKey
  /** What precedes the events, then the events if they fit. */
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #fieldsAt: number
  readonly #eventsAt: number

  constructor({ node, key }: Chain, point: ChainPoint) {
    this.#key = key
    const fields = [utf8(LABEL), utf8(node), ...FIELDS_BYTES.map((sizeBytes) => new Uint8Array(sizeBytes))]
    this.#eventsAt = fields.reduce((sum, field) => sum + LENGTH_BYTES + field.length, 0) + LENGTH_BYTES
    this.#bytes = Buffer.alloc(this.#eventsAt + JOINED_MAX_BYTES)
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length)
    let at = 0
    for (const field of fields) {
      this.#view.setUint32(at, field.length)
      this.#bytes.set(field, at + LENGTH_BYTES)
      at += LENGTH_BYTES + field.length
    }
    this.#fieldsAt = this.#eventsAt - FIELDS_BYTES.reduce((sum, size) => sum + LENGTH_BYTES + size, 0)
    this.follow(point.mac.subarray(0, HASH_BYTES), macText(point))
  }

  /** The point after a batch that follows `point`. */
  next(point: ChainPoint, facts: BatchFacts): ChainPoint {
    this.follow(point.mac.subarray(0, HASH_BYTES), macText(point))
    const hash = this.hash(facts)
    const mac = this.mac(hash)
    return { sequence: facts.first + facts.count - 1, mac: concatBytes(hash, mac) }
  }

  /** The hash of the next batch, over it and all before. */
  hash({ first, count, at, events }: BatchFacts): Uint8Array {
    const bytes = this.#bytes
    const begin = this.#eventsAt
    let field = this.#fieldsAt + HASH_BYTES + MAC_CHARS + 2 * LENGTH_BYTES
    for (const value of [first, count, at]) {
      this.#setNumber(field, value)
      field += NUMBER_BYTES + LENGTH_BYTES
    }
    this.#view.setUint32(begin - LENGTH_BYTES, events.length)
    if (events.length > JOINED_MAX_BYTES) return sha256Of(bytes.subarray(0, begin), events)
    bytes.set(events, begin)
    return latin1(sha256Chars(bytes.subarray(0, begin + events.length)))
  }

  /** The MAC of a batch with this hash. */
  mac(hash: Uint8Array): Uint8Array {
    return latin1(hmacSha256Chars(this.#key, hash))
  }

  /** Continues after a batch with this hash, and the MAC as in its line. */
  follow(hash: Uint8Array, mac: string): void {
    this.#bytes.set(hash, this.#fieldsAt)
    this.#bytes.write(mac, this.#fieldsAt + HASH_BYTES + LENGTH_BYTES, 'latin1')
  }

  #setNumber(at: number, value: number): void {
    this.#view.setUint32(at, Math.floor(value / RADIX))
    this.#view.setUint32(at + NUMBER_BYTES / 2, value % RADIX)
  }
}

/** The hash and the MAC of the batch before; the first sequence number, the count and the time. */
const FIELDS_BYTES = [HASH_BYTES, MAC_CHARS, NUMBER_BYTES, NUMBER_BYTES, NUMBER_BYTES]
const RADIX = 2 ** 32
