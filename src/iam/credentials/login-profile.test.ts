import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PasswordHash, Passwords } from '../../custody/passwords.ts'
import type { Records } from '../../store/records.ts'
import { isLockedByExpiry, type LoginProfileValue, newPassword, passwordExpiry } from './login-profile.ts'
import type { PasswordPolicyValue } from './password-policy.ts'

const DAY_MS = 86_400_000
const POLICY: PasswordPolicyValue = {
  ...{ format: 1, minimumLength: 6, symbols: false, numbers: false, uppercase: false, lowercase: false },
  ...{ usersMayChange: true, maxAgeDays: 90 },
}

const hashOf = (password: string): PasswordHash => ({
  ...{ algorithm: 'argon2id', memoryKib: 1, passes: 1, lanes: 1, salt: 'c2FsdA==' },
  hash: password,
})
const PROFILE: LoginProfileValue = {
  ...{ format: 1, createdAt: 0, changedAt: DAY_MS, resetRequired: false },
  ...{ password: hashOf('password 0'), previous: [] },
}

/** Hashes that are the passwords themselves: what is tested is which of them are kept and compared. */
const PLAIN = {
  hash: async (_account: string, password: string) => hashOf(password),
  matchesAny: async (_account: string, password: string, hashes: readonly PasswordHash[]) =>
    hashes.some(({ hash }) => hash === password),
} as Passwords

test('a password expires when the policy says so, and is locked then only by a hard expiry', () => {
  const expiry = 91 * DAY_MS
  assert.equal(passwordExpiry(PROFILE, undefined), undefined)
  assert.equal(passwordExpiry(PROFILE, POLICY), expiry)
  const hard = { ...POLICY, hardExpiry: true }
  assert.equal(isLockedByExpiry(PROFILE, POLICY, expiry), false)
  assert.equal(isLockedByExpiry(PROFILE, hard, expiry - 1), false)
  assert.equal(isLockedByExpiry(PROFILE, hard, expiry), true)
  const { maxAgeDays: _maxAge, ...never } = hard
  assert.equal(isLockedByExpiry(PROFILE, never, expiry), false)
})

test('the last 24 passwords are kept, and the policy says how many of them are barred', async () => {
  const dependencies = { records: {} as Records, passwords: PLAIN, account: '1', policy: POLICY }
  let profile = PROFILE
  for (let change = 1; change <= 30; change += 1) {
    profile = { ...profile, ...(await newPassword(dependencies, `password ${change}`, profile)) }
  }
  const kept = [profile.password, ...profile.previous].map(({ hash }) => hash)
  assert.deepEqual(
    kept,
    Array.from({ length: 24 }, (_, index) => `password ${30 - index}`),
  )
  const setting = (password: string, reusePrevention: number) =>
    newPassword({ ...dependencies, policy: { ...POLICY, reusePrevention } }, password, profile)
  for (const reusePrevention of [1, 2, 24]) {
    const oldest = `password ${31 - reusePrevention}`
    await assert.rejects(setting(oldest, reusePrevention), { code: 'PasswordPolicyViolationException' })
    await setting(`password ${30 - reusePrevention}`, reusePrevention)
  }
})
