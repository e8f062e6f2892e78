import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findViolation, type Operation } from '../fleet/linearizable.ts'

function operation(
  type: Operation['type'],
  value: boolean,
  beganAt: number,
  endedAt: number | undefined,
): Operation {
  return { type, value, beganAt, endedAt, about: '' }
}

const use = (value: boolean, beganAt: number, endedAt: number) => operation('use', value, beganAt, endedAt)
const change = (value: boolean, beganAt: number, endedAt?: number) =>
  operation('change', value, beganAt, endedAt)

test('a use after an acknowledged revocation is a violation', () => {
  const late = use(true, 3, 4)
  assert.equal(findViolation(true, [change(false, 1, 2), late]), late)
  assert.equal(findViolation(true, [change(false, 1, 3), use(true, 2, 4)]), undefined)
})

test('a refusal after an acknowledged permission is a violation', () => {
  const late = use(false, 3, 4)
  assert.equal(findViolation(false, [change(true, 1, 2), late]), late)
})

test('once a revocation was seen in progress, no later use may succeed', () => {
  const later = use(true, 5, 6)
  assert.equal(findViolation(true, [change(false, 1, 9), use(false, 2, 3), later]), later)
})

test('a change whose outcome nobody knows may take effect late or never, but once', () => {
  assert.equal(findViolation(true, [change(false, 1), use(true, 5, 6), use(false, 7, 8)]), undefined)
  assert.equal(findViolation(true, [change(false, 1), use(true, 5, 6)]), undefined)
  const again = use(true, 9, 10)
  assert.equal(findViolation(true, [change(false, 1), use(false, 5, 6), again]), again)
})

/** Calls whose effects happen one after the other, each at a moment within it, by a real register. */
const right = fc
  .array(
    fc.record({
      isChange: fc.boolean(),
      value: fc.boolean(),
      before: fc.nat({ max: 5 }),
      after: fc.nat({ max: 5 }),
      known: fc.boolean(),
    }),
    { maxLength: 25 },
  )
  .map((steps) => {
    let value = true
    return steps.map(({ isChange, value: next, before, after, known }, at): Operation => {
      if (isChange) value = next
      const type = isChange ? 'change' : 'use'
      return operation(type, value, at - before, isChange && !known ? undefined : at + after)
    })
  })

test('a history of a real register is never a violation', () => {
  fc.assert(fc.property(right, (history) => assert.equal(findViolation(true, history), undefined)))
})

test('the finder agrees with a search through all orders', () => {
  const any = fc.array(
    fc.record({
      type: fc.constantFrom('change', 'use'),
      value: fc.boolean(),
      begin: fc.nat(6),
      length: fc.nat(3),
    }),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(any, (steps) => {
      const history = steps.map(({ type, value, begin, length }) =>
        operation(type, value, begin, begin + length),
      )
      assert.equal(findViolation(true, history) === undefined, hasOrder(true, history))
    }),
  )
})

/** Whether the calls have an order that keeps those apart that do not overlap. */
function hasOrder(value: boolean, rest: readonly Operation[]): boolean {
  if (rest.length === 0) return true
  return rest.some((first) => {
    const isEarly = rest.every((other) => other === first || (other.endedAt ?? 0) >= first.beganAt)
    if (!isEarly || (first.type === 'use' && first.value !== value)) return false
    return hasOrder(
      first.type === 'change' ? first.value : value,
      rest.filter((one) => one !== first),
    )
  })
}
