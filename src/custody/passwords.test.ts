import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../base/bytes.ts'
import { systemRandom } from '../base/ports.ts'
import { argon2id } from '../crypto/argon2.ts'
import { Passwords } from './passwords.ts'

test('argon2id gives the hash that the reference implementation gives', async () => {
  // Source: the reference implementation of argon2, test.c: version 0x13, t=2, m=2^8, p=1, "password", "somesalt".
  const bytes = new TextEncoder()
  const cost = { memoryKib: 256, passes: 2, lanes: 1 }
  assert.equal(
    toHex(await argon2id(bytes.encode('password'), bytes.encode('somesalt'), cost)),
    '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
  )
})

test('a password matches its own hash, and hashes of one user share a salt', async () => {
  const passwords = new Passwords(systemRandom)
  const first = await passwords.hash('1', 'correct horse')
  assert.deepEqual([first.algorithm, first.memoryKib, first.passes, first.lanes], ['argon2id', 65_536, 3, 4])
  const second = await passwords.hash('1', 'battery staple', first)
  assert.equal(second.salt, first.salt)
  assert.notEqual(second.hash, first.hash)
  assert.equal(await passwords.matchesAny('1', 'battery staple', [first, second]), true)
  assert.equal(await passwords.matchesAny('1', 'correct horse ', [first, second]), false)
  assert.equal(await passwords.matchesAny('1', 'correct horse', []), false)
  const other = await passwords.hash('1', 'correct horse', { ...first, passes: 2 })
  assert.notEqual(other.salt, first.salt)
})

const QUICK = {
  algorithm: 'argon2id',
  memoryKib: 256,
  passes: 2,
  lanes: 1,
  salt: 'c29tZXNhbHQ=',
  hash: '',
} as const
const THROTTLED = { code: 'ThrottlingException' }

test('calls beyond those that may wait are refused at once', async () => {
  const passwords = new Passwords(systemRandom)
  const waiting = Array.from({ length: 17 }, (_, call) => passwords.matchesAny(`${call}`, 'x', [QUICK]))
  await assert.rejects(passwords.matchesAny('another', 'x', [QUICK]), THROTTLED)
  assert.ok((await Promise.all(waiting)).every((matches) => !matches))
})

test('calls of one account leave room for others', async () => {
  const passwords = new Passwords(systemRandom)
  const waiting = Array.from({ length: 4 }, () => passwords.matchesAny('one', 'x', [QUICK]))
  await assert.rejects(passwords.matchesAny('one', 'x', [QUICK]), THROTTLED)
  waiting.push(passwords.matchesAny('other', 'x', [QUICK]))
  await Promise.all(waiting)
  assert.equal(await passwords.matchesAny('one', 'x', [QUICK]), false)
})

test('a call of a share that has no call yet takes the place of one that has several, or has failed', async () => {
  for (const failures of [0, 1]) {
    const passwords = new Passwords(systemRandom)
    const shares = failures === 0 ? 5 : 17
    const flood = Array.from({ length: 17 }, (_, call) =>
      passwords.matchesAny(`${call % shares}`, 'x', [QUICK], failures),
    )
    const honest = passwords.matchesAny('another', 'x', [QUICK])
    const settled = await Promise.allSettled(flood)
    assert.equal(await honest, false)
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    assert.deepEqual(
      refused.map(({ code }) => code),
      ['ThrottlingException'],
    )
  }
})

test('a share that comes first keeps no other waiting while it always has a call there', async () => {
  const passwords = new Passwords(systemRandom)
  const done: string[] = []
  const first = async (left: number): Promise<void> => {
    await passwords.matchesAny('known', 'x', [QUICK], -1)
    done.push('known')
    if (left > 0) await first(left - 1)
  }
  const endless = Array.from({ length: 4 }, () => first(4))
  const other = passwords.matchesAny('other', 'x', [QUICK]).then(() => done.push('other'))
  await Promise.all([...endless, other])
  assert.ok(done.indexOf('other') < 4, done.join())
})
