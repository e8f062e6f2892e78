import { join } from 'node:path'
import { BackupError, type BackupHeader } from '../backup/format.ts'
import { systemClock, systemRandom } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import type { Config } from '../config/settings.ts'
import { DeploymentKeys } from '../custody/deployment-keys.ts'
import { type RecordSealer, recordSealer } from '../custody/record-sealer.ts'
import { disposeRootKeys } from '../custody/root-keys.ts'
import { type ChangeDependencies, PERSON_TIMEOUT_MS } from '../custody/roots/change.ts'
import {
  checkMac,
  isCommitted,
  openRootKeys,
  parseEnvelope,
  type SignedEnvelope,
} from '../custody/roots/envelope.ts'
import { fileMethod } from '../custody/roots/file.ts'
import type { AskPassphrase } from '../custody/roots/passphrase.ts'
import { SealError } from '../custody/roots/root.ts'
import { isUnattended, openPath, reasonOf, tryUnattended } from '../custody/roots/unlock.ts'
import { ROOT_KEY_FILE, sealDependencies } from './root-key.ts'

/** How the root key of a backup is opened. */
export type BackupUnlock = {
  /** The file with the key of the path `file`; nothing for that of the data folder. */
  readonly keyFile: string | undefined
  /** Asks a person; nothing when no person is there. */
  readonly ask: AskPassphrase | undefined
}

/**
 * Opens the root keys of backups by the unlock paths of their own envelopes, which need not be those of today. A person is
 * asked once for all backups with one root key. Clears the keys at its end.
 */
export class BackupRoots implements Disposable {
  readonly #config: Config
  readonly #unlock: BackupUnlock
  readonly #roots: Secret[] = []

  constructor(config: Config, unlock: BackupUnlock) {
    this.#config = config
    this.#unlock = unlock
  }

  /**
   * The root key of a backup, which this object keeps.
   *
   * @throws SealError that says why each path did not open; BackupError for a header of two deployments.
   */
  async open(header: BackupHeader): Promise<Secret> {
    const signed = parseEnvelope(header.envelope)
    if (signed.envelope.deployment !== header.deployment)
      throw new BackupError('the header of the backup is mixed from two deployments')
    const known = this.#roots.find((root) => isCommitted(signed.envelope, root))
    const root = known ?? (await openAny(this.#dependencies(), signed, this.#unlock.ask !== undefined))
    if (known === undefined) this.#roots.push(root)
    checkMac(signed, root)
    return root
  }

  [Symbol.dispose](): void {
    for (const root of this.#roots) root[Symbol.dispose]()
  }

  #dependencies(): ChangeDependencies {
    const { keyFile = join(this.#config.data, ROOT_KEY_FILE), ask } = this.#unlock
    const dependencies = sealDependencies(this.#config, ask ?? askNobody)
    const methods = new Map([...dependencies.methods, ['file', fileMethod(keyFile, systemRandom)] as const])
    return { ...dependencies, methods }
  }
}

/** The keys of the deployment at the time of a backup, by its root key, which is borrowed: two root keys seal during a rotation. */
export function keysOf({ envelope }: Pick<BackupHeader, 'envelope'>, root: Secret): DeploymentKeys {
  const rootKeys = openRootKeys(parseEnvelope(envelope).envelope, root)
  try {
    const keys = new DeploymentKeys(rootKeys, systemClock)
    keys.wrappingKey[Symbol.dispose]()
    return keys
  } finally {
    disposeRootKeys(rootKeys)
  }
}

/** The sealer of the records of a backup with this root key, which is borrowed. */
export function sealerOf(header: Pick<BackupHeader, 'envelope'>, root: Secret): RecordSealer {
  const keys = keysOf(header, root)
  const sealer = recordSealer(keys, systemRandom)
  keys.forgetLasting()
  return sealer
}

const askNobody: AskPassphrase = async () => {
  throw new SealError('it needs a person, and nobody is asked here')
}

async function openAny(
  dependencies: ChangeDependencies,
  { envelope }: SignedEnvelope,
  hasPerson: boolean,
): Promise<Secret> {
  const { opened, failures } = await tryUnattended(dependencies, envelope)
  if (opened !== undefined) return opened.root
  const reasons = failures.map(({ name, reason }) => `${name}: ${reason}`)
  for (const path of envelope.paths) {
    const { name, type } = path
    if (!dependencies.methods.has(type) || isUnattended(dependencies.methods, path)) continue
    if (!hasPerson) {
      reasons.push(`${name}: a person has to open it`)
      continue
    }
    try {
      return await openPath(dependencies, envelope, path, PERSON_TIMEOUT_MS)
    } catch (error) {
      reasons.push(`${name}: ${reasonOf(error)}`)
    }
  }
  throw new SealError(`no unlock path of the backup opens its root key. ${reasons.join('. ')}`)
}
