import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../../base/secret.ts'
import { encodeShare, GROUPS, parseShare, SET_BYTES, VALUE_BYTES } from './share-text.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const sharesOfAnyKind = fc.record({
  set: fc.uint8Array({ minLength: SET_BYTES, maxLength: SET_BYTES }),
  number: fc.integer({ min: 1, max: 255 }),
  value: fc.uint8Array({ minLength: VALUE_BYTES, maxLength: VALUE_BYTES }),
})

type Plain = { readonly set: Uint8Array; readonly number: number; readonly value: Uint8Array }

function textOf({ set, number, value }: Plain): string {
  using text = encodeShare({ set, number, value: new Secret(Uint8Array.from(value)) })
  return text.reveal((bytes) => Buffer.from(bytes).toString('latin1'))
}

function parsed(text: string): Plain {
  const { set, number, value } = parseShare(new Secret(Uint8Array.from(Buffer.from(text))))
  return { set, number, value: value.reveal((bytes) => Uint8Array.from(bytes)) }
}

/** The text of a share by another way: see docs/reference/formats/share.md. */
function expectedText({ set, number, value }: Plain): string {
  const hash = (...parts: readonly (Uint8Array | string)[]) =>
    Buffer.from(parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest())
  const checked = Buffer.from([1, ...set, number, ...value])
  const whole = Buffer.concat([checked, hash('holdfast/share/1/check', checked).subarray(0, 4)])
  const bits = BigInt(`0x${whole.toString('hex')}`)
    .toString(2)
    .padStart(360, '0')
  return Array.from({ length: GROUPS }, (_, group) => {
    const values = [0, 1, 2, 3].map((at) =>
      Number.parseInt(bits.slice(group * 20 + at * 5, group * 20 + at * 5 + 5), 2),
    )
    const check = (hash('holdfast/share/1/group', Uint8Array.from([group, ...values]))[0] ?? 0) >> 3
    return [...values, check].map((one) => ALPHABET[one]).join('')
  }).join('-')
}

test('a share has the text of its format, and is read again, also with small letters and other spacing', () => {
  fc.assert(
    fc.property(sharesOfAnyKind, (share) => {
      const text = textOf(share)
      assert.equal(text, expectedText(share))
      assert.match(text, /^[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){17}$/)
      const plain = { ...share, set: Uint8Array.from(share.set), value: Uint8Array.from(share.value) }
      assert.deepEqual(parsed(text), plain)
      const typed = text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'L')
      assert.deepEqual(parsed(` ${typed}. `), plain)
    }),
    { numRuns: 50 },
  )
})

test('a mistyped character is refused, and the message names its group in all but one case of 32', () => {
  const text = textOf({
    set: new Uint8Array(SET_BYTES).fill(7),
    number: 3,
    value: new Uint8Array(VALUE_BYTES).fill(0xa5),
  })
  let named = 0
  let tried = 0
  for (const [at, right] of [...text].entries()) {
    if (right === '-') continue
    for (const wrong of [...ALPHABET].filter((one) => one !== right)) {
      tried += 1
      const group = Math.floor(at / 6) + 1
      assert.throws(
        () => parsed(text.slice(0, at) + wrong + text.slice(at + 1)),
        (error: Error) => {
          if (error.message === `group ${group} of the share is mistyped`) named += 1
          else assert.match(error.message, /^the share is mistyped, in a group whose own check/)
          return true
        },
      )
    }
  }
  assert.ok(named > tried * 0.95, `${named} of ${tried}`)
})

test('a share of another length, with foreign characters, with groups exchanged or of a newer release is refused', () => {
  const text = textOf({
    set: new Uint8Array(SET_BYTES),
    number: 1,
    value: new Uint8Array(VALUE_BYTES).fill(9),
  })
  assert.throws(() => parsed(text.slice(0, -1)), /18 groups of 5 letters and digits, 90 together; got 89/)
  assert.throws(() => parsed(`${text}0`), /got 91/)
  assert.throws(() => parsed(''), /got 0/)
  assert.throws(() => parsed(`U${text.slice(1)}`), /group 1 of the share is mistyped/)
  const groups = text.split('-')
  const exchanged = [groups[1], groups[0], ...groups.slice(2)].join('-')
  assert.throws(() => parsed(exchanged), /groups 1, 2 of the share are mistyped/)
  for (const error of [text.slice(0, -1), exchanged].map((one) => caught(() => parsed(one))))
    assert.ok(!groups.some((group) => error.includes(group)), 'no message repeats a part of a share')
})

function caught(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return String(error)
  }
  return assert.fail('nothing was thrown')
}
