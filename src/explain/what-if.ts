import { SERVICES } from '../api/services.ts'
import { isCopy } from '../audit-index/event-facts.ts'
import type { LookupQuestion } from '../audit-index/lookup.ts'
import type { Call, Permission } from '../dispatch/operation.ts'
import type { Key } from '../kms/keys/keys.ts'
import type { CompiledPolicy } from '../policy/compile.ts'
import type { Decision } from '../policy/decide.ts'
import { formatOutcome, formatReason } from '../policy/reason.ts'
import type { Records } from '../store/records.ts'
import { type ChangeGroup, Changes, Tallies, type Tally } from './changes.ts'
import { rebuildFor } from './concerns-others.ts'
import { questionOf, settle } from './examine.ts'
import { partlyRecorded } from './partly-recorded.ts'
import type { NotRebuilt, RebuildDependencies, RebuiltCall } from './rebuild.ts'
import { parseRecordedEvent, type RecordedEvent, resultOf } from './recorded-event.ts'

/** A proposed key policy, and the recorded calls to evaluate it for. */
export type WhatIfQuestion = {
  readonly key: Key
  readonly policy: CompiledPolicy
  /** Seconds since 1970; both ends are included. */
  readonly fromSecond: number
  readonly toSecond: number
  /** The account that the answer is for, which sees only its own calls; without it, the answer has all calls. */
  readonly onlyFor?: string | undefined
  /** Where to continue, and the maximum number of calls; all calls when left out. */
  readonly page?: { readonly from: WhatIfPlace | undefined; readonly callsMax: number }
}

/** The position of the next calls: in the log of an account in a region, after an event. */
export type WhatIfPlace = {
  readonly account: string
  readonly region: string
  readonly after: number | undefined
}

/** A policy to try, and the recorded calls to try it for. */
export type Trial = Omit<WhatIfQuestion, 'key' | 'policy'> & {
  /** The attribute that finds the calls; without it, all calls are looked at. */
  readonly attribute: LookupQuestion['attribute']
  /** Whether the account and region of a log can have such calls. */
  readonly covers: (scope: { readonly account: string; readonly region: string }) => boolean
  /** Whether a call can depend on the policy. */
  readonly concerns: (event: RecordedEvent) => boolean | Promise<boolean>
  /** A rebuilt call with the policy to try instead of the stored one. */
  readonly otherwise: (rebuilt: RebuiltCall, event: RecordedEvent) => Promise<Decidable | NotRebuilt>
}

/** A call, the permissions that it needs, and the records that decide it where they differ from the stored ones. */
type Decidable = Pick<RebuiltCall, 'call' | 'permissions'> & { readonly records?: Records }

/** The results of recorded calls on a key under another policy. */
export type WhatIf = {
  /** The number of recorded calls on the key. */
  readonly calls: number
  /** The number of these that could be decided again. */
  readonly decided: number
  /** The number of these whose decision by the current policies differs from the recorded one. */
  readonly movedOn: number
  readonly changes: readonly ChangeGroup[]
  /** The number of calls beyond the maximum number of groups. */
  readonly otherChanges: number
  /** Why calls could not be decided again. */
  readonly notDecided: readonly Tally[]
  /** Unknown facts of calls that were nevertheless decided. */
  readonly notExact: readonly Tally[]
  /** The position of the calls that were not read. */
  readonly next: WhatIfPlace | undefined
}

/** The number of events in a page. */
const PAGE_EVENTS = 256
/** Calls of the usage API name keys too, but no key policy decides them. */
const OWN_SOURCE = SERVICES.holdfast.eventSource
/** The maximum number of cached decisions; the cache is cleared when it is full. */
const REMEMBERED_MAX = 10_000

/**
 * Decides the recorded calls on a key twice, with its current policy and with another one. All other policies are
 * the current ones both times, so that only the key policy makes a difference.
 */
export function whatIf(dependencies: RebuildDependencies, question: WhatIfQuestion): Promise<WhatIf> {
  const { key, policy, ...wanted } = question
  return tryPolicy(dependencies, {
    ...wanted,
    attribute: { name: 'ResourceName', value: key.arn },
    covers: ({ account, region }) =>
      region === key.region && (wanted.onlyFor === undefined || account === wanted.onlyFor),
    concerns: () => true,
    otherwise: async ({ call, permissions }) => ({
      call,
      permissions: permissions.map((permission) =>
        permission.resource === key.arn ? { ...permission, policy } : permission,
      ),
    }),
  })
}

/** Decides recorded calls twice, with a stored policy and with another one. */
export async function tryPolicy(dependencies: RebuildDependencies, trial: Trial): Promise<WhatIf> {
  const replay = new Replay(dependencies, trial)
  const scopes = (await dependencies.events.scopes()).filter(trial.covers).sort(inOrder)
  let from = trial.page?.from
  for (const { account, region } of scopes) {
    if (from !== undefined && inOrder({ account, region }, from) < 0) continue
    const isSame = from !== undefined && inOrder({ account, region }, from) === 0
    from = await replay.take({ account, region, after: isSame ? from?.after : undefined })
    if (from !== undefined) return replay.result(from)
  }
  return replay.result(undefined)
}

type Scope = Pick<WhatIfPlace, 'account' | 'region'>

function inOrder(one: Scope, other: Scope): number {
  const [left, right] = [one, other].map(({ account, region }) => `${account} ${region}`)
  return (left ?? '') < (right ?? '') ? -1 : left === right ? 0 : 1
}

/** The result of one call. */
type Replayed =
  | { readonly because: string }
  | {
      readonly before: Verdict
      readonly after: Verdict
      readonly unknown: readonly string[]
      /** Whether the result depends on the time of the call, so that other calls cannot reuse it. */
      readonly timed: boolean
    }

type Verdict = { readonly allowed: boolean; readonly reason: string; readonly action: string }

class Replay {
  readonly #dependencies: RebuildDependencies
  readonly #trial: Trial
  readonly #remembered = new Map<string, Replayed>()
  readonly #changes = new Changes()
  readonly #notDecided = new Tallies()
  readonly #notExact = new Tallies()
  /** Events that were read, calls or not. */
  #read = 0
  #calls = 0
  #decided = 0
  #movedOn = 0

  constructor(dependencies: RebuildDependencies, trial: Trial) {
    this.#dependencies = dependencies
    this.#trial = trial
  }

  /** Processes calls of one account in a region, newest first, page by page. Returns where they continue. */
  async take({ account, region, after: from }: WhatIfPlace): Promise<WhatIfPlace | undefined> {
    const { attribute, fromSecond, toSecond, page: wanted } = this.#trial
    const place = { account, region, attribute, fromSecond, toSecond }
    let after = from
    do {
      const limit = Math.min(PAGE_EVENTS, (wanted?.callsMax ?? Number.POSITIVE_INFINITY) - this.#read)
      if (limit <= 0) return { account, region, after }
      const page = await this.#dependencies.events.lookup({ ...place, after, limit })
      this.#read += page.events.length
      for (const line of page.events) {
        await this.#dependencies.giveWay()
        await this.#takeOne(parseRecordedEvent(line))
      }
      after = page.next
    } while (after !== undefined)
    return undefined
  }

  result(next: WhatIfPlace | undefined): WhatIf {
    return {
      calls: this.#calls,
      decided: this.#decided,
      movedOn: this.#movedOn,
      changes: this.#changes.groups(),
      otherChanges: this.#changes.others,
      notDecided: this.#notDecided.list(),
      notExact: this.#notExact.list(),
      next,
    }
  }

  async #takeOne(event: RecordedEvent): Promise<void> {
    // The copy of a call of another account counts where the account is all that is looked at.
    if (event.eventType !== 'AwsApiCall' || event.eventSource === OWN_SOURCE) return
    if (isCopy(event) && this.#trial.onlyFor === undefined) return
    if (!(await this.#trial.concerns(event))) return
    this.#calls += 1
    const replayed = await this.#replay(event)
    if ('because' in replayed) {
      this.#notDecided.add(replayed.because, event.eventID)
      return
    }
    this.#decided += 1
    for (const what of replayed.unknown) this.#notExact.add(what, event.eventID)
    const { before, after } = replayed
    const result = resultOf(event)
    if (result !== 'failed' && (result === 'allowed') !== before.allowed) this.#movedOn += 1
    if (before.allowed === after.allowed) return
    this.#changes.add({
      becomes: after.allowed ? 'allowed' : 'refused',
      principal: event.userIdentity?.sessionContext?.sessionIssuer?.arn ?? event.userIdentity?.arn ?? '',
      action: (after.allowed ? before : after).action,
      reason: after.reason,
      event,
    })
  }

  async #replay(event: RecordedEvent): Promise<Replayed> {
    const name = likeness(event)
    const known = this.#remembered.get(name)
    if (known !== undefined) return known
    const replayed = await this.#decide(event)
    if ('timed' in replayed && replayed.timed) return replayed
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear()
    this.#remembered.set(name, replayed)
    return replayed
  }

  async #decide(event: RecordedEvent): Promise<Replayed> {
    const { onlyFor, otherwise } = this.#trial
    const rebuilt = await rebuildFor(this.#dependencies, event, onlyFor)
    if ('because' in rebuilt) return rebuilt
    const { call, permissions, unknown } = rebuilt
    const other = await otherwise(rebuilt, event)
    if ('because' in other) return other
    const asked = new Set<string>()
    // An account is not told what the control policies of its organization say.
    const format = onlyFor === undefined ? formatReason : formatOutcome
    const tracking = { ...this.#dependencies, asked, format }
    const before = await verdictOf(tracking, call, permissions)
    const { records = tracking.records } = other
    const after = await verdictOf({ ...tracking, records }, other.call, other.permissions)
    return {
      before,
      after,
      unknown: [...unknown, ...partlyRecorded(asked, event.eventName)],
      timed: TIMES.some((name) => asked.has(name)),
    }
  }
}

const TIMES = ['aws:currenttime', 'aws:epochtime', 'aws:tokenissuetime']

type DecidingDependencies = Pick<RebuildDependencies, 'records' | 'giveWay'> & {
  /** Collects the condition keys that policies ask for. */
  readonly asked: Set<string>
  readonly format: (decision: Decision) => string
}

/** The result of all permissions: the first denial is the answer. */
async function verdictOf(
  { records, giveWay, asked, format }: DecidingDependencies,
  call: Call,
  permissions: readonly Permission[],
): Promise<Verdict> {
  let last: { decision: Decision; action: string } | undefined
  for (const permission of permissions) {
    const question = await questionOf(records, call, permission)
    const { decision } = await settle(question, permission, giveWay)
    for (const name of question.asked.keys()) asked.add(name)
    last = { decision, action: permission.action }
    if (!decision.allow) break
  }
  if (last === undefined) return { allowed: true, reason: 'No permission is needed.', action: '' }
  return { allowed: last.decision.allow, reason: format(last.decision), action: last.action }
}

/** The cache key of a decision: calls with the same one get the same decision, time aside. */
function likeness(event: RecordedEvent): string {
  const { eventSource, eventName, awsRegion, userIdentity, sourceIPAddress, userAgent } = event
  const tls = event.tlsDetails !== undefined
  return JSON.stringify([
    ...[eventSource, eventName, awsRegion, userIdentity, sourceIPAddress, userAgent, tls],
    ...[event.requestParameters, event.resources],
  ])
}
