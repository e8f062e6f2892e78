import { join } from 'node:path'
import { operatorEvent } from '../audit/events/own-events.ts'
import type { Journal } from '../audit/log/journal.ts'
import { present } from '../base/assert.ts'
import type { Log } from '../base/log.ts'
import { systemAfterThisTurn, systemClock, systemRandom } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { UsageError } from '../base/usage-error.ts'
import type { Config } from '../config/settings.ts'
import { isFleet } from '../config/store-settings.ts'
import { DeploymentKeys } from '../custody/deployment-keys.ts'
import { rewrapKek } from '../custody/kek.ts'
import { recordSealer } from '../custody/record-sealer.ts'
import {
  copyOf,
  disposeRootKeys,
  lastingKeysOf,
  RETIRED_MAX,
  type RetiredTokenKeys,
  type RootKeys,
  tokenKeysOf,
} from '../custody/root-keys.ts'
import { rewrapPaths } from '../custody/roots/change.ts'
import {
  checkMac,
  type Envelope,
  openRootKeys,
  type SignedEnvelope,
  sealRootKeys,
} from '../custody/roots/envelope.ts'
import type { AskPassphrase } from '../custody/roots/passphrase.ts'
import { SealError } from '../custody/roots/root.ts'
import { KEK } from '../kms/keys/key-record.ts'
import { claimFileLock } from '../store/file-lock.ts'
import { StoreConflict } from '../store/port.ts'
import { type Records, replace } from '../store/records.ts'
import { type Resealing, resealRecords } from '../store/reseal.ts'
import { tellKeys } from './control.ts'
import { openDeployment, openNodeJournal, ownEventDependencies } from './deployment.ts'
import {
  changingPaths,
  needEnvelope,
  newRoot,
  openRootKey,
  putEnvelope,
  sealDependencies,
} from './root-key.ts'
import { openStore } from './store.ts'

const LOCK_FILE = 'rotate.lock'
/** Source: AWS STS API Reference: the longest session, of GetSessionToken and GetFederationToken; and an hour more. */
const TOKENS_MS = 133_200_000
/** Passes over the records until one has nothing to do. */
const PASSES_MAX = 20

/** What a rotation of the root key has done. */
export type RootRotation = {
  /** The number of the new root key; the first one is 1. */
  readonly generation: number
  /** Whether it continued a rotation that was interrupted. */
  readonly resumed: boolean
  /** The records that the new root key's keys opened, all of them, in the last pass. */
  readonly records: number
  /** The key-encryption keys that the new root key wraps: all. */
  readonly keks: number
  /** The processes that follow, among them this one. */
  readonly processes: number
  readonly paths: readonly string[]
}

/** The choices of a rotation. */
export type RootRotationOptions = {
  /** Ends the sessions that were sealed under the root key before, instead of waiting until they expire. */
  readonly endSessions: boolean
  /** Called now and then with the number of records that the present pass has seen. What it throws interrupts the rotation. */
  readonly progress: (records: number) => void
}

type Context = {
  readonly config: Config
  readonly log: Log
  readonly ask: AskPassphrase
  readonly options: RootRotationOptions
}

/**
 * Rotates the root key of a data folder, or continues a rotation that was interrupted. Calls go on meanwhile, in all
 * processes. Killed at any moment, every path opens the root key in use, and the next run continues:
 *
 * 1. every process gets the next root key, then `seal.json` has it, wrapped for each path; the root key before seals;
 * 2. `seal.json` and every process seal under the new root key;
 * 3. records and key-encryption keys are sealed again, until a pass over all has nothing to do;
 * 4. an event records it; `seal.json` and every process forget the root key before.
 *
 * @returns nothing when another process rotates the root key. @throws Error with a message for the operator.
 */
export async function rotateRoot(
  config: Config,
  log: Log,
  ask: AskPassphrase,
  options: RootRotationOptions,
): Promise<RootRotation | undefined> {
  if (isFleet(config.store))
    throw new UsageError(
      'the root key of a fleet cannot be rotated: its machines would need the new one at once',
    )
  const lock = claimFileLock(join(config.data, LOCK_FILE))
  if (lock === undefined) return undefined
  try {
    return await rotate({ config, log, ask, options })
  } finally {
    lock.release()
  }
}

async function rotate(context: Context): Promise<RootRotation> {
  const { config, log, options } = context
  await needEnvelope(config)
  const began = await changingPaths(config, () => begin(context))
  using root = began.root
  await using stack = new AsyncDisposableStack()
  const deployment = await openDeployment(config, { rootKey: root })
  deployment.wrappingKey[Symbol.dispose]()
  stack.defer(() => deployment.records.close())
  const journal = await openNodeJournal(config, deployment, { log })
  stack.defer(() => journal.close())
  if (!began.resumed) await record(config, journal, 'BeginRootKeyRotation', { generation: began.generation })
  await tellEnvelope(config, root)
  await changeKeys(config, root, (keys) => ({ ...keys, roots: newestFirst(keys.roots, root) }))
  await tellEnvelope(config, root)
  const { records, keks } = await sealAgain(config, root, deployment.records, options.progress)
  const { generation, resumed } = began
  const paths = (await needEnvelope(config)).envelope.paths.map(({ name }) => name)
  // Before the end: an event that says too little is worse than one that is there twice after a crash.
  await record(config, journal, 'RotateRootKey', {
    generation,
    paths,
    records,
    keyEncryptionKeys: keks,
    underEarlierRootKeys: 0,
  })
  await changeKeys(config, root, (keys) => ended(keys, root, options.endSessions))
  const processes = await tellEnvelope(config, root)
  log.info('the root key was rotated', { generation, records, keks })
  return { generation, resumed, records, keks, processes, paths }
}

type Began = { readonly root: Secret; readonly generation: number; readonly resumed: boolean }

/** Puts the next root key into place beside the present one, unless an earlier run has done so. */
async function begin({ config, ask }: Context): Promise<Began> {
  const opened = await openRootKey(config, ask)
  using old = opened.root
  const signed = await needEnvelope(config)
  checkMac(signed, old)
  const { envelope } = signed
  const keys = openRootKeys(envelope, old)
  try {
    const generation = envelope.rotation?.generation ?? 1
    if (keys.roots.length > 1) return { root: copyOf(old), generation, resumed: true }
    const next = newRoot()
    try {
      await putNext(config, { signed, old, next, keys, ask })
    } catch (error) {
      next[Symbol.dispose]()
      throw error
    }
    return { root: next, generation: generation + 1, resumed: false }
  } finally {
    disposeRootKeys(keys)
  }
}

type Next = {
  readonly signed: SignedEnvelope
  readonly old: Secret
  readonly next: Secret
  readonly keys: RootKeys
  readonly ask: AskPassphrase
}

async function putNext(config: Config, { signed, old, next, keys, ask }: Next): Promise<void> {
  const { envelope } = signed
  const rewrapped = await rewrapPaths(sealDependencies(config, ask), envelope, next)
  const lasting = lastingKeysOf(keys)
  const both = { roots: [old, next], lasting, retired: keys.retired }
  try {
    // First the processes: one that starts a worker right after the change of the file has the new root key already.
    await tellKeys(config, both)
    await putKeys(config, rewrapped, {
      root: next,
      keys: both,
      generation: (envelope.rotation?.generation ?? 1) + 1,
      at: new Date(systemClock.now()).toISOString(),
    })
  } finally {
    for (const key of lasting) key[Symbol.dispose]()
  }
}

type KeysToPut = {
  readonly root: Secret
  readonly keys: RootKeys
  readonly generation: number
  readonly at: string
}

async function putKeys(
  config: Config,
  envelope: Envelope,
  { root, keys, generation, at }: KeysToPut,
): Promise<void> {
  const state = keys.roots.length > 1 ? 'under way' : 'ended'
  const rotation = sealRootKeys(envelope, { root, keys }, { generation, at, state }, systemRandom)
  await putEnvelope(config, { ...envelope, rotation }, root)
}

function newestFirst(roots: readonly Secret[], root: Secret): readonly Secret[] {
  const isNewest = (one: Secret): boolean =>
    one.reveal((bytes) => root.reveal((newest) => Buffer.compare(bytes, newest) === 0))
  return roots.toSorted((one, other) => Number(isNewest(other)) - Number(isNewest(one)))
}

/** Changes the root keys in the envelope. */
async function changeKeys(config: Config, root: Secret, change: (keys: RootKeys) => RootKeys): Promise<void> {
  await changingPaths(config, async () => {
    const signed = await needEnvelope(config)
    checkMac(signed, root)
    const { envelope } = signed
    const { generation, at } = present(envelope.rotation, 'a rotation')
    const keys = openRootKeys(envelope, root)
    try {
      const next = { ...envelope, revision: envelope.revision + 1 }
      await putKeys(config, next, { root, keys: change(keys), generation, at })
    } finally {
      disposeRootKeys(keys)
    }
  })
}

/** Tells every process the root keys of the envelope. */
async function tellEnvelope(config: Config, root: Secret): Promise<number> {
  const { envelope } = await needEnvelope(config)
  const keys = openRootKeys(envelope, root)
  try {
    return await tellKeys(config, keys)
  } finally {
    disposeRootKeys(keys)
  }
}

/** The keys without the root key before, whose tokens still open until they have expired. */
function ended(keys: RootKeys, root: Secret, endSessions: boolean): RootKeys {
  const now = systemClock.now()
  const [newest, ...before] = newestFirst(keys.roots, root)
  const kept = keys.retired.filter(({ until }) => until > now)
  const added = before.map((old): RetiredTokenKeys => ({ until: now + TOKENS_MS, keys: tokenKeysOf(old) }))
  const retired = endSessions ? [] : [...kept, ...added].slice(-RETIRED_MAX)
  return { roots: [present(newest, 'the newest root key')], lasting: keys.lasting, retired }
}

type SealedAgain = { readonly records: number; readonly keks: number }

/** Seals again until a pass over all records has nothing to do. */
async function sealAgain(
  config: Config,
  root: Secret,
  records: Records,
  progress: (records: number) => void,
): Promise<SealedAgain> {
  await using stack = new AsyncDisposableStack()
  const raw = await openStore(config)
  stack.defer(() => raw.close())
  const { envelope } = await needEnvelope(config)
  const keys = openRootKeys(envelope, root)
  stack.defer(() => disposeRootKeys(keys))
  const newest = new DeploymentKeys({ ...keys, roots: [root] }, systemClock)
  stack.defer(() => newest.wrappingKey[Symbol.dispose]())
  const all = new DeploymentKeys(keys, systemClock)
  stack.defer(() => all.wrappingKey[Symbol.dispose]())
  const resealing: Resealing = {
    current: recordSealer(newest, systemRandom),
    any: recordSealer(all, systemRandom),
  }
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    const keks: { partition: string; name: string }[] = []
    const done = await resealRecords(raw, resealing, {
      seen: (kind, content) => {
        if (kind === KEK.name) keks.push(content)
      },
      progress: async (count) => {
        progress(count)
        await new Promise<void>((resolve) => systemAfterThisTurn(resolve))
      },
    })
    let rewrapped = 0
    for (const kek of keks) if (await rewrapOne(records, kek, { newest, all })) rewrapped += 1
    if (done.resealed === 0 && rewrapped === 0) return { records: done.records, keks: keks.length }
  }
  throw new SealError(
    'records under the root key before appear again and again: end every process of the folder',
  )
}

type Wrapping = { readonly newest: DeploymentKeys; readonly all: DeploymentKeys }

/** Wraps a key-encryption key under the new root key; returns whether it was under another one. */
async function rewrapOne(
  records: Records,
  { partition, name }: { readonly partition: string; readonly name: string },
  { newest, all }: Wrapping,
): Promise<boolean> {
  const [account = '', region = ''] = partition.split('/')
  await records.refresh()
  const kek = await records.get(KEK, partition, name)
  if (kek === undefined) return false
  const keys = { to: newest.wrappingKey.current, from: all.wrappingKey.all }
  const wrapped = rewrapKek(
    keys,
    { ref: { account, region }, kekId: name, wrapped: kek.value.wrapped },
    systemRandom,
  )
  if (wrapped === undefined) return false
  try {
    await records.commit([replace(kek, { ...kek.value, wrapped })])
  } catch (error) {
    // The next pass finds it.
    if (!(error instanceof StoreConflict)) throw error
  }
  return true
}

async function record(
  config: Config,
  journal: Journal,
  event: string,
  details: { readonly [name: string]: unknown },
): Promise<void> {
  const id = systemRandom.uuid()
  const json = operatorEvent(ownEventDependencies(config), id, event, details)
  await journal.commit([], [{ id, json }])
}
