import { crc32, deflateSync } from 'node:zlib'
import { encode } from 'uqr'
import { concatBytes, latin1, uint32 } from '../base/bytes.ts'

/** Pixels of one module of the code, and modules of white around it. Source: ISO/IEC 18004 for the latter. */
const MODULE_PIXELS = 6
const QUIET_MODULES = 4
/**
 * The mask of the code. Every reader takes every mask; to choose the best of the eight would hold the event loop for
 * more than 10 ms. This mask leaves no long runs of one colour. Source: ISO/IEC 18004, "Data masking".
 */
const MASK_PATTERN = 3

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** One bit for each pixel, in shades of grey: one byte each for depth, colour type, compression, filter and interlace. */
const ONE_BIT_GREY = Uint8Array.of(1, 0, 0, 0, 0)

/** A text as the PNG image of a QR code. Source: W3C, "Portable Network Graphics (PNG) Specification". */
export function qrCodePng(text: string): Uint8Array {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_MODULES, maskPattern: MASK_PATTERN })
  const pixels = size * MODULE_PIXELS
  const rows: Uint8Array[] = []
  for (const modules of data) {
    // Each row begins with its filter, which is none.
    const row = new Uint8Array(1 + Math.ceil(pixels / 8))
    for (let x = 0; x < pixels; x += 1) {
      const isBlack = modules[Math.floor(x / MODULE_PIXELS)] === true
      if (!isBlack) row[1 + (x >> 3)] = (row[1 + (x >> 3)] ?? 0) | (0x80 >> (x & 7))
    }
    for (let y = 0; y < MODULE_PIXELS; y += 1) rows.push(row)
  }
  return concatBytes(
    SIGNATURE,
    chunk('IHDR', concatBytes(uint32(pixels), uint32(pixels), ONE_BIT_GREY)),
    chunk('IDAT', deflateSync(concatBytes(...rows))),
    chunk('IEND', new Uint8Array(0)),
  )
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const content = concatBytes(latin1(type), data)
  return concatBytes(uint32(data.length), content, uint32(crc32(content)))
}
