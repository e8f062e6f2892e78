import { concatBytes, uint32 } from '../base/bytes.ts'

/** The reflected polynomial of CRC-32C. Source: RFC 3720, appendix B.4. */
const CRC32C_POLYNOMIAL = 0x82f6_3b78
/** The reflected polynomial of CRC-64/NVME, in two halves. Source: NVM Command Set Specification, "64b CRC". */
const CRC64_HIGH = 0x9a6c_9329
const CRC64_LOW = 0xac4b_c9b5
/** Bytes that one step of slicing takes. */
const SLICES = 8

/** Tables for slicing: entry `byte` of table `i` is the effect of a byte that `i` zero bytes follow. */
const CRC32C_TABLES = tables32()
const [CRC64_HIGHS, CRC64_LOWS] = tables64()

function tables32(): Uint32Array {
  const table = new Uint32Array(256 * SLICES)
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? CRC32C_POLYNOMIAL : 0)
    table[byte] = value >>> 0
  }
  for (let at = 256; at < table.length; at += 1) {
    const before = table[at - 256] ?? 0
    table[at] = ((before >>> 8) ^ (table[before & 0xff] ?? 0)) >>> 0
  }
  return table
}

function tables64(): [highs: Uint32Array, lows: Uint32Array] {
  const highs = new Uint32Array(256 * SLICES)
  const lows = new Uint32Array(256 * SLICES)
  for (let byte = 0; byte < 256; byte += 1) {
    let high = 0
    let low = byte
    for (let bit = 0; bit < 8; bit += 1) {
      const isOdd = (low & 1) === 1
      low = ((low >>> 1) | (high << 31)) >>> 0
      high >>>= 1
      if (!isOdd) continue
      high = (high ^ CRC64_HIGH) >>> 0
      low = (low ^ CRC64_LOW) >>> 0
    }
    highs[byte] = high
    lows[byte] = low
  }
  for (let at = 256; at < highs.length; at += 1) {
    const high = highs[at - 256] ?? 0
    const low = lows[at - 256] ?? 0
    const last = low & 0xff
    highs[at] = ((high >>> 8) ^ (highs[last] ?? 0)) >>> 0
    lows[at] = (((low >>> 8) | (high << 24)) ^ (lows[last] ?? 0)) >>> 0
  }
  return [highs, lows]
}

/** CRC-32C (Castagnoli). @param before the value of the bytes before these; 0 for none. Source: RFC 3720. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const table = CRC32C_TABLES
  let value = ~before >>> 0
  let at = 0
  for (; at + SLICES <= bytes.length; at += SLICES) {
    value = lookUp(table, (value ^ word(bytes, at)) >>> 0, word(bytes, at + 4))
  }
  for (; at < bytes.length; at += 1) value = (table[(value ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (value >>> 8)
  return ~value >>> 0
}

/** Four bytes as a little-endian number. */
function word(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
  return (low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
}

/** The sum of the effects of 8 bytes. */
function lookUp(table: Uint32Array, first: number, second: number): number {
  const early =
    (table[1792 + (first & 0xff)] ?? 0) ^
    (table[1536 + ((first >>> 8) & 0xff)] ?? 0) ^
    (table[1280 + ((first >>> 16) & 0xff)] ?? 0) ^
    (table[1024 + (first >>> 24)] ?? 0)
  const late =
    (table[768 + (second & 0xff)] ?? 0) ^
    (table[512 + ((second >>> 8) & 0xff)] ?? 0) ^
    (table[256 + ((second >>> 16) & 0xff)] ?? 0) ^
    (table[second >>> 24] ?? 0)
  return (early ^ late) >>> 0
}

/** CRC-64/NVME of bytes that arrive a piece at a time. Source: NVM Command Set Specification, "64b CRC". */
export class Crc64Nvme {
  #high = 0xffff_ffff
  #low = 0xffff_ffff

  /** Takes the next bytes. */
  update(bytes: Uint8Array): void {
    let high = this.#high
    let low = this.#low
    let at = 0
    for (; at + SLICES <= bytes.length; at += SLICES) {
      const first = (low ^ word(bytes, at)) >>> 0
      const second = (high ^ word(bytes, at + 4)) >>> 0
      high = lookUp(CRC64_HIGHS, first, second)
      low = lookUp(CRC64_LOWS, first, second)
    }
    for (; at < bytes.length; at += 1) {
      const place = (low ^ (bytes[at] ?? 0)) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ (CRC64_LOWS[place] ?? 0)
      high = (high >>> 8) ^ (CRC64_HIGHS[place] ?? 0)
    }
    this.#high = high >>> 0
    this.#low = low >>> 0
  }

  /** 8 bytes, big-endian. */
  digest(): Uint8Array {
    return concatBytes(uint32(~this.#high >>> 0), uint32(~this.#low >>> 0))
  }
}
