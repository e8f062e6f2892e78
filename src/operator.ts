import { join } from 'node:path'
import { operatorEvent } from './audit/own-events.ts'
import type { Log } from './base/log.ts'
import { systemClock, systemRandom, systemSleep } from './base/ports.ts'
import { addCredentials } from './config/credentials-file.ts'
import type { Config } from './config/settings.ts'
import { CREDENTIALS_FILE, makeEventsFolder, openDeployment, openNodeJournal } from './deployment.ts'
import { redeliver } from './events/redeliver.ts'
import { handOverRoot } from './iam/account.ts'
import { type ListedQuota, listQuotas, setQuota } from './iam/account-quotas.ts'
import {
  attachScp,
  createAccount,
  deleteScp,
  detachScp,
  freeAccountId,
  type ListedScp,
  listAccounts,
  listScps,
  needAccount,
  putScp,
  scpsOf,
} from './iam/organisation.ts'
import { claimFileLock } from './store/file-lock.ts'
import type { Change, Records } from './store/records.ts'

/** What an operator can do beside the server: each change is recorded like a call. */
export type Operator = {
  /** Makes an account, hands its root credentials over in the credentials file, and gives its id. */
  readonly createAccount: (id: string | undefined) => Promise<string>
  readonly accounts: () => Promise<readonly ListedAccount[]>
  readonly scps: () => Promise<readonly ListedScp[]>
  readonly putScp: (name: string, document: string) => Promise<void>
  readonly deleteScp: (name: string) => Promise<void>
  readonly attachScp: (name: string, account: string) => Promise<void>
  readonly detachScp: (name: string, account: string) => Promise<void>
  /** Announces a test, of which every endpoint gets the event that wants it. */
  readonly testEvents: () => Promise<void>
  /** Delivers dead letters again: those of one event, or all. Gives how many. */
  readonly redeliverEvents: (eventId: string | undefined) => Promise<number>
  readonly quotas: (account: string) => Promise<readonly ListedQuota[]>
  readonly setQuota: (account: string, name: string, value: string) => Promise<void>
}

/** An account as lists show it. */
type ListedAccount = {
  readonly id: string
  readonly createdAt: number
  readonly scps: readonly string[]
}

/** Opens a data folder for one command. @throws with a message for the operator. */
export async function asOperator<T>(
  config: Config,
  log: Log,
  use: (operator: Operator) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const deployment = await openDeployment(config)
  deployment.wrappingKey[Symbol.dispose]()
  const { records } = deployment
  stack.defer(() => records.close())
  const journal = await openNodeJournal(config, deployment, { log })
  stack.defer(() => journal.close())
  const own = { clock: systemClock, random: systemRandom, account: config.account }
  const commit: Commit = async (name, details, changes) => {
    const eventId = systemRandom.uuid()
    await journal.commit(changes, [{ id: eventId, json: operatorEvent(own, eventId, name, details) }])
  }
  return await use(operatorOf(config, records, commit))
}

type Commit = (
  name: string,
  details: { readonly [name: string]: unknown },
  changes: readonly Change[],
) => Promise<void>

function operatorOf(config: Config, records: Records, commit: Commit): Operator {
  const parts = { records, clock: systemClock, random: systemRandom }
  return {
    createAccount: async (given) => {
      const id = given ?? (await freeAccountId(parts))
      await commit('CreateAccount', { accountId: id }, await createAccount(parts, id))
      const path = join(config.data, CREDENTIALS_FILE)
      await handOverRoot(parts, await needAccount(records, id), (key) =>
        addCredentials(path, { ...key, account: id }),
      )
      return id
    },
    accounts: async () =>
      (await listAccounts(records)).map(({ name: id, value }) => ({
        id,
        createdAt: value.createdAt,
        scps: scpsOf(value),
      })),
    scps: () => listScps(records),
    putScp: async (name, document) =>
      commit('PutServiceControlPolicy', { name, document }, await putScp(parts, name, document)),
    deleteScp: async (name) => commit('DeleteServiceControlPolicy', { name }, await deleteScp(records, name)),
    attachScp: async (name, accountId) =>
      commit('AttachServiceControlPolicy', { name, accountId }, await attachScp(records, name, accountId)),
    detachScp: async (name, accountId) =>
      commit('DetachServiceControlPolicy', { name, accountId }, await detachScp(records, name, accountId)),
    testEvents: () => commit('TestEvents', {}, []),
    redeliverEvents: async (eventId) => {
      const folder = await makeEventsFolder(config)
      return redeliver(
        {
          letters: { folder, claimLock: claimFileLock, sleep: systemSleep },
          records,
          now: () => systemClock.now(),
          commit: (eventIds, changes) => commit('RedeliverEvents', { eventIds }, changes),
        },
        eventId,
      )
    },
    quotas: (account) => listQuotas(records, account),
    setQuota: async (accountId, name, value) =>
      commit('SetQuota', { accountId, name, value }, await setQuota(records, accountId, name, value)),
  }
}
