import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../../base/ports.ts'
import { Secret } from '../../base/secret.ts'
import type { Parameters } from './envelope.ts'
import { CollectedShares, type Holders, sharesMethod } from './shares.ts'

const { signal } = new AbortController()
const context = { deployment: systemRandom.uuid(), id: systemRandom.uuid(), name: 'people', signal }

function secretOf(text: string): Secret {
  return new Secret(Uint8Array.from(Buffer.from(text)))
}

function hexOf(key: Secret): string {
  return key.reveal((bytes) => Buffer.from(bytes).toString('hex'))
}

/** Holders who write down what they are shown, and type it; `mistakes` are typed before. */
function scribes(mistakes: (number: number) => readonly string[] = () => []) {
  const written: string[] = []
  const problems: string[] = []
  let pending: string[] = []
  const holders: Holders = {
    show: async ({ number, text }) => {
      const own = text.reveal((bytes) => Buffer.from(bytes).toString('latin1'))
      written.push(own)
      pending = [...mistakes(number), own]
    },
    ask: async ({ problem }) => {
      if (problem !== undefined) problems.push(problem)
      return secretOf(pending.shift() ?? '')
    },
  }
  return { holders, written, problems }
}

/** Holders who give these texts in their order. */
function giving(texts: readonly string[]) {
  const left = [...texts]
  const problems: string[] = []
  const holders: Holders = {
    show: async () => assert.fail('nothing is shown when a path opens'),
    ask: async ({ problem }) => {
      if (problem !== undefined) problems.push(problem)
      const next = left.shift()
      if (next === undefined) throw new Error('nobody is left')
      return secretOf(next)
    },
  }
  return { holders, problems }
}

async function ceremony(given: Parameters, id = context.id) {
  const { holders, written } = scribes()
  const { parameters, key } = await sharesMethod(holders, systemRandom).create({ ...context, id }, given)
  return { parameters, key: hexOf(key), written }
}

test('any k of n shares open the path, in any order, and fewer do not', async () => {
  const { parameters, key, written } = await ceremony({ threshold: '2', shares: '4' })
  assert.equal(new Set(written).size, 4)
  for (const [one, other] of [
    [0, 1],
    [3, 0],
    [2, 3],
    [1, 2],
  ] as const) {
    const { holders } = giving([written[one] ?? '', written[other] ?? ''])
    using opened = await sharesMethod(holders, systemRandom).open(context, parameters)
    assert.equal(hexOf(opened), key)
  }
  const { holders } = giving([written[0] ?? ''])
  await assert.rejects(sharesMethod(holders, systemRandom).open(context, parameters), /nobody is left/)
  using collected = new CollectedShares(context.id, parameters)
  collected.add(secretOf(written[2] ?? ''))
  await assert.rejects(collected.key(), /2 shares are needed; got 1/)
})

test('a mistyped, foreign, forged or repeated share is named before anything is combined', async () => {
  const { parameters, key, written } = await ceremony({ threshold: '3', shares: '3' })
  const foreign = await ceremony({ threshold: '2', shares: '2' }, systemRandom.uuid())
  const again = await ceremony({ threshold: '3', shares: '3' })
  const [one = '', two = '', three = ''] = written
  const mistyped = `${one[0] === '0' ? '1' : '0'}${one.slice(1)}`
  const given = [one, mistyped, foreign.written[0] ?? '', again.written[1] ?? '', one, two, three]
  const { holders, problems } = giving(given)
  using opened = await sharesMethod(holders, systemRandom).open(context, parameters)
  assert.equal(hexOf(opened), key)
  assert.match(problems[0] ?? '', /mistyped/)
  assert.match(problems[1] ?? '', /the share is of another set/)
  assert.match(problems[2] ?? '', /share 2 is not the one that was made/)
  assert.match(problems[3] ?? '', /share 1 was given already: another one is needed/)
  assert.equal(problems.length, 4)
})

test('a path is made only after each holder has typed the own share', async () => {
  const known: string[] = []
  const { holders, written, problems } = scribes((number) => (number === 2 ? ['nonsense', ...known] : []))
  const remembering: Holders = {
    ...holders,
    show: async (share) => {
      known.push(...written)
      await holders.show(share)
    },
  }
  await sharesMethod(remembering, systemRandom).create(context, { threshold: '2', shares: '2' })
  assert.match(problems[0] ?? '', /18 groups/)
  assert.match(problems[1] ?? '', /share 1 was given already/)

  const lost = scribes((number) => (number === 2 ? Array.from({ length: 20 }, () => 'lost') : []))
  const created = sharesMethod(lost.holders, systemRandom).create(context, { threshold: '2', shares: '3' })
  await assert.rejects(created, /18 groups/)
})

test('the numbers of shares have limits', async () => {
  const { holders } = scribes()
  const method = sharesMethod(holders, systemRandom)
  for (const [given, message] of [
    [{ shares: '3' }, /--threshold: expected a number from 2 to 32; got nothing/],
    [{ threshold: '1', shares: '3' }, /--threshold: expected a number from 2 to 32; got '1'/],
    [{ threshold: '3', shares: '2' }, /--shares: expected a number from 3 to 32; got '2'/],
    [{ threshold: '2', shares: '33' }, /--shares: expected a number from 2 to 32; got '33'/],
    [{ threshold: '2.5', shares: '3' }, /--threshold/],
  ] as const)
    await assert.rejects(method.create(context, given), message)
  const most = await ceremony({ threshold: '32', shares: '32' })
  const opening = giving(most.written)
  using opened = await sharesMethod(opening.holders, systemRandom).open(context, most.parameters)
  assert.equal(hexOf(opened), most.key)
})

test('damaged parameters are refused', async () => {
  const { parameters } = await ceremony({ threshold: '2', shares: '3' })
  for (const damage of [
    { threshold: '4' },
    { threshold: '1' },
    { threshold: 'x' },
    { shares: '33' },
    { shares: '2' },
    { commitments: '' },
    { commitments: '*' },
  ])
    assert.throws(
      () => new CollectedShares(context.id, { ...parameters, ...damage }),
      /its parameters are damaged/,
    )
})
