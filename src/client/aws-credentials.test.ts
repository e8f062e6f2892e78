import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openCredentials } from './aws-credentials.ts'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
after(() => rm(folder, { recursive: true, force: true }))

const NOW = Date.UTC(2026, 10, 30)
const MINUTE_MS = 60_000

/** A credential process that counts its runs, and a clock that the test moves. */
async function openProcess(expiresAt: number | undefined) {
  const answer = join(folder, 'answer.json')
  const runs = join(folder, 'runs')
  await writeFile(runs, '')
  const give = (more: object): Promise<void> =>
    writeFile(answer, JSON.stringify({ Version: 1, AccessKeyId: 'AKIA', SecretAccessKey: 'hush', ...more }))
  await give(expiresAt === undefined ? {} : { Expiration: new Date(expiresAt).toISOString() })
  const time = { now: NOW }
  const clock = { now: () => time.now, monotonicMs: () => time.now }
  const command = `echo x >>${runs}; cat ${answer}`
  const provider = openCredentials({ kind: 'process', command }, { stsEndpoint: 'http://127.0.0.1:9', clock })
  const count = async (): Promise<number> => (await readFile(runs, 'utf8')).split('\n').length - 1
  return { provider, give, time, count, answer }
}

test('temporary credentials are read again five minutes before they expire', async () => {
  const { provider, time, count } = await openProcess(NOW + 15 * MINUTE_MS)
  await Promise.all([provider(), provider(), provider()])
  time.now += 10 * MINUTE_MS - 1
  assert.equal((await provider()).accessKeyId, 'AKIA')
  assert.equal(await count(), 1)
  time.now += 1
  await provider()
  assert.equal(await count(), 2)
})

test('credentials that have not expired serve while their source fails', async () => {
  const { provider, time, answer } = await openProcess(NOW + 15 * MINUTE_MS)
  await provider()
  await rm(answer)
  time.now += 15 * MINUTE_MS - 1
  assert.equal((await provider()).accessKeyId, 'AKIA')
  time.now += 1
  await assert.rejects(provider(), /^Error: the credential_process failed with status 1$/)
})

test('what is no credentials is refused, and nothing of it is repeated', async () => {
  const { provider, give, answer } = await openProcess(undefined)
  await give({ Version: 2 })
  await assert.rejects(provider(), /did not print credentials of version 1/)
  await give({ AccessKeyId: 7 })
  await assert.rejects(provider(), /the source of credentials gave none/)
  await writeFile(answer, 'hush {')
  await assert.rejects(provider(), ({ message }: Error) => !message.includes('hush'))
})
