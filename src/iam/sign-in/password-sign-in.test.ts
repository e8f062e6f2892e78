import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOTP, Secret as Seed } from 'otpauth'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testKeys, testSealer } from '../../../test/support/test-sealer.ts'
import { KmsError } from '../../api/errors.ts'
import { systemRandom } from '../../base/ports.ts'
import type { PasswordHash, Passwords } from '../../custody/passwords.ts'
import { tokenSealer } from '../../custody/token-sealer.ts'
import { openRecords } from '../../store/cache.ts'
import { insert, type Records } from '../../store/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { ACCOUNT_ALIASES } from '../accounts/account.ts'
import { Attempts } from '../credentials/attempts.ts'
import { LOGIN_PROFILE, type LoginProfileValue } from '../credentials/login-profile.ts'
import { deviceKey, MFA_DEVICE, serialNumber } from '../credentials/mfa-device.ts'
import {
  PASSWORD_POLICIES,
  PASSWORD_POLICY,
  type PasswordPolicyValue,
} from '../credentials/password-policy.ts'
import { NAME, USER, type UserValue } from '../iam-records.ts'
import { type PasswordSignIn, signInByPassword } from './password-sign-in.ts'

const signInSealer = tokenSealer(testKeys(), systemRandom)

const ACCOUNT = '111122223333'
const RIGHT = 'right password'
/** A password that cannot be compared, because too many comparisons wait. */
const BUSY = 'busy'
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const NOW = 1_800_000_000_000
const DAY_MS = 86_400_000
const DEVICE = { path: '/', name: 'phone' }

const hashOf = (password: string): PasswordHash => ({
  ...{ algorithm: 'argon2id', memoryKib: 1, passes: 1, lanes: 1, salt: 'c2FsdA==' },
  hash: password,
})
const USER_VALUE: UserValue = {
  ...{ format: 1, id: 'AIDAADA', name: 'Ada', path: '/', createdAt: 0, tags: [], inline: [], attached: [] },
  ...{ groups: [], accessKeys: [] },
}
const PROFILE: LoginProfileValue = {
  ...{ format: 1, createdAt: 0, changedAt: NOW - DAY_MS, resetRequired: false },
  ...{ password: hashOf(RIGHT), previous: [] },
}

type Bed = {
  readonly records: Records
  /** Comparisons that were computed, each with the share that it waits in. */
  readonly compared: string[]
  readonly step: (input?: Partial<PasswordSignIn>) => ReturnType<typeof signInByPassword>
}

/** Users `Ada`, with a password, and `bare`, without one, in an account with the alias `team`. */
async function withBed(use: (bed: Bed) => Promise<void>, profile: Partial<LoginProfileValue> = {}) {
  using folder = testFolder()
  const records = await openRecords(openSqlite(folder.path), testSealer())
  const compared: string[] = []
  /** Hashes that are the passwords themselves. */
  const passwords = {
    hash: async (_share: string, password: string) => hashOf(password),
    matchesAny: async (share: string, password: string, hashes: readonly PasswordHash[]) => {
      compared.push(share)
      if (password === BUSY) throw new KmsError('ThrottlingException', 'Rate exceeded')
      return hashes.some(({ hash }) => hash === password)
    },
  } as Passwords
  const attempts = new Attempts({ monotonicMs: () => 0 })
  let requests = 0
  const step = (input: Partial<PasswordSignIn> = {}) =>
    signInByPassword(
      { records, passwords, attempts, signInSealer },
      {
        ...{ account: ACCOUNT, user: 'ada', password: RIGHT, code: undefined, newPassword: undefined },
        ...{ passkey: undefined, origin: 'https://kms.example' },
        ...{
          address: '192.0.2.1',
          knownBrowser: undefined,
          now: NOW,
          requestId: `request ${++requests}`,
          ...input,
        },
      },
    )
  try {
    await records.commit([
      insert(NAME, ACCOUNT_ALIASES, 'team', { format: 1, id: ACCOUNT }),
      insert(NAME, `${ACCOUNT}/user`, 'ada', { format: 1, id: USER_VALUE.id }),
      insert(NAME, `${ACCOUNT}/user`, 'bare', { format: 1, id: 'AIDABARE' }),
      insert(USER, ACCOUNT, USER_VALUE.id, USER_VALUE),
      insert(USER, ACCOUNT, 'AIDABARE', { ...USER_VALUE, id: 'AIDABARE', name: 'bare' }),
      insert(LOGIN_PROFILE, ACCOUNT, USER_VALUE.id, { ...PROFILE, ...profile }),
    ])
    await use({ records, compared, step })
  } finally {
    await records.close()
  }
}

async function addDevice(records: Records): Promise<void> {
  const user = await records.get(USER, ACCOUNT, USER_VALUE.id)
  assert.ok(user)
  const mfaDevices = [serialNumber(ACCOUNT, DEVICE)]
  await records.commit([
    { ...insert(USER, ACCOUNT, USER_VALUE.id, { ...user.value, mfaDevices }), expected: user.version },
    insert(MFA_DEVICE, ACCOUNT, deviceKey(DEVICE), {
      ...{ format: 1, ...DEVICE, createdAt: 0, tags: [], seed: SEED, driftSteps: 0, lastStep: -1 },
      enabled: { userId: USER_VALUE.id, at: 0 },
    }),
  ])
}

const codeAt = (now: number): string =>
  HOTP.generate({ secret: Seed.fromBase32(SEED), counter: Math.floor(now / 30_000) })

/** Attempts that must look alike to whoever makes them. */
const WRONG: readonly Partial<PasswordSignIn>[] = [
  { password: 'wrong' },
  { user: 'bare', password: '' },
  { user: 'nobody' },
  { account: '999999999999' },
  { account: 'no-such-alias' },
]

test('an attempt takes the same work whether or not the user or the account exists', async () => {
  await withBed(async ({ step, compared }) => {
    for (const wrong of WRONG) assert.equal((await step(wrong)).type, 'refused', JSON.stringify(wrong))
    assert.deepEqual(
      compared,
      WRONG.map(() => 'sign-in from 192.0.2.1'),
    )
  })
})

test('after ten wrong passwords the next attempts are refused, however the account and user are written', async () => {
  await withBed(async ({ step, compared }) => {
    for (const wrong of WRONG.slice(0, 3)) {
      compared.length = 0
      for (let failed = 0; failed < 10; failed += 1) {
        const user = wrong.user ?? 'ada'
        const written = failed % 2 === 0 ? {} : { account: 'team', user: user.toUpperCase() }
        await step({ ...wrong, ...written, address: `192.0.2.${failed}` })
      }
      for (const account of [ACCOUNT, 'team']) {
        await assert.rejects(step({ ...wrong, account, address: '192.0.2.200' }), {
          code: 'ThrottlingException',
        })
      }
      assert.equal(compared.length, 10)
    }
    await assert.rejects(step({ address: '192.0.2.201' }), { code: 'ThrottlingException' })
  })
})

test('guesses of strangers do not lock out a browser with which the user has signed in', async () => {
  await withBed(async ({ step, compared, records }) => {
    await addDevice(records)
    const knownBrowser = { userId: USER_VALUE.id, id: 'one' }
    const code = { code: codeAt(NOW) }
    for (let failed = 0; failed < 10; failed += 1) await step({ password: 'wrong' })
    for (let failed = 0; failed < 40; failed += 1) await step({ user: `user-${failed}`, password: 'wrong' })
    compared.length = 0
    await assert.rejects(step(code), { code: 'ThrottlingException' })
    assert.equal((await step({ ...code, knownBrowser })).type, 'proven')
    assert.deepEqual(compared, [`known browsers of ${USER_VALUE.id}`])
    // Known to another user, it is a stranger's.
    const ofOther = { ...knownBrowser, userId: 'AIDABARE' }
    await assert.rejects(step({ ...code, knownBrowser: ofOther }), { code: 'ThrottlingException' })
    for (let failed = 0; failed < 10; failed += 1)
      assert.equal((await step({ password: 'wrong', knownBrowser })).type, 'refused')
    await assert.rejects(step({ ...code, knownBrowser }), { code: 'ThrottlingException' })
    assert.equal((await step({ ...code, knownBrowser: { ...knownBrowser, id: 'two' } })).type, 'proven')
  })
})

test('all known browsers of a user together have twenty failures, of passwords and codes', async () => {
  await withBed(async ({ step, records, compared }) => {
    await addDevice(records)
    const from = (id: string) => ({ knownBrowser: { userId: USER_VALUE.id, id } })
    const wrong = [{ password: 'wrong' }, { code: '000000' }]
    for (let failed = 0; failed < 20; failed += 1) {
      const guess = { ...wrong[failed % 2], ...from(`sign-in ${failed}`) }
      assert.equal((await step(guess)).type, 'refused', `${failed}`)
    }
    compared.length = 0
    await assert.rejects(step({ code: codeAt(NOW), ...from('another') }), { code: 'ThrottlingException' })
    assert.deepEqual(compared, [])
    assert.equal((await step({ code: codeAt(NOW) })).type, 'proven', 'unknown browsers are counted apart')
  })
})

test('after fifty failures from a network its next attempts are refused, whoever they are for', async () => {
  await withBed(async ({ step }) => {
    for (let failed = 0; failed < 50; failed += 1) {
      await step()
      await step({ user: `user-${failed}`, address: `2001:db8:0:1::${failed}` })
    }
    await assert.rejects(step({ address: '2001:db8:0:1::ffff' }), { code: 'ThrottlingException' })
    assert.equal((await step({ address: '2001:db8:0:2::1' })).type, 'proven')
  })
})

test('a right password proves a user, and records its use once in five minutes', async () => {
  await withBed(async ({ step, records }) => {
    const first = await step({ account: 'team', user: 'ADA' })
    assert.equal(first.type, 'proven')
    assert.deepEqual([first.passwordAt, first.mfaSerial], [PROFILE.changedAt, undefined])
    await records.commit(first.changes)
    const user = await records.get(USER, ACCOUNT, USER_VALUE.id)
    assert.equal(user?.value.passwordLastUsed, NOW)
    const second = await step({ now: NOW + 299_999 })
    assert.deepEqual(second.type === 'proven' && second.changes, [])
    const third = await step({ now: NOW + 300_000 })
    assert.equal(third.type === 'proven' && third.changes.length, 1)
  })
})

test('a user with MFA is proven by password and code, and a code works once', async () => {
  await withBed(async ({ step, records }) => {
    await addDevice(records)
    const asked = await step()
    assert.deepEqual([asked.type, asked.type === 'incomplete' && asked.code], ['incomplete', true])
    assert.equal((await step({ code: '000000' })).type, 'refused')
    assert.equal((await step({ code: '' })).type, 'refused')
    assert.equal((await step({ code: codeAt(NOW), password: 'wrong' })).type, 'refused')
    const proven = await step({ code: codeAt(NOW) })
    assert.equal(proven.type, 'proven')
    assert.equal(proven.mfaSerial, `arn:aws:iam::${ACCOUNT}:mfa/phone`)
    await records.commit(proven.changes)
    assert.equal((await step({ code: codeAt(NOW) })).type, 'refused')
    for (let failed = 0; failed < 7; failed += 1) await step({ code: '000000' })
    await assert.rejects(step({ code: codeAt(NOW + 30_000) }), { code: 'ThrottlingException' })
  })
})

test('a password that has to be reset is replaced, under the password policy', async () => {
  await withBed(
    async ({ step, records }) => {
      const asked = await step()
      assert.deepEqual([asked.type, asked.type === 'incomplete' && asked.newPassword], ['incomplete', true])
      await assert.rejects(step({ newPassword: 'short' }), { code: 'PasswordPolicyViolationException' })
      const proven = await step({ newPassword: 'a New one, 2 of 2' })
      assert.equal(proven.type, 'proven')
      assert.deepEqual([proven.isPasswordReplaced, proven.passwordAt], [true, NOW])
      await records.commit(proven.changes)
      assert.equal((await step()).type, 'refused')
      assert.equal((await step({ password: 'a New one, 2 of 2' })).type, 'proven')
    },
    { resetRequired: true },
  )
})

test('an expired password is replaced at sign-in, unless only an administrator can do that', async () => {
  await withBed(async ({ step, records }) => {
    const policy: PasswordPolicyValue = {
      ...{ format: 1, minimumLength: 6, symbols: false, numbers: false, uppercase: false, lowercase: false },
      ...{ usersMayChange: false, maxAgeDays: 1 },
    }
    await records.commit([insert(PASSWORD_POLICY, PASSWORD_POLICIES, ACCOUNT, policy)])
    assert.equal((await step({ now: NOW - 1 })).type, 'proven')
    assert.equal((await step()).type, 'incomplete')
    await assert.rejects(step({ newPassword: RIGHT }), { code: 'PasswordPolicyViolationException' })
    assert.equal((await step({ newPassword: 'another one' })).type, 'proven')
    const stored = await records.get(PASSWORD_POLICY, PASSWORD_POLICIES, ACCOUNT)
    const hard = insert(PASSWORD_POLICY, PASSWORD_POLICIES, ACCOUNT, { ...policy, hardExpiry: true })
    await records.commit([{ ...hard, expected: stored?.version ?? 0 }])
    await assert.rejects(step({ newPassword: 'another one' }), { code: 'AccessDeniedException' })
    assert.equal((await step({ password: 'wrong' })).type, 'refused')
  })
})

test('a password that was not compared is no wrong attempt, neither of the user nor of the address', async () => {
  const throttled = { code: 'ThrottlingException' }
  await withBed(async ({ step, compared }) => {
    for (let call = 0; call < 60; call += 1) await assert.rejects(step({ password: BUSY }), throttled)
    assert.equal(compared.length, 60, 'each waits for its comparison')
    for (let failed = 0; failed < 10; failed += 1) await step({ password: 'wrong' })
    for (let call = 0; call < 60; call += 1) await assert.rejects(step(), throttled)
    assert.equal((await step({ user: 'nobody' })).type, 'refused', 'the address has failed ten times')
  })
})

test('a proven user whose next password is refused is no failure of the address', async () => {
  await withBed(
    async ({ step }) => {
      for (let call = 0; call < 60; call += 1) {
        await assert.rejects(step({ newPassword: 'short' }), { code: 'PasswordPolicyViolationException' })
      }
      assert.equal((await step({ newPassword: 'a New one, 2 of 2' })).type, 'proven')
    },
    { resetRequired: true },
  )
})
