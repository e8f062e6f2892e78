import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { encode } from 'uqr'
import { qrCodePng } from './qr-code.ts'

test('the image has the modules of the code', () => {
  const text = 'otpauth://totp/Holdfast:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
  const png = Buffer.from(qrCodePng(text))
  assert.equal(png.subarray(1, 4).toString(), 'PNG')
  const { data, size } = encode(text, { ecc: 'M', border: 4, maskPattern: 3 })
  const pixels = 6 * size
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [pixels, pixels])
  const start = png.indexOf('IDAT') + 4
  const rows = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)))
  const rowBytes = 1 + Math.ceil(pixels / 8)
  assert.equal(rows.length, rowBytes * pixels)
  const isBlack = (x: number, y: number): boolean =>
    (((rows[(6 * y + 3) * rowBytes + 1 + ((6 * x + 3) >> 3)] ?? 0) >> (7 - ((6 * x + 3) & 7))) & 1) === 0
  for (const [y, row] of data.entries()) {
    for (const [x, module] of row.entries()) assert.equal(isBlack(x, y), module, `${x} ${y}`)
  }
  assert.ok(!isBlack(0, 0))
})
