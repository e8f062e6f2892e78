import type { Clock } from '../../base/ports.ts'
import { UsageError } from '../../base/usage-error.ts'
import type { Journal } from '../../dispatch/journal.ts'
import { type Change, insert, LIST_MAX_RECORDS, remove, replace } from '../../store/records.ts'
import { isExternalKeyId } from '../protocol/protocol.ts'
import {
  createExternalKey,
  EXTERNAL_KEY,
  type ExternalKeyDependencies,
  type StoredExternalKey,
} from './external-key.ts'
import {
  type NewProxyCredential,
  newProxyCredential,
  PROXY_CREDENTIAL,
  PROXY_CREDENTIALS_MAX,
} from './proxy-credential.ts'
import { formatProxyAdministration } from './proxy-recording.ts'

/** The dependencies of administration. */
export type AdministrationDependencies = ExternalKeyDependencies & {
  readonly journal: Pick<Journal, 'commit'>
  readonly clock: Clock
  readonly account: string
}

/** The error of a change that cannot be made. The message says what and why. */
class AdministrationError extends UsageError {
  override readonly name = 'AdministrationError'
}

/**
 * An operator's changes to the external keys and credentials of a proxy. Each change is committed together with
 * its audit event, and takes effect at once in every proxy on the data folder.
 */
export class ProxyAdministration {
  readonly #dependencies: AdministrationDependencies

  constructor(dependencies: AdministrationDependencies) {
    this.#dependencies = dependencies
  }

  /** Creates an enabled external key. @throws AdministrationError. */
  async createKey(id: string): Promise<void> {
    if (!isExternalKeyId(id)) {
      throw new AdministrationError(
        `'${id}' is no key id: 1 to 128 letters, digits, dots, hyphens and underscores are`,
      )
    }
    const { records, account, clock } = this.#dependencies
    if ((await records.get(EXTERNAL_KEY, account, id)) !== undefined) {
      throw new AdministrationError(`there is an external key '${id}' already`)
    }
    const changes = await createExternalKey(this.#dependencies, account, id, clock.now())
    await this.#commit('CreateExternalKey', { externalKeyId: id }, changes)
  }

  /** Enables or disables an external key. @throws AdministrationError. */
  async setKeyStatus(id: string, status: 'ENABLED' | 'DISABLED'): Promise<void> {
    const { records, account } = this.#dependencies
    const key = await records.get(EXTERNAL_KEY, account, id)
    if (key === undefined) throw new AdministrationError(`there is no external key '${id}'`)
    const name = status === 'ENABLED' ? 'EnableExternalKey' : 'DisableExternalKey'
    await this.#commit(name, { externalKeyId: id }, [replace(key, { ...key.value, status })])
  }

  /** Every external key, sorted by ID. */
  async listKeys(): Promise<readonly StoredExternalKey[]> {
    const { records, account } = this.#dependencies
    const keys: StoredExternalKey[] = []
    let after: string | undefined
    do {
      const page = await records.list(EXTERNAL_KEY, { partition: account, after, limit: LIST_MAX_RECORDS })
      keys.push(...page.records)
      after = page.next
    } while (after !== undefined)
    return keys.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Creates a credential; its secret is never shown again. @throws AdministrationError. */
  async createCredential(): Promise<NewProxyCredential> {
    const { account, clock, random } = this.#dependencies
    if ((await this.listCredentials()).length >= PROXY_CREDENTIALS_MAX) {
      throw new AdministrationError(
        `there are ${PROXY_CREDENTIALS_MAX} credentials, and no more can be in use: delete the old one first`,
      )
    }
    const { accessKeyId, secretAccessKey } = newProxyCredential(random)
    const value = { format: 1 as const, createdAt: clock.now(), secretAccessKey }
    const change = insert(PROXY_CREDENTIAL, account, accessKeyId, value)
    await this.#commit('CreateProxyCredential', { accessKeyId }, [change])
    return { accessKeyId, secretAccessKey }
  }

  /** Access key IDs and creation times, oldest first. */
  async listCredentials(): Promise<readonly { readonly accessKeyId: string; readonly createdAt: number }[]> {
    const { records, account } = this.#dependencies
    const page = await records.list(PROXY_CREDENTIAL, { partition: account, limit: LIST_MAX_RECORDS })
    return page.records
      .map(({ name, value }) => ({ accessKeyId: name, createdAt: value.createdAt }))
      .toSorted((a, b) => a.createdAt - b.createdAt)
  }

  /** Deletes a credential. @throws AdministrationError. */
  async deleteCredential(accessKeyId: string): Promise<void> {
    const { records, account } = this.#dependencies
    const credential = await records.get(PROXY_CREDENTIAL, account, accessKeyId)
    if (credential === undefined) throw new AdministrationError(`there is no credential '${accessKeyId}'`)
    await this.#commit('DeleteProxyCredential', { accessKeyId }, [remove(credential)])
  }

  async #commit(
    name: string,
    details: { readonly [name: string]: unknown },
    changes: readonly Change[],
  ): Promise<void> {
    const { account, clock, random, journal } = this.#dependencies
    const eventId = random.uuid()
    const json = formatProxyAdministration({ account, at: clock.now(), eventId, name, details })
    await journal.commit(changes, [{ id: eventId, json }])
  }
}
