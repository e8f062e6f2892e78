import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { operatorEvent } from '../audit/events/own-events.ts'
import type { Log } from '../base/log.ts'
import { systemClock, systemRandom } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import type { Config } from '../config/settings.ts'
import {
  addPath,
  type ChangeDependencies,
  getPath,
  type NewPath,
  newEnvelope,
  notePathProved,
  orderPaths,
  PERSON_TIMEOUT_MS,
  removePath,
} from '../custody/roots/change.ts'
import { checkMac, type Envelope, type UnlockPath } from '../custody/roots/envelope.ts'
import type { AskPassphrase } from '../custody/roots/passphrase.ts'
import { SealError } from '../custody/roots/root.ts'
import { isUnattended, openPath, reasonOf } from '../custody/roots/unlock.ts'
import { type SealedProcesses, sealProcesses } from './control.ts'
import {
  assertAccepted,
  isDataFolder,
  makeDataFolder,
  openDeployment,
  openForServing,
  openNodeJournal,
  ownEventDependencies,
} from './deployment.ts'
import {
  changingPaths,
  findEnvelope,
  hasRootKey,
  migrateRootKey,
  needEnvelope,
  newRoot,
  openByPath,
  openRootKey,
  putEnvelope,
  ROOT_KEY_FILE,
  sealDependencies,
} from './root-key.ts'
import { findSealedAt, markSealed, unmarkSealed } from './sealed-state.ts'

/** The result of the proof of one path. */
type ProvedPath = {
  readonly name: string
  readonly type: string
  /** Why it did not open; nothing when it did. */
  readonly failure: string | undefined
}

/** A path as lists show it. */
export type ListedPath = Pick<UnlockPath, 'name' | 'type' | 'createdAt'> & {
  /** Whether it opens without a person. */
  readonly isUnattended: boolean
  /** ISO 8601; nothing when it was never proved. */
  readonly provedAt: string | undefined
  /** Whether it was proved since the last change of the paths. */
  readonly isProved: boolean
}

/** The commands of an operator on unlock paths. Each records what it does. */
export type SealOperator = {
  readonly add: (path: NewPath) => Promise<void>
  /** Proves one path, or every unattended one. */
  readonly prove: (name: string | undefined) => Promise<readonly ProvedPath[]>
  readonly remove: (name: string) => Promise<void>
  readonly order: (names: readonly string[]) => Promise<void>
  /** Returns whether there was something to move. */
  readonly migrate: () => Promise<boolean>
}

/** The paths of a data folder in their order; nothing when it has none. No key is opened. @throws SealError. */
export async function listPaths(
  config: Config,
  ask: AskPassphrase,
): Promise<readonly ListedPath[] | undefined> {
  const signed = await findEnvelope(config)
  if (signed === undefined) return undefined
  const { methods } = sealDependencies(config, ask)
  const { paths, changes } = signed.envelope
  return paths.map((path) => ({
    name: path.name,
    type: path.type,
    createdAt: path.createdAt,
    isUnattended: isUnattended(methods, path),
    provedAt: path.proved?.at,
    isProved: path.proved?.change === changes,
  }))
}

/** The operations of an operator on the unlock paths of a data folder. */
export function sealOperator(config: Config, log: Log, ask: AskPassphrase): SealOperator {
  const dependencies = sealDependencies(config, ask)
  const context: Context = { config, log, ask, dependencies }
  return {
    add: (path) => changing(config, () => add(context, path)),
    prove: (name) => changing(config, () => prove(context, name)),
    remove: (name) => changing(config, () => remove(context, name)),
    order: (names) =>
      changing(config, () =>
        change(context, (envelope) => {
          const ordered = orderPaths(envelope, names)
          return { envelope: ordered, event: 'OrderUnlockPaths', details: { paths: names } }
        }),
      ),
    migrate: () => changing(config, () => migrate(context)),
  }
}

async function changing<T>(config: Config, run: () => Promise<T>): Promise<T> {
  await makeDataFolder(config)
  return changingPaths(config, run)
}

type Context = {
  readonly config: Config
  readonly log: Log
  readonly ask: AskPassphrase
  readonly dependencies: ChangeDependencies
}

type Changed = {
  readonly envelope: Envelope
  readonly event: string
  readonly details: { readonly [name: string]: unknown }
}

async function add(context: Context, path: NewPath): Promise<void> {
  const { config, dependencies } = context
  if (!hasRootKey(config) && !isDataFolder(config)) {
    await create(context, path)
    return
  }
  await change(context, async (envelope, root) => ({
    envelope: await addPath(dependencies, envelope, root, path),
    event: 'AddUnlockPath',
    details: detailsOf(path),
  }))
}

function detailsOf({ name, type, given }: NewPath): Changed['details'] {
  return { path: name, type, ...given }
}

/** Creates the root key of an empty folder with its first path. */
async function create({ config, log, dependencies }: Context, path: NewPath): Promise<void> {
  using root = newRoot()
  const envelope = await addPath(dependencies, newEnvelope(root, systemRandom), root, path)
  await putEnvelope(config, envelope, root, true)
  const deployment = await openForServing(config, { rootKey: root })
  await record(config, log, deployment, { event: 'AddUnlockPath', details: detailsOf(path) })
}

/**
 * Opens the root key and the records, changes the paths, then records it. The envelope is one file, which is put into
 * place whole: killed at any time, its paths are those before or those after.
 */
async function change(
  { config, log, ask }: Context,
  plan: (envelope: Envelope, root: Secret) => Changed | Promise<Changed>,
): Promise<void> {
  await needEnvelope(config)
  const { root } = await openRootKey(config, ask)
  using _root = root
  const signed = await needEnvelope(config)
  // Read again, perhaps after a person has typed: other programs than Holdfast do not keep the lock.
  checkMac(signed, root)
  const { envelope } = signed
  const deployment = await openDeployment(config, { rootKey: root })
  try {
    await assertAccepted(config, deployment.records)
    const changed = await plan(envelope, root)
    await putEnvelope(config, changed.envelope, root)
    await record(config, log, deployment, changed)
  } catch (error) {
    await deployment.records.close()
    throw error
  }
}

type OpenDeployment = Awaited<ReturnType<typeof openDeployment>>

/** Records an event and closes the records. */
async function record(
  config: Config,
  log: Log,
  deployment: OpenDeployment,
  { event, details }: Pick<Changed, 'event' | 'details'>,
): Promise<void> {
  deployment.wrappingKey[Symbol.dispose]()
  await using stack = new AsyncDisposableStack()
  stack.defer(() => deployment.records.close())
  const journal = await openNodeJournal(config, deployment, { log })
  stack.defer(() => journal.close())
  const id = systemRandom.uuid()
  const json = operatorEvent(ownEventDependencies(config), id, event, details)
  await journal.commit([], [{ id, json }])
}

async function remove(context: Context, name: string): Promise<void> {
  const { config } = context
  await change(context, (envelope) => {
    const { type } = getPath(envelope, name)
    return { envelope: removePath(envelope, name), event: 'RemoveUnlockPath', details: { path: name, type } }
  })
  const { envelope } = await needEnvelope(config)
  // Its key opens nothing of the present envelope. A crash before leaves a file that opens nothing.
  if (!envelope.paths.some(({ type }) => type === 'file'))
    await rm(join(config.data, ROOT_KEY_FILE), { force: true })
}

async function prove(context: Context, name: string | undefined): Promise<readonly ProvedPath[]> {
  const { config, dependencies } = context
  const { envelope } = await needEnvelope(config)
  const wanted =
    name === undefined
      ? envelope.paths.filter((path) => isUnattended(dependencies.methods, path))
      : [getPath(envelope, name)]
  const results: ProvedPath[] = []
  for (const path of wanted) results.push(await proveOne(context, path))
  return results
}

/** A path that does not open is recorded too, as far as another one opens the records. */
async function proveOne(context: Context, path: UnlockPath): Promise<ProvedPath> {
  const { config, log, dependencies } = context
  const { name, type } = path
  const signed = await needEnvelope(config)
  const { envelope } = signed
  let failure: string | undefined
  let opened: Secret | undefined
  try {
    opened = await openPath(dependencies, envelope, getPath(envelope, name), PERSON_TIMEOUT_MS)
    // A proof must not sign what somebody has edited.
    checkMac(signed, opened)
  } catch (error) {
    failure = reasonOf(error)
  }
  using root = opened ?? (await openRootKey(config, context.ask)).root
  const deployment = await openDeployment(config, { rootKey: root })
  try {
    await assertAccepted(config, deployment.records)
    if (failure === undefined) await putEnvelope(config, notePathProved(envelope, name, systemClock), root)
  } catch (error) {
    await deployment.records.close()
    throw error
  }
  const details = { path: name, type, succeeded: failure === undefined, reason: failure ?? null }
  await record(config, log, deployment, { event: 'ProveUnlockPath', details })
  return { name, type, failure }
}

async function migrate({ config, log, ask }: Context): Promise<boolean> {
  if (!hasRootKey(config)) throw new SealError(`${config.data} has no root key`)
  const isMoved = await migrateRootKey(config)
  if (!isMoved) return false
  using root = (await openRootKey(config, ask)).root
  const deployment = await openDeployment(config, { rootKey: root })
  await record(config, log, deployment, { event: 'MigrateRootKey', details: { path: 'file' } })
  return true
}

/** What sealing has done. */
type SealedDeployment = SealedProcesses & {
  /** ISO 8601. */
  readonly sealedAt: string
}

/** Seals a deployment: no start opens it from now on, and every process of its data folder ends with the keys in its memory. */
export async function sealDeployment(config: Config): Promise<SealedDeployment> {
  await needEnvelope(config)
  const sealedAt = await markSealed(config)
  return { sealedAt, ...(await sealProcesses(config)) }
}

/**
 * Ends the seal of a deployment on which no server runs, once a path has opened the root key.
 *
 * @throws Error with a message for the operator.
 */
export async function unsealStopped(
  config: Config,
  log: Log,
  name: string,
  ask: AskPassphrase,
): Promise<void> {
  if ((await findSealedAt(config)) === undefined) throw new Error('no sealed server runs on this folder')
  const { root, path } = await openByPath(config, sealDependencies(config, ask), name)
  using _root = root
  const sealedAt = await unmarkSealed(config)
  const deployment = await openDeployment(config, { rootKey: root })
  const details = { path: name, type: path?.type ?? '', sealedAt: sealedAt ?? null }
  await record(config, log, deployment, { event: 'UnsealDeployment', details })
}
