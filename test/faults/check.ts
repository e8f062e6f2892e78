/** For tests: compares a server's state with its acknowledged state. */

import assert from 'node:assert/strict'
import { ALIASES, factOf, type Model, type ModelKey, NONE, parsePolicyName, TAGS } from './model.ts'
import type { Session } from './session.ts'

/** The error of Decrypt for each state of a key that is not enabled. */
const REFUSALS: Readonly<Record<string, string>> = {
  Disabled: 'DisabledException',
  PendingDeletion: 'KMSInvalidStateException',
}

/** Checks that every key and alias exists, and all properties of the given keys. Resolves uncertain facts. */
export async function checkModel(session: Session, model: Model, keyIds: Iterable<string>): Promise<void> {
  const found = await session.list('ListKeys', 'Keys', { Limit: 1000 })
  const present = new Set(found.map(({ KeyId }) => String(KeyId)))
  for (const id of model.keys.keys()) assert.ok(present.has(id), `the key ${id} is lost`)
  const adopted: string[] = []
  for (const id of present) {
    if (!model.keys.has(id)) adopted.push(await adopt(session, model, id))
  }
  await checkAliases(session, model)
  await Promise.all(
    [...new Set([...keyIds, ...adopted])].map((id) => checkKey(session, model, model.get(id))),
  )
}

/** Adds a key whose creation had no response. A caller must have requested it. */
async function adopt(session: Session, model: Model, id: string): Promise<string> {
  const { KeyMetadata } = await session.succeed('DescribeKey', { KeyId: id })
  const { Description } = KeyMetadata as { readonly Description: string }
  const owner = model.unanswered.get(Description)
  assert.ok(owner !== undefined, `the key ${id}, '${Description}', was not requested, or was created twice`)
  model.add(id, owner, Description)
  return id
}

async function checkAliases(session: Session, model: Model): Promise<void> {
  const listed = await session.list('ListAliases', 'Aliases', { Limit: 100 })
  // AWS managed aliases without a key have no target.
  const own = listed.filter(({ TargetKeyId }) => TargetKeyId !== undefined)
  const targets = new Map(own.map(({ AliasName, TargetKeyId }) => [String(AliasName), String(TargetKeyId)]))
  assert.equal(targets.size, own.length, 'an alias is listed twice')
  for (const name of ALIASES) model.facts.observe(factOf.alias(name), targets.get(name) ?? NONE)
  for (const name of targets.keys()) assert.ok(ALIASES.includes(name), `${name} was never made`)
}

async function checkKey(session: Session, model: Model, key: ModelKey): Promise<void> {
  const { facts } = model
  const KeyId = key.id
  const { KeyMetadata } = await session.succeed('DescribeKey', { KeyId })
  const metadata = KeyMetadata as {
    KeyState: string
    Description: string
    Enabled: boolean
    DeletionDate?: number
  }
  facts.observe(factOf.state(KeyId), metadata.KeyState)
  facts.observe(factOf.description(KeyId), metadata.Description)
  assert.equal(metadata.Enabled, metadata.KeyState === 'Enabled')
  assert.equal(metadata.DeletionDate !== undefined, metadata.KeyState === 'PendingDeletion')
  const { Policy } = await session.succeed('GetKeyPolicy', { KeyId })
  facts.observe(factOf.policy(KeyId), parsePolicyName(Policy))
  const listed = await session.list('ListResourceTags', 'Tags', { KeyId })
  const tags = new Map(listed.map(({ TagKey, TagValue }) => [String(TagKey), String(TagValue)]))
  for (const tag of TAGS) facts.observe(factOf.tag(KeyId, tag), tags.get(tag) ?? NONE)
  await checkAliasesOf(session, model, KeyId)
  await checkUse(session, key, metadata.KeyState)
}

/** Asserts that the aliases in a key's record are those whose records target the key. */
async function checkAliasesOf(session: Session, model: Model, KeyId: string): Promise<void> {
  const listed = await session.list('ListAliases', 'Aliases', { KeyId })
  for (const { TargetKeyId } of listed) assert.equal(TargetKeyId, KeyId)
  const expected = ALIASES.filter((name) => model.targetOf(name) === KeyId)
  assert.deepEqual(listed.map(({ AliasName }) => AliasName).sort(), expected.sort(), `aliases of ${KeyId}`)
}

const PLAINTEXT = Buffer.from('after the restart').toString('base64')

/** Asserts that an existing key decrypts its ciphertexts, or refuses with the error of its state. */
async function checkUse(session: Session, { id, encrypted }: ModelKey, state: string): Promise<void> {
  const code = REFUSALS[state]
  if (code !== undefined) {
    await session.refused('Encrypt', { KeyId: id, Plaintext: PLAINTEXT }, code)
    for (const { ciphertext } of encrypted) {
      await session.refused('Decrypt', { CiphertextBlob: ciphertext }, code)
    }
    return
  }
  const { CiphertextBlob } = await session.succeed('Encrypt', { KeyId: id, Plaintext: PLAINTEXT })
  const fresh = { ciphertext: String(CiphertextBlob), plaintext: PLAINTEXT }
  for (const { ciphertext, plaintext } of [...encrypted, fresh]) {
    const { Plaintext } = await session.succeed('Decrypt', { CiphertextBlob: ciphertext })
    assert.equal(Plaintext, plaintext, `a ciphertext of ${id} decrypts to something else`)
  }
}
