/** What must never be written down, and where it is looked for: every file of the data folder. */

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { base64, call, newKey, succeed } from '../support/calls.ts'
import { startServer } from '../support/server.ts'

/** Every file below a folder, with its bytes. */
async function filesBelow(folder: string): Promise<readonly (readonly [path: string, bytes: Buffer])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return Promise.all(paths.map(async (path) => [path, await readFile(path)] as const))
}

/** Forms in which bytes may be written down. */
function formsOf(secret: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(secret)
  const texts = [bytes.toString('hex'), bytes.toString('hex').toUpperCase()]
  // Base64 of a longer text holds one of three shapes of it; the edges depend on the neighbours.
  for (const shift of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    texts.push(encoded.slice(shift === 0 ? 0 : 4, -4))
    texts.push(
      encoded
        .slice(shift === 0 ? 0 : 4, -4)
        .replaceAll('+', '-')
        .replaceAll('/', '_'),
    )
  }
  return [bytes, ...texts.map((text) => Buffer.from(text))]
}

test('no file of the data folder holds a secret, and the database no name or value', async () => {
  await using own = await startServer()
  const plaintext = Buffer.from('PLAINTEXT-that-must-never-be-written-down')
  const id = await newKey(own, {
    Description: 'DESCRIPTION-in-the-audit-log-only',
    Tags: [{ TagKey: 'TAGKEY-in-the-audit-log-only', TagValue: 'TAGVALUE-in-the-audit-log-only' }],
  })
  await succeed(own, 'CreateAlias', { AliasName: 'alias/ALIAS-in-the-audit-log-only', TargetKeyId: id })
  const encrypted = await succeed(own, 'Encrypt', { KeyId: id, Plaintext: plaintext.toString('base64') })
  const blob = String(encrypted['CiphertextBlob'])
  const decrypted = await succeed(own, 'Decrypt', { CiphertextBlob: blob })
  assert.equal(decrypted['Plaintext'], plaintext.toString('base64'))
  const dataKey = await succeed(own, 'GenerateDataKey', { KeyId: id, KeySpec: 'AES_256' })
  const random = await succeed(own, 'GenerateRandom', { NumberOfBytes: 32 })
  const token = 'GRANTTOKEN-that-must-never-be-written-down'
  await call(own, 'Encrypt', { KeyId: id, Plaintext: base64('x'), GrantTokens: [token] })
  let authorization = ''
  await call(
    own,
    'ListKeys',
    {},
    {
      tamper: (headers) => {
        authorization = headers.get('authorization') ?? ''
      },
    },
  )
  const signature = authorization.slice(-64)
  await call(
    own,
    'ListKeys',
    {},
    {
      tamper: (headers) => headers.set('authorization', 'Bearer BEARER-that-must-never-be-written-down'),
    },
  )
  assert.equal(await own.stop(), 0)
  const files = await filesBelow(own.data)
  const told = files.filter(([, bytes]) => bytes.includes('DESCRIPTION-in-the-audit-log-only'))
  assert.ok(told.length > 0 && told.every(([path]) => /\/(?:audit|index)\//.test(path)))
  const secrets: readonly (readonly [what: string, bytes: Uint8Array])[] = [
    ['the plaintext', plaintext],
    ['the ciphertext', Buffer.from(blob, 'base64')],
    ['the data key', Buffer.from(String(dataKey['Plaintext']), 'base64')],
    ['the encrypted data key', Buffer.from(String(dataKey['CiphertextBlob']), 'base64')],
    ['the random bytes', Buffer.from(String(random['Plaintext']), 'base64')],
    ['the grant token', Buffer.from(token)],
    ['the signature', Buffer.from(signature, 'hex')],
    ['the bearer token', Buffer.from('BEARER-that-must-never-be-written-down')],
  ]
  for (const [path, bytes] of files) {
    for (const [what, secret] of secrets) {
      for (const form of formsOf(secret)) assert.equal(bytes.includes(form), false, `${what} is in ${path}`)
    }
    // The index is derived from the audit log, and shows no more than that.
    if (path.includes('/audit/') || path.includes('/index/')) continue
    assert.equal(bytes.includes('in-the-audit-log-only'), false, path)
    if (!path.endsWith('credentials')) {
      const { secretAccessKey } = own.credentials
      assert.equal(bytes.includes(secretAccessKey), false, `the secret access key is in ${path}`)
    }
  }
})
