/** For tests: callers that change keys and aliases until a test stops them. */

import assert from 'node:assert/strict'
import type { Output } from '../../src/api/json.ts'
import type { Answer } from '../support/calls.ts'
import type { Seeded } from '../support/seeded.ts'
import {
  ALIASES_PER_CALLER,
  aliasName,
  CALLERS,
  FIRST_POLICY,
  factOf,
  type Model,
  type ModelKey,
  NOBODY,
  NONE,
  namedPolicy,
} from './model.ts'
import type { Session } from './session.ts'

/** A call, its change, and the handling of its response. */
type Action = {
  readonly operation: string
  readonly input: Output
  /** The keys that it affects. */
  readonly keys?: readonly string[]
  /** The fact that it changes, and the new value. */
  readonly change?: readonly [fact: string, value: string]
  /** The error code with which the server must refuse it. */
  readonly refusal?: string
  readonly done?: (output: Answer['json']) => void
}

/** The dependencies of all callers. */
export type LoadDependencies = {
  readonly session: Session
  readonly model: Model
  readonly random: Seeded
  /** Whether to continue. Callers ask before each call. */
  readonly goesOn: () => boolean
}

/** The number of keys that one caller changes: the newest ones. */
const KEYS_IN_USE = 4
const ENCRYPTED_PER_KEY = 2

let lastNumber = 0

/** A unique name. */
function fresh(prefix: string): string {
  lastNumber += 1
  return `${prefix}-${lastNumber}`
}

/** Runs all callers in parallel until they must stop or the server ends. */
export async function runLoad(dependencies: LoadDependencies): Promise<void> {
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => runCaller(dependencies, caller)))
}

async function runCaller(dependencies: LoadDependencies, caller: number): Promise<void> {
  while (dependencies.goesOn()) {
    if (!(await perform(dependencies, chooseAction(dependencies, caller)))) return
  }
}

/** Makes one call. Returns false without a response, in which case the effect of the call is unknown. */
async function perform({ session, model }: LoadDependencies, action: Action): Promise<boolean> {
  const { operation, input, change, refusal } = action
  for (const id of action.keys ?? []) model.touched.add(id)
  const takeBack = change && model.facts.attempt(...change)
  const answer = await session.try(operation, input)
  if (answer === undefined) return false
  if (refusal !== undefined) {
    assert.equal(answer.code, refusal, `${operation} ${JSON.stringify(input)}: ${answer.text}`)
  } else if (answer.code === 'ThrottlingException' && action.keys?.includes(model.shared ?? '')) {
    // All callers change the shared key, so the server may refuse the call because of its state. Nothing has changed.
    takeBack?.()
  } else {
    assert.equal(answer.status, 200, `${operation} ${JSON.stringify(input)}: ${answer.text}`)
    if (change !== undefined) model.facts.settle(...change)
    action.done?.(answer.json)
  }
  return true
}

function chooseAction({ model, random }: LoadDependencies, caller: number): Action {
  const own = [...model.keys.values()].filter(({ owner }) => owner === caller).slice(-KEYS_IN_USE)
  if (own.length === 0 || random.oneIn(40)) return create(model, caller)
  if (model.shared !== undefined && random.oneIn(6)) return tag(model.shared, `caller-${caller}`)
  if (random.oneIn(4)) return changeAlias(model, random, caller, own)
  return changeKey(model, random, random.pick(own))
}

function create(model: Model, caller: number): Action {
  const description = fresh('key')
  model.unanswered.set(description, caller)
  const input = {
    Description: description,
    Policy: namedPolicy(FIRST_POLICY),
    Tags: [{ TagKey: 'born', TagValue: description }],
  }
  const done = ({ KeyMetadata }: Answer['json']): void => {
    const { KeyId } = KeyMetadata as { KeyId: string }
    model.add(KeyId, model.shared === undefined ? NOBODY : caller, description)
    model.shared ??= KeyId
  }
  return { operation: 'CreateKey', input, done }
}

function tag(keyId: string, name: string): Action {
  const value = fresh('value')
  const input = { KeyId: keyId, Tags: [{ TagKey: name, TagValue: value }] }
  return { operation: 'TagResource', input, keys: [keyId], change: [factOf.tag(keyId, name), value] }
}

function changeAlias(model: Model, random: Seeded, caller: number, own: readonly ModelKey[]): Action {
  const name = aliasName(caller, random.below(ALIASES_PER_CALLER))
  const fact = factOf.alias(name)
  const present = model.facts.value(fact)
  const targets = own.map(({ id }) => id).filter((id) => model.stateOf(id) !== 'PendingDeletion')
  if (present === NONE && targets.length > 0) {
    const id = random.pick(targets)
    const input = { AliasName: name, TargetKeyId: id }
    return { operation: 'CreateAlias', input, keys: [id], change: [fact, id] }
  }
  if (present === NONE) return changeKey(model, random, random.pick(own))
  if (targets.length === 0 || random.oneIn(2)) {
    return { operation: 'DeleteAlias', input: { AliasName: name }, keys: [present], change: [fact, NONE] }
  }
  const id = random.pick(targets)
  const input = { AliasName: name, TargetKeyId: id }
  return { operation: 'UpdateAlias', input, keys: [present, id], change: [fact, id] }
}

function changeKey(model: Model, random: Seeded, key: ModelKey): Action {
  const state = model.stateOf(key.id)
  if (state === 'PendingDeletion') return setState('CancelKeyDeletion', key.id, 'Disabled')
  const usual = [putPolicy, describe, retag, schedule]
  if (state === 'Disabled') {
    return random.pick([enable, enable, encryptDisabled, ...usual])(key)
  }
  return random.pick([encrypt, encrypt, decrypt, decrypt, disable, disable, ...usual])(key)
}

function setState(operation: string, id: string, state: string): Action {
  return { operation, input: { KeyId: id }, keys: [id], change: [factOf.state(id), state] }
}

const enable = ({ id }: ModelKey): Action => setState('EnableKey', id, 'Enabled')
const disable = ({ id }: ModelKey): Action => setState('DisableKey', id, 'Disabled')
const schedule = ({ id }: ModelKey): Action => setState('ScheduleKeyDeletion', id, 'PendingDeletion')

function putPolicy({ id }: ModelKey): Action {
  const name = fresh('policy').replace('-', '')
  const input = { KeyId: id, Policy: namedPolicy(name) }
  return { operation: 'PutKeyPolicy', input, keys: [id], change: [factOf.policy(id), name] }
}

function describe({ id }: ModelKey): Action {
  const description = fresh('described')
  const input = { KeyId: id, Description: description }
  return {
    operation: 'UpdateKeyDescription',
    input,
    keys: [id],
    change: [factOf.description(id), description],
  }
}

const retag = ({ id, owner }: ModelKey): Action => tag(id, `caller-${owner}`)

function encrypt(key: ModelKey): Action {
  const plaintext = Buffer.from(fresh('plaintext')).toString('base64')
  const done = ({ CiphertextBlob }: Answer['json']): void => {
    key.encrypted.push({ ciphertext: String(CiphertextBlob), plaintext })
    if (key.encrypted.length > ENCRYPTED_PER_KEY) key.encrypted.shift()
  }
  return { operation: 'Encrypt', input: { KeyId: key.id, Plaintext: plaintext }, keys: [key.id], done }
}

/** The caller knows that the key is disabled, so Encrypt must fail. */
function encryptDisabled({ id }: ModelKey): Action {
  return { operation: 'Encrypt', input: { KeyId: id, Plaintext: 'AAAA' }, refusal: 'DisabledException' }
}

function decrypt(key: ModelKey): Action {
  const known = key.encrypted.at(-1)
  if (known === undefined) return encrypt(key)
  const done = ({ Plaintext }: Answer['json']): void => assert.equal(Plaintext, known.plaintext)
  return { operation: 'Decrypt', input: { CiphertextBlob: known.ciphertext }, keys: [key.id], done }
}
