import { join } from 'node:path'
import { operatorEvent } from '../audit/events/own-events.ts'
import type { Log } from '../base/log.ts'
import { type Clock, type Random, systemClock, systemRandom, systemSleep } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { addCredentials, readCredentialsFile } from '../config/credentials-file.ts'
import type { Config } from '../config/settings.ts'
import { type NewLink, newLink } from '../console-server/console-links.ts'
import { handOverRoot } from '../iam/accounts/account.ts'
import { type ListedQuota, listQuotas, setQuota } from '../iam/accounts/account-quotas.ts'
import { createAccount, freeAccountId, listAccounts, needAccount } from '../iam/accounts/accounts.ts'
import { newRootKey, type OlderKeys } from '../iam/credentials/root-credentials.ts'
import { needRoleId, needUserId } from '../iam/entities/named-user.ts'
import {
  attachControl,
  deleteControl,
  detachControl,
  type ListedControl,
  listControls,
  putControl,
} from '../iam/organization/control-attachments.ts'
import { attachedTo, type ControlType } from '../iam/organization/control-policies.ts'
import {
  createOrganization,
  createUnit,
  deleteOrganization,
  deleteUnit,
  moveAccount,
  removeAccount,
  renameUnit,
  showOrganization,
} from '../iam/organization/organization.ts'
import type { OrganizationValue } from '../iam/organization/organization-record.ts'
import {
  type EndedConsoleAccess,
  endConsoleAccess,
  endRoleSessions,
} from '../iam/sessions/console-records.ts'
import { redeliver } from '../notifications/redeliver.ts'
import { claimFileLock } from '../store/file-lock.ts'
import type { Change, Records } from '../store/records.ts'
import { retryConflicts } from '../store/retry.ts'
import {
  CREDENTIALS_FILE,
  makeEventsFolder,
  oneAtATime,
  openDeployment,
  openNodeJournal,
} from './deployment.ts'

/** The operations of an operator beside the server; each change is recorded like a call. */
export type Operator = {
  /** Creates an account, writes its root credentials to the credentials file, and returns its ID. */
  readonly createAccount: (id: string | undefined) => Promise<string>
  /** Creates a root access key and writes it to the credentials file. */
  readonly createRootCredentials: (account: string, others: OlderKeys) => Promise<CreatedRootKey>
  /** Makes a link that signs in to the web console once: as a user, or as the root user. */
  readonly createConsoleLink: (account: string, userName: string | undefined) => Promise<NewLink>
  /** Ends the sessions of the console and the sign-in links of a user, or of the root user. */
  readonly endConsoleSessions: (account: string, userName: string | undefined) => Promise<EndedConsoleAccess>
  /** Ends the sessions of the console that people from identity providers have as a role. */
  readonly endRoleSessions: (account: string, roleName: string) => Promise<EndedConsoleAccess>
  readonly accounts: () => Promise<readonly ListedAccount[]>
  readonly controls: Readonly<Record<ControlType, ControlOperator>>
  readonly organization: OrganizationOperator
  /** Records a test event, which goes to every endpoint whose patterns match. */
  readonly testEvents: () => Promise<void>
  /** Puts dead letters of one event, or all, back into the queues; returns their number. */
  readonly redeliverEvents: (eventId: string | undefined) => Promise<number>
  readonly quotas: (account: string) => Promise<readonly ListedQuota[]>
  readonly setQuota: (account: string, name: string, value: string) => Promise<void>
}

/** A created root access key. */
type CreatedRootKey = {
  readonly accessKeyId: string
  /** The account's earlier access keys. */
  readonly older: readonly string[]
  /** The console sessions and links of the root user that ended. */
  readonly endedAccess: EndedConsoleAccess
  /** The profile in the credentials file. */
  readonly profile: string
}

/** An operator's operations on control policies of one type. A target is the ID of a root, unit or account. */
type ControlOperator = {
  readonly list: () => Promise<readonly ListedControl[]>
  readonly put: (name: string, document: string) => Promise<void>
  readonly delete: (name: string) => Promise<void>
  readonly attach: (name: string, target: string) => Promise<void>
  readonly detach: (name: string, target: string) => Promise<void>
}

/** An operator's operations on the organization. */
type OrganizationOperator = {
  readonly create: (management: string) => Promise<OrganizationValue>
  readonly show: () => Promise<{
    readonly value: OrganizationValue
    readonly accounts: readonly ListedAccount[]
  }>
  readonly delete: () => Promise<void>
  /** Returns the ID of the unit. */
  readonly createUnit: (name: string, parent: string | undefined) => Promise<string>
  readonly renameUnit: (unit: string, name: string) => Promise<void>
  readonly deleteUnit: (unit: string) => Promise<void>
  readonly move: (account: string, to: string) => Promise<void>
  readonly remove: (account: string) => Promise<void>
}

/** An account in a list. */
export type ListedAccount = {
  readonly id: string
  readonly createdAt: number
  readonly scps: readonly string[]
  readonly rcps: readonly string[]
  /** The parent root or unit. */
  readonly parent: string | undefined
}

function listed({ name: id, value }: Awaited<ReturnType<typeof needAccount>>): ListedAccount {
  const { createdAt, parent } = value
  return { id, createdAt, scps: attachedTo(value, 'scp'), rcps: attachedTo(value, 'rcp'), parent }
}

/**
 * Opens a data folder for one command.
 *
 * @param rootKey of a caller that has it open. @throws Error with a message for the operator.
 */
export async function asOperator<T>(
  config: Config,
  log: Log,
  use: (operator: Operator) => Promise<T>,
  rootKey?: Secret,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const deployment = await openDeployment(config, { rootKey })
  deployment.wrappingKey[Symbol.dispose]()
  const { records } = deployment
  stack.defer(() => records.close())
  const journal = await openNodeJournal(config, deployment, { log })
  stack.defer(() => journal.close())
  const own = { clock: systemClock, random: systemRandom, account: config.account }
  const record: RecordChange = async (name, { details, changes }) => {
    const eventId = systemRandom.uuid()
    await journal.commit(changes, [{ id: eventId, json: operatorEvent(own, eventId, name, details) }])
  }
  return await use(operatorOf(config, records, record))
}

/** The planned changes of a command, computed from the current records. */
type Plan = {
  readonly details: { readonly [name: string]: unknown }
  readonly changes: readonly Change[]
}

/** Commits changes together with their event. */
type RecordChange = (name: string, plan: Plan) => Promise<void>

/**
 * Commits a change and records it; plans it again from the records after a conflict. A plan without changes is
 * not recorded.
 */
type Commit = <P extends Plan>(name: string, plan: () => Promise<P>) => Promise<P>

function committer(records: Records, record: RecordChange): Commit {
  return (name, plan) =>
    retryConflicts(records, async () => {
      const planned = await plan()
      if (planned.changes.length > 0) await record(name, planned)
      return planned
    })
}

/** The same for a command that returns nothing and whose event is known in advance. */
function changer(commit: Commit) {
  return async (
    name: string,
    details: Plan['details'],
    plan: () => Promise<readonly Change[]>,
  ): Promise<void> => {
    await commit(name, async () => ({ details, changes: await plan() }))
  }
}

function operatorOf(config: Config, records: Records, record: RecordChange): Operator {
  const commit = committer(records, record)
  const change = changer(commit)
  const dependencies = { records, clock: systemClock, random: systemRandom }
  return {
    createAccount: async (given) => {
      const { id } = await commit('CreateAccount', async () => {
        const free = given ?? (await freeAccountId(dependencies))
        return { id: free, details: { accountId: free }, changes: await createAccount(dependencies, free) }
      })
      const path = join(config.data, CREDENTIALS_FILE)
      await oneAtATime(config, async () =>
        handOverRoot(dependencies, await needAccount(records, id), async (key) => {
          await addCredentials(path, { ...key, account: id })
        }),
      )
      return id
    },
    createRootCredentials: async (accountId, others) => {
      const path = join(config.data, CREDENTIALS_FILE)
      // Finds an unusable credentials file before anything changes.
      await readCredentialsFile(path)
      const { accessKeyId, older, endedAccess } = await commit('CreateRootCredentials', async () => {
        const made = await newRootKey(dependencies, accountId, others)
        const { accessKeyId: id, older: otherAccessKeyIds, endedAccess: ended } = made
        const counts = { endedConsoleSessions: ended.sessions, endedSignInLinks: ended.links }
        return { ...made, details: { accountId, accessKeyId: id, others, otherAccessKeyIds, ...counts } }
      })
      let profile = ''
      await oneAtATime(config, async () =>
        handOverRoot(dependencies, await needAccount(records, accountId), async (key) => {
          profile = await addCredentials(path, { ...key, account: accountId }, { replaces: older })
        }),
      )
      return { accessKeyId, older, endedAccess, profile }
    },
    createConsoleLink: (accountId, userName) =>
      commit('CreateConsoleSignInLink', async () => {
        const userId = userName === undefined ? undefined : await needUserId(records, accountId, userName)
        await needAccount(records, accountId)
        const link = await newLink(dependencies, { account: accountId, userId })
        const expiresAt = new Date(link.expiresAt).toISOString()
        return { ...link, details: { accountId, userName: userName ?? null, expiresAt } }
      }),
    endConsoleSessions: (accountId, userName) =>
      commit('EndConsoleSessions', async () => {
        await needAccount(records, accountId)
        const userId = userName === undefined ? undefined : await needUserId(records, accountId, userName)
        const ended = await endConsoleAccess(records, { account: accountId, userId })
        const { sessions, links } = ended
        return { ...ended, details: { accountId, userName: userName ?? null, sessions, links } }
      }),
    endRoleSessions: (accountId, roleName) =>
      commit('EndConsoleSessions', async () => {
        await needAccount(records, accountId)
        const roleId = await needRoleId(records, accountId, roleName)
        const ended = await endRoleSessions(records, { account: accountId, roleId })
        const { sessions, links } = ended
        return { ...ended, details: { accountId, roleName, sessions, links } }
      }),
    accounts: async () => (await listAccounts(records)).map(listed),
    controls: {
      scp: controlOperator('scp', dependencies, commit),
      rcp: controlOperator('rcp', dependencies, commit),
    },
    organization: organizationOperator(dependencies, commit),
    testEvents: () => record('TestEvents', { details: {}, changes: [] }),
    redeliverEvents: async (eventId) => {
      const folder = await makeEventsFolder(config)
      return redeliver(
        {
          letters: { folder, claimLock: claimFileLock, sleep: systemSleep },
          records,
          now: () => systemClock.now(),
          commit: (eventIds, plan) => change('RedeliverEvents', { eventIds }, plan),
        },
        eventId,
      )
    },
    quotas: (account) => listQuotas(records, account),
    setQuota: (accountId, name, value) =>
      change('SetQuota', { accountId, name, value }, () => setQuota(records, accountId, name, value)),
  }
}

type OperatorDependencies = { readonly records: Records; readonly clock: Clock; readonly random: Random }

/** The names of the types in events. */
const EVENT_NAMES: Readonly<Record<ControlType, string>> = {
  scp: 'ServiceControlPolicy',
  rcp: 'ResourceControlPolicy',
}

function controlOperator(
  type: ControlType,
  dependencies: OperatorDependencies,
  commit: Commit,
): ControlOperator {
  const { records } = dependencies
  const change = changer(commit)
  const event = EVENT_NAMES[type]
  const details = (name: string, target: string) =>
    /^[0-9]/.test(target) ? { name, accountId: target } : { name, targetId: target }
  return {
    list: () => listControls(records, type),
    put: (name, document) =>
      change(`Put${event}`, { name, document }, () => putControl(dependencies, type, name, document)),
    delete: (name) => change(`Delete${event}`, { name }, () => deleteControl(records, type, name)),
    attach: (name, target) =>
      change(`Attach${event}`, details(name, target), () => attachControl(records, { type, name, target })),
    detach: (name, target) =>
      change(`Detach${event}`, details(name, target), () => detachControl(records, { type, name, target })),
  }
}

function organizationOperator(dependencies: OperatorDependencies, commit: Commit): OrganizationOperator {
  const { records } = dependencies
  const change = changer(commit)
  return {
    create: async (management) => {
      const { value } = await commit('CreateOrganization', async () => {
        const made = await createOrganization(dependencies, management)
        const { id: organizationId, root: rootId } = made.value
        return { ...made, details: { organizationId, rootId, managementAccountId: management } }
      })
      return value
    },
    show: async () => {
      const { value, accounts } = await showOrganization(records)
      return { value, accounts: accounts.map(listed) }
    },
    delete: () => change('DeleteOrganization', {}, () => deleteOrganization(records)),
    createUnit: async (name, parentId) => {
      const { id } = await commit('CreateOrganizationalUnit', async () => {
        const made = await createUnit(dependencies, name, parentId)
        return { ...made, details: { name, parentId, organizationalUnitId: made.id } }
      })
      return id
    },
    renameUnit: (id, name) =>
      change('UpdateOrganizationalUnit', { organizationalUnitId: id, name }, () =>
        renameUnit(records, id, name),
      ),
    deleteUnit: (id) =>
      change('DeleteOrganizationalUnit', { organizationalUnitId: id }, () => deleteUnit(records, id)),
    move: (accountId, destinationParentId) =>
      change('MoveAccount', { accountId, destinationParentId }, () =>
        moveAccount(records, accountId, destinationParentId),
      ),
    remove: (accountId) =>
      change('RemoveAccountFromOrganization', { accountId }, () => removeAccount(records, accountId)),
  }
}
