import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { testKeys, testSealer } from '../../test/support/test-sealer.ts'
import { systemRandom } from '../base/ports.ts'
import { tokenSealer } from '../custody/token-sealer.ts'
import { CONSOLE_SESSION } from '../iam/sessions/console-records.ts'
import { openRecords } from '../store/cache.ts'
import { openSqlite } from '../store/sqlite.ts'
import { linkAddress, newLink } from './console-links.ts'
import { beginByLink, findSession, renewSession } from './console-sessions.ts'

const ACCOUNT = '111122223333'
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

async function openBed() {
  const folder = testFolder()
  const records = await openRecords(openSqlite(folder.path), testSealer())
  let now = 1_000_000
  const clock = { now: () => now, monotonicMs: () => now }
  const sealer = tokenSealer(testKeys(), systemRandom)
  const dependencies = { records, clock, random: systemRandom, sealer }
  return {
    dependencies,
    pass: (ms: number) => {
      now += ms
    },
    link: async () => {
      const { secret, changes } = await newLink(dependencies, { account: ACCOUNT })
      await records.commit(changes)
      return secret
    },
    begin: async (secret: string) => {
      const session = await beginByLink(dependencies, secret)
      await records.commit(session.changes)
      return session
    },
    [Symbol.asyncDispose]: async () => {
      await records.close()
      folder[Symbol.dispose]()
    },
  }
}

test('a link is valid until 15 minutes have passed', async () => {
  await using bed = await openBed()
  const [first, second] = [await bed.link(), await bed.link()]
  bed.pass(15 * MINUTE_MS - 1)
  await bed.begin(first)
  bed.pass(1)
  await assert.rejects(bed.begin(second), { code: 'AccessDeniedException' })
})

test('a hundred links may be unused, and expired links make room', async () => {
  await using bed = await openBed()
  for (let count = 0; count < 100; count += 1) await bed.link()
  await assert.rejects(bed.link(), /100 sign-in links are unused/)
  bed.pass(15 * MINUTE_MS)
  await bed.link()
})

test('a session is renewed until 12 hours have passed, and its last credentials end with it', async () => {
  await using bed = await openBed()
  const { cookie, credentials } = await bed.begin(await bed.link())
  assert.equal(credentials.expiresAt, 1_000_000 + HOUR_MS)
  bed.pass(11.5 * HOUR_MS)
  const renewed = await renewSession(bed.dependencies, cookie)
  assert.equal(renewed?.credentials.expiresAt, 1_000_000 + 12 * HOUR_MS)
  bed.pass(HOUR_MS / 2 - 1)
  assert.ok((await renewSession(bed.dependencies, cookie)) !== undefined)
  bed.pass(1)
  assert.equal(await renewSession(bed.dependencies, cookie), undefined)
})

test('the next sign-in to an account removes sessions that have ended by time', async () => {
  await using bed = await openBed()
  const { cookie } = await bed.begin(await bed.link())
  bed.pass(12 * HOUR_MS)
  assert.ok((await findSession(bed.dependencies.records, cookie)) !== undefined)
  await bed.begin(await bed.link())
  assert.equal(await findSession(bed.dependencies.records, cookie), undefined)
  const { records } = await bed.dependencies.records.list(CONSOLE_SESSION, { partition: ACCOUNT, limit: 10 })
  assert.equal(records.length, 1)
})

test('a user has twenty sessions at most, and a new one ends the oldest', async () => {
  await using bed = await openBed()
  const cookies: string[] = []
  for (let count = 0; count < 21; count += 1) {
    cookies.push((await bed.begin(await bed.link())).cookie)
    bed.pass(1)
  }
  const { records } = bed.dependencies
  const found = await Promise.all(cookies.map((cookie) => findSession(records, cookie)))
  assert.deepEqual(
    found.map((session) => session !== undefined),
    cookies.map((_, index) => index > 0),
  )
})

test('a cookie of another form, or with another secret, has no session', async () => {
  await using bed = await openBed()
  const { cookie } = await bed.begin(await bed.link())
  assert.ok((await findSession(bed.dependencies.records, cookie)) !== undefined)
  const other = cookie.endsWith('A') ? 'B' : 'A'
  for (const wrong of ['', 'x', `${cookie}x`, cookie.slice(0, -1) + other, cookie.toUpperCase()]) {
    assert.equal(await findSession(bed.dependencies.records, wrong), undefined, wrong)
  }
})

test('the secret of a link stands behind #, where browsers send it to nobody', () => {
  const { pathname, search, hash } = new URL(linkAddress('https://kms.example:7600', 'secret'))
  assert.deepEqual([pathname, search, hash], ['/console/', '', '#link=secret'])
})
