import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { askTerminal } from '../base/terminal.ts'
import type { Config } from '../config/settings.ts'
import { type ChangeDependencies, newEnvelope, PERSON_TIMEOUT_MS } from '../custody/roots/change.ts'
import { commandMethod } from '../custody/roots/command.ts'
import { credentialMethod } from '../custody/roots/credential.ts'
import {
  checkMac,
  type Envelope,
  formatEnvelope,
  isCommitted,
  type SignedEnvelope,
  type UnlockPath,
  wrapRoot,
} from '../custody/roots/envelope.ts'
import { isCode, putKeyFile, readEnvelope } from '../custody/roots/envelope-file.ts'
import { createPathKeyFile, fileMethod, type KeyFile, readKeyFile } from '../custody/roots/file.ts'
import { kmsMethod } from '../custody/roots/kms.ts'
import { type AskPassphrase, PASSPHRASE_MAX_BYTES, passphraseMethod } from '../custody/roots/passphrase.ts'
import { pkcs11Method } from '../custody/roots/pkcs11.ts'
import { ROOT_KEY_BYTES, SealError } from '../custody/roots/root.ts'
import { SHARE_MAX_BYTES } from '../custody/roots/share-text.ts'
import { sharesMethod } from '../custody/roots/shares.ts'
import { type Attempt, openPath, type PathFailure, reasonOf, tryUnattended } from '../custody/roots/unlock.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import { DATABASE_FILE } from '../store/sqlite-file.ts'
import { kmsCaller } from './kms-caller.ts'
import { assertNotSealed } from './sealed-state.ts'
import { holdersOf, shareQuestion } from './share-holders.ts'
import { openNamedToken } from './tokens.ts'

/** The file with the key of the unlock path `file`, within the data folder. */
export const ROOT_KEY_FILE = 'root.key'
const NEXT_KEY_FILE = 'root.key.next'
/** The file with the envelope of the root key, within the data folder. */
export const ENVELOPE_FILE = 'seal.json'
const LOCK_FILE = 'seal.lock'
/** The type and the name of the first path of a new deployment. */
const FILE = 'file'

/** How often, and how long each time, a change of the paths waits for another one. */
const LOCK_ATTEMPTS = 200
const LOCK_RETRY_MS = 50

/** An open root key, and how it was opened. The caller owns the secret. */
export type OpenedRoot = {
  readonly root: Secret
  /** The path that opened it; nothing in a folder that has no paths yet. */
  readonly path: Pick<UnlockPath, 'name' | 'type'> | undefined
  /** The paths before it, which did not open. */
  readonly failures: readonly PathFailure[]
  /** When an operator sealed the deployment, if this ended that seal. */
  readonly sealedAt?: string | undefined
}

/** No path opened the root key. */
export class SealedError extends SealError {
  readonly failures: readonly PathFailure[]
  /** The paths that need a person. */
  readonly attended: readonly string[]
  /** Whether it can open later without a change of the data folder: a person or a service may answer. */
  readonly canOpenLater: boolean

  constructor(data: string, { failures, attended, canOpenLater }: SealedFacts) {
    const tried = failures.map(({ name, reason }) => `${name}: ${reason}`)
    const waiting = attended.map((name) => `${name}: a person has to open it, with holdfast unseal`)
    super(`the root key of ${data} cannot be opened. ${[...tried, ...waiting].join('. ')}`)
    this.failures = failures
    this.attended = attended
    this.canOpenLater = canOpenLater
  }
}

type SealedFacts = Pick<SealedError, 'failures' | 'attended' | 'canOpenLater'>

/** Asks at the terminal of the process. @throws SealError without a terminal. */
export const askAtTerminal: AskPassphrase = async ({ name, isNew, signal, share }) => {
  if (share !== undefined) {
    const text = await askTerminal(shareQuestion(name, share), { maxBytes: SHARE_MAX_BYTES, signal })
    if (text !== undefined) return text
    throw new SealError('it needs shares, and there is no terminal')
  }
  const question = isNew ? `New passphrase of path ${name}: ` : `Passphrase of path ${name}: `
  const typed = await askTerminal(question, { maxBytes: PASSPHRASE_MAX_BYTES, signal })
  if (typed === undefined) throw new SealError('it needs a passphrase, and there is no terminal')
  if (!isNew) return typed
  using repeated = await askTerminal('Repeat it: ', { maxBytes: PASSPHRASE_MAX_BYTES, signal })
  const isSame = repeated?.reveal((bytes) => typed.reveal((first) => Buffer.compare(first, bytes) === 0))
  if (isSame === true) return typed
  typed[Symbol.dispose]()
  throw new SealError('the two passphrases differ')
}

/** The methods of unlock paths with this configuration, and what they need. */
export function sealDependencies(config: Config, ask: AskPassphrase): ChangeDependencies {
  const { data, seal } = config
  return {
    methods: new Map([
      [FILE, fileMethod(join(data, ROOT_KEY_FILE), systemRandom)],
      ['credential', credentialMethod({ folder: seal.credentialsFolder, data })],
      ['passphrase', passphraseMethod(ask, systemRandom)],
      ['shares', sharesMethod(holdersOf(ask), systemRandom)],
      ['command', commandMethod(seal.command, systemRandom)],
      ['kms', kmsMethod(kmsCaller(seal), systemRandom)],
      ['pkcs11', pkcs11Method((name) => openNamedToken(config, name), systemRandom)],
    ]),
    timers: systemTimers,
    monotonicMs: () => systemClock.monotonicMs(),
    clock: systemClock,
    random: systemRandom,
  }
}

/**
 * Opens the root key of a data folder; asks a person only if no unattended path opens it. Creates one for an empty
 * folder, never beside existing records, which a new key would make unreadable.
 *
 * @throws SealError; OrderedSealError while an operator keeps the deployment sealed.
 */
export async function openRootKey(config: Config, ask: AskPassphrase = askAtTerminal): Promise<OpenedRoot> {
  const dependencies = sealDependencies(config, ask)
  try {
    return await openUnattended(config, dependencies)
  } catch (error) {
    if (!(error instanceof SealedError) || error.attended.length === 0) throw error
    return await openAttended(config, dependencies, error)
  }
}

/** The same without a person. @throws SealedError when no path opens. */
export async function openUnattended(
  config: Config,
  dependencies: ChangeDependencies = sealDependencies(config, askAtTerminal),
): Promise<OpenedRoot> {
  await assertNotSealed(config)
  const signed = await readEnvelope(join(config.data, ENVELOPE_FILE))
  if (signed === undefined) return openWithoutEnvelope(config)
  const moved = await openMoving(config, signed.envelope)
  const attempt = moved ?? (await tryUnattended(dependencies, signed.envelope))
  if (attempt.opened === undefined) throw sealedError(config, dependencies, signed.envelope, attempt)
  const { root, path } = attempt.opened
  assertWhole(signed, root)
  return { root, path, failures: attempt.failures }
}

function sealedError(
  { data }: Config,
  { methods }: ChangeDependencies,
  { paths }: Envelope,
  { failures }: Attempt,
): SealedError {
  const attended = paths.filter(({ type }) => methods.get(type)?.isUnattended === false)
  const canOpenLater = paths.some(({ type }) => type !== FILE && type !== 'credential' && methods.has(type))
  return new SealedError(data, { failures, attended: attended.map(({ name }) => name), canOpenLater })
}

async function openAttended(
  config: Config,
  dependencies: ChangeDependencies,
  { failures, attended }: SealedError,
): Promise<OpenedRoot> {
  const tried = [...failures]
  for (const name of attended) {
    try {
      return { ...(await openByPath(config, dependencies, name)), failures: tried }
    } catch (error) {
      tried.push({ name, type: 'passphrase', reason: reasonOf(error) })
    }
  }
  throw new SealedError(config.data, { failures: tried, attended: [], canOpenLater: true })
}

/** Opens the root key by one path. @throws Error with a message for the operator. */
export async function openByPath(
  config: Config,
  dependencies: ChangeDependencies,
  name: string,
): Promise<OpenedRoot> {
  const signed = await needEnvelope(config)
  const path = signed.envelope.paths.find((one) => one.name === name)
  if (path === undefined) throw new SealError(`there is no path '${name}'`)
  const root = await openPath(dependencies, signed.envelope, path, PERSON_TIMEOUT_MS)
  assertWhole(signed, root)
  return { root, path, failures: [] }
}

function assertWhole(signed: SignedEnvelope, root: Secret): void {
  try {
    checkMac(signed, root)
  } catch (error) {
    root[Symbol.dispose]()
    throw error
  }
}

/** The envelope of a deployment. @throws SealError when it has none. */
export async function needEnvelope({ data }: Config): Promise<SignedEnvelope> {
  const signed = await readEnvelope(join(data, ENVELOPE_FILE))
  if (signed !== undefined) return signed
  throw new SealError(
    `${data} has a root key of an earlier release: holdfast seal migrate gives it unlock paths`,
  )
}

/** The envelope of a deployment, not authenticated; nothing when it has none. @throws SealError. */
export function findEnvelope({ data }: Config): Promise<SignedEnvelope | undefined> {
  return readEnvelope(join(data, ENVELOPE_FILE))
}

/** Whether a data folder has a root key, in whatever form. */
export function hasRootKey({ data }: Config): boolean {
  return existsSync(join(data, ENVELOPE_FILE)) || existsSync(join(data, ROOT_KEY_FILE))
}

/** Writes an envelope in the place of the one before. @param isFirst whether there must be none. */
export async function putEnvelope(
  { data }: Config,
  envelope: Envelope,
  root: Secret,
  isFirst = false,
): Promise<void> {
  const text = formatEnvelope(envelope, root)
  await putKeyFile(join(data, ENVELOPE_FILE), text, { replaces: !isFirst, random: systemRandom })
}

/** Runs `change` while no other process changes the paths. @throws Error. */
export async function changingPaths<T>({ data }: Config, change: () => Promise<T>): Promise<T> {
  const path = join(data, LOCK_FILE)
  let lock: FileLock | undefined
  for (let attempt = 0; attempt < LOCK_ATTEMPTS && lock === undefined; attempt += 1) {
    if (attempt > 0) await systemSleep(LOCK_RETRY_MS)
    lock = claimFileLock(path)
  }
  if (lock === undefined) throw new Error(`${path} has been locked for too long: does another command hang?`)
  try {
    return await change()
  } finally {
    lock.release()
  }
}

/** A folder from before envelopes, or an empty one. */
async function openWithoutEnvelope(config: Config): Promise<OpenedRoot> {
  const { data, seal } = config
  const path = join(data, ROOT_KEY_FILE)
  const found = await readKeyFile(path)
  if (found?.version === 1) return { root: found.secret, path: undefined, failures: [] }
  if (existsSync(join(data, DATABASE_FILE))) {
    found?.secret[Symbol.dispose]()
    const [what, lost] = found === undefined ? ['its root key ', path] : ['', join(data, ENVELOPE_FILE)]
    throw new SealError(`${data} holds records, and ${what}${lost} is missing: restore it`)
  }
  if (seal.first === 'none') {
    throw new SealError(`${data} has no root key, and HOLDFAST_SEAL is none: holdfast seal add creates one`)
  }
  return createWithFile(config, found)
}

/** A new root key with the path `file`. Of several processes that start at once, the first one's key is used by all. */
async function createWithFile(config: Config, found: KeyFile | undefined): Promise<OpenedRoot> {
  const path = join(config.data, ROOT_KEY_FILE)
  using key = found?.secret ?? (await createOrReadKey(path))
  const root = newRoot()
  const envelope = withFilePath(newEnvelope(root, systemRandom), root, key)
  try {
    await putEnvelope(config, envelope, root, true)
  } catch (cause) {
    root[Symbol.dispose]()
    if (isCode(cause, 'EEXIST')) return openUnattended(config)
    throw new SealError(`the envelope of the root key cannot be made in ${config.data}`, { cause })
  }
  return { root, path: envelope.paths[0], failures: [] }
}

/** New random bytes for a root key. */
export function newRoot(): Secret {
  return new Secret(systemRandom.bytes(ROOT_KEY_BYTES))
}

async function createOrReadKey(path: string): Promise<Secret> {
  try {
    return await createPathKeyFile(path, { replaces: false, random: systemRandom })
  } catch (error) {
    const made = await readKeyFile(path)
    if (made?.version === 2) return made.secret
    throw error
  }
}

/** The envelope with the path `file` in the place of an earlier one of this type, or at the end. */
function withFilePath(envelope: Envelope, root: Secret, key: Secret): Envelope {
  const id = systemRandom.uuid()
  const { deployment } = envelope
  const path: UnlockPath = {
    id,
    name: envelope.paths.find(({ type }) => type === FILE)?.name ?? FILE,
    type: FILE,
    parameters: {},
    wrapped: wrapRoot(root, key, { deployment, id, type: FILE }, systemRandom),
    createdAt: new Date(systemClock.now()).toISOString(),
    proved: undefined,
  }
  const paths = [...envelope.paths.filter(({ type }) => type !== FILE), path]
  return { ...envelope, revision: envelope.revision + 1, changes: envelope.changes + 1, paths }
}

/** The root key while its folder is being moved to an envelope: the key file is still the root key itself. */
async function openMoving({ data }: Config, envelope: Envelope): Promise<Attempt | undefined> {
  const path = envelope.paths.find(({ type }) => type === FILE)
  if (path === undefined) return undefined
  const found = await readKeyFile(join(data, ROOT_KEY_FILE)).catch(() => undefined)
  if (found?.version === 1 && isCommitted(envelope, found.secret))
    return { opened: { root: found.secret, path }, failures: [] }
  found?.secret[Symbol.dispose]()
  return undefined
}

/**
 * Moves a folder of an earlier release to an envelope whose path `file` has a key of its own. Killed at any step, the
 * folder opens: by the old file until the last step, by the new one after it.
 *
 * @returns whether there was something to move. @throws SealError.
 */
export async function migrateRootKey(config: Config): Promise<boolean> {
  const path = join(config.data, ROOT_KEY_FILE)
  const found = await readKeyFile(path)
  const present = await findEnvelope(config)
  if (found === undefined || found.version === 2) {
    found?.secret[Symbol.dispose]()
    if (present === undefined) await openWithoutEnvelope(config)
    return false
  }
  using root = found.secret
  const envelope = present?.envelope ?? newEnvelope(root, systemRandom)
  if (!isCommitted(envelope, root)) throw new SealError(`${path} is not the root key of ${config.data}`)
  if (present !== undefined) checkMac(present, root)
  const next = join(config.data, NEXT_KEY_FILE)
  using key = await createPathKeyFile(next, { replaces: true, random: systemRandom })
  await putEnvelope(config, withFilePath(envelope, root, key), root)
  await rename(next, path)
  return true
}
