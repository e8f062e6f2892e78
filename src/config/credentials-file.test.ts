import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { addCredentials } from './credentials-file.ts'

test('the first credentials are the default profile, those of another account are added to them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-credentials-'))
  try {
    const path = join(folder, 'credentials')
    await addCredentials(path, { account: '000000000000', accessKeyId: 'AKIAONE', secretAccessKey: 'one' })
    await addCredentials(path, { account: '111122223333', accessKeyId: 'AKIATWO', secretAccessKey: 'two' })
    assert.equal(
      await readFile(path, 'utf8'),
      [
        '[default]\naws_access_key_id = AKIAONE\naws_secret_access_key = one\n',
        '[111122223333]\naws_access_key_id = AKIATWO\naws_secret_access_key = two\n',
      ].join('\n'),
    )
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  } finally {
    await rm(folder, { recursive: true })
  }
})
