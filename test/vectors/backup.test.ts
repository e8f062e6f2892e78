/** The vector of docs/reference/formats/backup.md. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { backupKeysOf } from '../../src/backup/keys.ts'
import { readBackup } from '../../src/backup/read.ts'
import { Secret } from '../../src/base/secret.ts'
import { checkMac, parseEnvelope } from '../../src/custody/roots/envelope.ts'

const load = async (name: string) => JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'))
const vector = await load('./backup.json')
const seal = await load('./seal.json')

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from(vector.file, 'base64')
}

test('the backup of the vector opens under its root key, and holds what the vector says', async () => {
  using root = new Secret(Uint8Array.from(Buffer.from(vector.rootKey, 'hex')))
  const found: { records: object[]; files: Record<string, string> } = { records: [], files: {} }
  let path = ''
  const read = await readBackup(
    bytes(),
    async ({ envelope }) => {
      checkMac(parseEnvelope(envelope), root)
      return backupKeysOf(root).key
    },
    {
      record: ({ kind, id, version, value }) => {
        const hex = (part: Uint8Array): string => Buffer.from(part).toString('hex')
        found.records.push({ kind, id: hex(id), version, value: hex(value) })
      },
      file: (next) => {
        path = next
        found.files[path] = ''
      },
      data: (piece) => {
        found.files[path] += Buffer.from(piece).toString('utf8')
      },
      fileEnd: () => {},
    },
  )
  const { id, deployment, createdAt, release } = vector.header
  assert.deepEqual(read.header, { id, deployment, createdAt, release, base: undefined, envelope: seal.text })
  assert.deepEqual(found, { records: [vector.record], files: vector.files })
  assert.equal(read.manifest.revision, vector.revision)
  assert.deepEqual(read.manifest.covered, vector.covered)
})
