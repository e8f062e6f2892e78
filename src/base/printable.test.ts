import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { printable, printableJson } from './printable.ts'

const HOSTILE = '\u001b[2J\u0007\n\r\u009b31m\u202eabc\u2028\ud800 \udb40\udc41'
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

test('printable writes whatever a terminal would act on as an escape', () => {
  assert.equal(
    printable(HOSTILE),
    '\\u{1b}[2J\\u{7}\\u{a}\\u{d}\\u{9b}31m\\u{202e}abc\\u{2028}\\u{d800} \\u{e0041}',
  )
})

test('printable leaves other texts as they are', () => {
  assert.equal(printable('Ünïcode, 漢字, 🔑 and "quotes"'), 'Ünïcode, 漢字, 🔑 and "quotes"')
})

test('printableJson has the same value as JSON, and nothing that a terminal acts on', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = printableJson({ text: `${HOSTILE}${text}` })
      assert.deepEqual(JSON.parse(json), { text: `${HOSTILE}${text}` })
      assert.doesNotMatch(json, UNPRINTABLE)
    }),
  )
})
