/** For tests: KMS operations without a network, called by any principal, on a real record store. */

import type { Output } from '../../src/api/json.ts'
import { parseInput } from '../../src/api/validate.ts'
import { systemClock, systemRandom, systemTimers } from '../../src/base/ports.ts'
import { Secret } from '../../src/base/secret.ts'
import { neverGiveWay } from '../../src/base/slices.ts'
import { Custody } from '../../src/custody/custody.ts'
import { RotatingSecret } from '../../src/custody/deployment-keys.ts'
import { grantTokens } from '../../src/custody/grant-token.ts'
import type { Caller } from '../../src/dispatch/caller.ts'
import type { Call, Operation, Outcome } from '../../src/dispatch/operation.ts'
import { runOperation } from '../../src/dispatch/pipeline.ts'
import { RecordQueues } from '../../src/dispatch/record-queues.ts'
import { OpenedGrants } from '../../src/kms/grants/opened-grants.ts'
import { KeyCounter } from '../../src/kms/keys/key-count.ts'
import { wrappedKeys } from '../../src/kms/keys/wrapped-keys.ts'
import type { KmsDependencies, KmsOperation } from '../../src/kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import { NO_TOKENS } from '../../src/pkcs11/tokens.ts'
import type { Principal } from '../../src/policy/decide.ts'
import { openQuotas } from '../../src/quotas/quota-service.ts'
import { openRecords } from '../../src/store/cache.ts'
import type { Records } from '../../src/store/records.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { openXksClient } from '../../src/xks/client/client.ts'
import { REGION } from './kms.ts'
import { ROOT } from './policies.ts'
import { testFolder } from './test-folder.ts'
import { testKeys, testSealer } from './test-sealer.ts'
import { ANY_NUMBER } from './unbounded-calls.ts'

/** A service that tests call without a network. */
export type KmsBed = AsyncDisposable & {
  readonly dependencies: KmsDependencies
  /** The number of attempted commits, including those that conflicted. */
  readonly commits: { count: number }
  /** The kinds of records read since the last {@link KmsBed.forgetAsked}, in order. */
  readonly asked: string[]
  readonly forgetAsked: () => void
  /** ARNs of principals that do not exist. */
  readonly missing: Set<string>
  /** Quotas of every account that differ from the default, by name. */
  readonly limits: Record<string, number>
  /** Unique IDs of principals, by ARN. */
  readonly ids: Map<string, string>
  readonly call: (
    principal: Principal,
    operation: string,
    input: Output,
    more?: CallChange,
  ) => Promise<Output>
  /** Makes a call. Returns its result, with its event. */
  readonly outcome: (
    principal: Principal,
    operation: string,
    input: Output,
    more?: CallChange,
  ) => Promise<Outcome>
}

/** The properties of a call that differ from the default. */
type CallChange = {
  readonly region?: string
  readonly now?: number
  readonly keys?: Readonly<Record<string, string>>
}

/**
 * Opens a bed on an empty folder.
 * @param more operations in addition to those of KMS.
 */
export async function openKmsBed(
  more: readonly KmsOperation[] = [],
  tokens: KmsDependencies['tokens'] = NO_TOKENS,
): Promise<KmsBed> {
  const folder = testFolder()
  const asked: string[] = []
  const opened = await openRecords(openSqlite(folder.path), testSealer())
  const records = noting(opened, asked)
  const root = new Secret(systemRandom.bytes(32))
  const missing = new Set<string>()
  const ids = new Map<string, string>()
  const limits: Record<string, number> = {}
  const quotas = openQuotas({
    find: () => limits,
    clock: systemClock,
    processes: 1,
    isUrgent: () => false,
    thresholdReached: () => {},
  })
  const dependencies: KmsDependencies = {
    records,
    quotas,
    keyCounter: new KeyCounter(systemRandom),
    custody: new Custody({
      wrappingKey: new RotatingSecret([root]),
      wrappedKeys: wrappedKeys(records),
      random: systemRandom,
    }),
    random: systemRandom,
    giveWay: neverGiveWay,
    principalExists: async (arn) => !missing.has(arn),
    principalId: async (arn) => (missing.has(arn) ? undefined : ids.get(arn)),
    shownName: async (arn, id) => (missing.has(arn) || ids.get(arn) !== id ? id : arn),
    arnsOfIds: async (wanted) =>
      new Map([...ids].flatMap(([arn, id]) => (wanted.includes(id) ? [[id, arn]] : []))),
    grantTokens: grantTokens(testKeys(), systemRandom),
    openedGrants: new OpenedGrants(neverGiveWay),
    sm2Regions: new Set(),
    attestationRoots: [],
    lastUsage: async () => ({ last: undefined, current: true }),
    tokens,
    xks: openXksClient({
      ca: undefined,
      routes: new Map(),
      timeoutMs: 250,
      clock: systemClock,
      timers: systemTimers,
    }),
  }
  const operations = new Map(
    [...KMS_OPERATIONS, ...more].map((make) => make(dependencies)).map((made) => [made.name, made]),
  )
  const queues = new RecordQueues()
  const commits = { count: 0 }
  const outcome: KmsBed['outcome'] = (principal, name, input, change) => {
    const operation = operations.get(name)
    if (operation === undefined) throw new Error(`there is no ${name}`)
    return perform({ records, queues, commits }, operation, { principal, input, ...change })
  }
  return {
    dependencies,
    commits,
    asked,
    forgetAsked: () => void asked.splice(0),
    missing,
    limits,
    ids,
    outcome,
    call: async (...args) => (await outcome(...args)).output ?? {},
    [Symbol.asyncDispose]: async () => {
      await records.close()
      folder[Symbol.dispose]()
    },
  }
}

type Performing = Pick<KmsBed, 'commits'> & { readonly records: Records; readonly queues: RecordQueues }

async function perform(
  { records, queues, commits }: Performing,
  operation: Operation,
  {
    principal,
    input,
    region = REGION,
    now = 0,
    keys = {},
  }: CallChange & {
    readonly principal: Principal
    readonly input: Output
  },
): Promise<Outcome> {
  const call: Call = {
    requestId: systemRandom.uuid(),
    caller: callerOf(principal),
    region,
    input: parseInput(operation.members, JSON.parse(JSON.stringify(input))),
    now,
    context: (name) => keys[name],
    involve: () => {},
    redact: () => {},
    identify: () => {},
  }
  await records.refresh()
  return runOperation(operation, call, {
    renewed: async () => false,
    authenticatedAgain: async () => call,
    findPlace: () => ({}),
    inFlight: ANY_NUMBER,
    queues,
    giveWay: neverGiveWay,
    finish: async ({ changes = [] }) => {
      if (changes.length === 0) return
      commits.count += 1
      await records.commit(changes)
    },
  })
}

function callerOf(principal: Principal): Caller {
  const account = 'account' in principal ? principal.account : ''
  return {
    account,
    arn: principal.arn,
    accessKeyId: 'AKIA',
    principal,
    identityJson: '{}',
    keys: () => undefined,
    policies: () => ({ identity: [] }),
  }
}

function noting(records: Records, asked: string[]): Records {
  return {
    get: (kind, partition, name) => {
      asked.push(kind.name)
      return records.get(kind, partition, name)
    },
    peek: (kind, partition, name) => {
      asked.push(kind.name)
      return records.peek(kind, partition, name)
    },
    list: (kind, query) => {
      asked.push(`list ${kind.name}`)
      return records.list(kind, query)
    },
    getSummary: (summary, partition, name) => {
      asked.push(summary.kind.name)
      return records.getSummary(summary, partition, name)
    },
    listSummaries: (summary, query) => {
      asked.push(`list ${summary.kind.name}`)
      return records.listSummaries(summary, query)
    },
    mirror: (summary, partition) => records.mirror(summary, partition),
    markerAfter: (kind, partition, name) => records.markerAfter(kind, partition, name),
    commit: (changes) => records.commit(changes),
    refresh: () => records.refresh(),
    close: () => records.close(),
  }
}

/** Creates a key of an account with this policy. Returns its ID. */
export async function bedKey(
  bed: KmsBed,
  policy: object,
  input: Output = {},
  owner: Principal = ROOT,
): Promise<string> {
  const Policy = JSON.stringify(policy)
  const { KeyMetadata } = await bed.call(owner, 'CreateKey', {
    BypassPolicyLockoutSafetyCheck: true,
    Policy,
    ...input,
  })
  return String((KeyMetadata as { readonly KeyId: string }).KeyId)
}

/** The error code of a failed call; `undefined` for a successful one. */
export async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
}
