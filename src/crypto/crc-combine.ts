import { toHex } from '../base/bytes.ts'
import type { HashName } from './running-hash.ts'

/** The reflected polynomials and widths of the checksums that can be combined. */
const CRCS: ReadonlyMap<HashName, { readonly polynomial: bigint; readonly width: number }> = new Map([
  ['crc32', { polynomial: 0xedb8_8320n, width: 32 }],
  ['crc32c', { polynomial: 0x82f6_3b78n, width: 32 }],
  ['crc64nvme', { polynomial: 0x9a6c_9329_ac4b_c9b5n, width: 64 }],
])

/** The checksum of some bytes, and how many they are. */
export type PartCrc = { readonly digest: Uint8Array; readonly sizeBytes: number }

/** Whether the checksum of a whole follows from those of its parts. */
export function isCombinable(name: HashName): boolean {
  return CRCS.has(name)
}

/** A linear map of bits: the image of each bit. */
type BitMap = readonly bigint[]

/**
 * The checksum of all parts in order. To append bytes is to shift the checksum before them by as many zero bytes, which
 * is a linear map, and to add theirs. Source: zlib, crc32_combine, describes the method.
 *
 * @throws Error for a checksum that cannot be combined.
 */
export function combineCrcs(name: HashName, parts: readonly PartCrc[]): Uint8Array {
  const crc = CRCS.get(name)
  if (crc === undefined) throw new Error(`${name} cannot be combined`)
  const shifts = new Map<number, BitMap>()
  let whole = 0n
  for (const { digest, sizeBytes } of parts) {
    const known = shifts.get(sizeBytes) ?? shiftBy(sizeBytes, crc)
    shifts.set(sizeBytes, known)
    whole = apply(known, whole) ^ BigInt(`0x${toHex(digest)}`)
  }
  return Buffer.from(whole.toString(16).padStart(crc.width / 4, '0'), 'hex')
}

/** The map of a shift by so many zero bytes. */
function shiftBy(sizeBytes: number, crc: { readonly polynomial: bigint; readonly width: number }): BitMap {
  const { polynomial, width } = crc
  const one: BitMap = Array.from({ length: width }, (_, bit) =>
    bit === 0 ? polynomial : 1n << BigInt(bit - 1),
  )
  let power = one
  for (let doubled = 0; doubled < 3; doubled += 1) power = compose(power, power)
  let map: BitMap = Array.from({ length: width }, (_, bit) => 1n << BigInt(bit))
  for (let left = BigInt(sizeBytes); left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) map = compose(power, map)
    power = compose(power, power)
  }
  return map
}

function compose(outer: BitMap, inner: BitMap): BitMap {
  return inner.map((image) => apply(outer, image))
}

function apply(map: BitMap, bits: bigint): bigint {
  let image = 0n
  let left = bits
  for (let bit = 0; left > 0n; bit += 1) {
    if ((left & 1n) === 1n) image ^= map[bit] ?? 0n
    left >>= 1n
  }
  return image
}
