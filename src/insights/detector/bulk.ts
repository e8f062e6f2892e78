import { putRecent } from './bounded.ts'
import type { EventFact } from './fact.ts'
import { baselineMinutes, hasBaseline, hasLearned, type Judge, report } from './judge.ts'
import { accountScope, memberScope } from './known.ts'

/** The maximum number of principals; beyond it, the one with the oldest last call is removed. */
export const DECRYPTERS_MAX = 2048
/** The maximum number of distinct contexts and keys in ten minutes. */
export const CONTEXTS_MAX = 256
const KEYS_MAX = 64
const WINDOW_SECONDS = 600
const WINDOW_MINUTES = 10
const DAY_WINDOWS = 144
/** Seven days, and today. */
const DAYS = 8
/** The columns of a day: its largest calls, contexts and keys, then all its calls. */
const COLUMNS = 4
const SUM = 3
/** The factor on the thresholds for an unknown principal. */
const NEWCOMER = 3
/** The maximum duration of bulk decryption; after it, its level is normal. */
const LONGEST_WINDOWS = 144
/** Insights that are further apart belong to different incidents. */
const APART_WINDOWS = 72
/** A week, and an hour. */
const WEEK_WINDOWS = 1014
const KMS = 'kms.amazonaws.com'

/** The decryptions of a principal. Windows are ten minutes long, numbered since 1970. */
type Decrypter = {
  readonly account: string
  readonly region: string
  readonly principal: string
  window: number
  calls: number
  readonly contexts: Set<string>
  readonly keys: Set<string>
  newestDay: number
  readonly days: Uint32Array
  active: ActiveBulk | undefined
  /** The largest window of the last insight, and its number. */
  last: { readonly window: number; readonly most: Amount } | undefined
}

type ActiveBulk = {
  readonly beganAt: number
  lastWindow: number
  total: number
  most: Amount
  readonly limits: Amount
  readonly baseline: number
  readonly baselineMinutes: number
}

/** The counts of a window. */
type Amount = { readonly calls: number; readonly contexts: number; readonly keys: number }

/** The decryptions of all principals. */
export type BulkState = { readonly decrypters: Map<string, Decrypter>; readonly active: Set<string> }

/** An empty state. */
export function noBulk(): BulkState {
  return { decrypters: new Map(), active: new Set() }
}

/** Counts a successful Decrypt, and reports as soon as there are too many. */
export function judgeDecrypt(state: BulkState, judge: Judge, fact: EventFact): void {
  const { source, operation, principal, isUse, second } = fact
  if (source !== KMS || operation !== 'Decrypt' || !isUse || principal === '') return
  const name = memberScope(fact, principal)
  const window = Math.floor(second / WINDOW_SECONDS)
  const one = state.decrypters.get(name) ?? newDecrypter(fact, window)
  const forgotten = putRecent(state.decrypters, name, one, DECRYPTERS_MAX)
  if (forgotten !== undefined) state.active.delete(forgotten)
  if (window > one.window) roll(state, judge, { name, one, window })
  one.calls += 1
  if (one.contexts.size < CONTEXTS_MAX) one.contexts.add(fact.context)
  for (const key of fact.keys) if (one.keys.size < KEYS_MAX) one.keys.add(key)
  if (one.active === undefined) begin(state, judge, { name, one, second })
}

/** Closes the windows that ended before a time. */
export function closeWindows(state: BulkState, judge: Judge, second: number): void {
  const window = Math.floor(second / WINDOW_SECONDS)
  for (const name of [...state.active].sort()) {
    const one = state.decrypters.get(name)
    if (one !== undefined && window > one.window) roll(state, judge, { name, one, window })
  }
}

type Rolled = { readonly name: string; readonly one: Decrypter; readonly window: number }

/** Moves on to another window. */
function roll(state: BulkState, judge: Judge, { name, one, window }: Rolled): void {
  const { active } = one
  const now = amountOf(one)
  if (active !== undefined && isBeyond(now, active.limits)) {
    active.lastWindow = one.window
    active.total += one.calls
    active.most = join(active.most, now, Math.max)
  } else {
    addWindow(one, now)
  }
  if (active !== undefined) {
    const isLong = active.lastWindow - active.beganAt / WINDOW_SECONDS >= LONGEST_WINDOWS
    if (isLong || window > active.lastWindow + 1) end(state, judge, { name, one, active, isLong })
  }
  one.window = window
  one.calls = 0
  one.contexts.clear()
  one.keys.clear()
}

type Ended = {
  readonly name: string
  readonly one: Decrypter
  readonly active: ActiveBulk
  readonly isLong: boolean
}

function end(state: BulkState, judge: Judge, { name, one, active, isLong }: Ended): void {
  const { last } = one
  const { beganAt, lastWindow, most } = active
  tell(judge, one, active, 'End')
  const apart = beganAt / WINDOW_SECONDS - (last?.window ?? 0)
  // A repetition within a week, on another day, is normal up to the lower of both amounts.
  const isAgain = apart >= APART_WINDOWS && apart <= WEEK_WINDOWS
  if (isLong) raiseDay(one, most)
  else if (last !== undefined && isAgain) raiseDay(one, join(last.most, most, Math.min))
  one.last = { window: lastWindow, most }
  one.active = undefined
  state.active.delete(name)
}

function begin(
  state: BulkState,
  judge: Judge,
  { name, one, second }: { readonly name: string; readonly one: Decrypter; readonly second: number },
): void {
  const { rules } = judge
  const many = one.calls >= rules.bulkCallsMin
  if (!many && one.contexts.size < rules.bulkContextsMin && one.keys.size < rules.bulkKeysMin) return
  if (!hasBaseline(judge, accountScope(one), second)) return
  const limits = limitsOf(judge, one, name)
  if (!isBeyond(amountOf(one), limits)) return
  const minutes = baselineMinutes(judge, name, one.window * WINDOW_SECONDS)
  const baseline = columnOf(one, SUM).reduce((sum, calls) => sum + calls, 0) / minutes
  const beganAt = one.window * WINDOW_SECONDS
  const most = amountOf(one)
  one.active = { beganAt, lastWindow: one.window, total: 0, most, limits, baseline, baselineMinutes: minutes }
  state.active.add(name)
  tell(judge, one, one.active, 'Start')
}

function amountOf({ calls, contexts, keys }: Decrypter): Amount {
  return { calls, contexts: contexts.size, keys: keys.size }
}

function isBeyond({ calls, contexts, keys }: Amount, limits: Amount): boolean {
  return calls >= limits.calls || contexts >= limits.contexts || keys >= limits.keys
}

function join(a: Amount, b: Amount, by: (x: number, y: number) => number): Amount {
  return { calls: by(a.calls, b.calls), contexts: by(a.contexts, b.contexts), keys: by(a.keys, b.keys) }
}

function limitsOf(judge: Judge, one: Decrypter, name: string): Amount {
  const { rules } = judge
  const isNew = !hasLearned(judge, name, one.window * WINDOW_SECONDS)
  forgetDays(one, Math.floor(one.window / DAY_WINDOWS))
  const limit = (min: number, column: number): number =>
    Math.max(min * (isNew ? NEWCOMER : 1), Math.max(...columnOf(one, column)) * rules.bulkFactor)
  return {
    calls: limit(rules.bulkCallsMin, 0),
    contexts: limit(rules.bulkContextsMin, 1),
    keys: limit(rules.bulkKeysMin, 2),
  }
}

function tell(judge: Judge, one: Decrypter, active: ActiveBulk, state: 'Start' | 'End'): void {
  const { account, region, principal } = one
  const end = (active.lastWindow + 1) * WINDOW_SECONDS
  const minutes =
    state === 'Start' ? WINDOW_MINUTES : (end - active.beganAt) / (WINDOW_SECONDS / WINDOW_MINUTES)
  const calls = state === 'Start' ? one.calls : active.total
  report(judge, {
    type: 'BulkDecryptInsight',
    state,
    account,
    region,
    second: state === 'Start' ? active.beganAt : end,
    beganAt: active.beganAt,
    source: KMS,
    operation: 'Decrypt',
    subject: { principal },
    baseline: active.baseline,
    insight: calls / minutes,
    insightMinutes: minutes,
    baselineMinutes: active.baselineMinutes,
    attributions: [
      {
        attribute: 'userIdentityArn',
        insight: [{ value: principal, average: calls / minutes }],
        baseline: [],
      },
    ],
  })
}

function newDecrypter({ account, region, principal }: EventFact, window: number): Decrypter {
  return {
    account,
    region,
    principal,
    window,
    calls: 0,
    contexts: new Set(),
    keys: new Set(),
    newestDay: Math.floor(window / DAY_WINDOWS),
    days: new Uint32Array(DAYS * COLUMNS),
    active: undefined,
    last: undefined,
  }
}

/** Removes the days that are too old on a day. */
function forgetDays(one: Decrypter, day: number): void {
  for (let next = Math.max(one.newestDay + 1, day - DAYS + 1); next <= day; next += 1) {
    one.days.fill(0, cell(next, 0), cell(next, COLUMNS))
  }
  one.newestDay = Math.max(one.newestDay, day)
}

/** Adds the window to its day. */
function addWindow(one: Decrypter, amount: Amount): void {
  raiseDay(one, amount)
  const sum = cell(one.newestDay, SUM)
  one.days[sum] = (one.days[sum] ?? 0) + amount.calls
}

/** Raises the normal of the window's day to an amount. */
function raiseDay(one: Decrypter, { calls, contexts, keys }: Amount): void {
  const day = Math.floor(one.window / DAY_WINDOWS)
  forgetDays(one, day)
  for (const [column, value] of [calls, contexts, keys].entries()) {
    one.days[cell(day, column)] = Math.max(one.days[cell(day, column)] ?? 0, value)
  }
}

function columnOf({ days }: Decrypter, column: number): readonly number[] {
  return Array.from({ length: DAYS }, (_, day) => days[cell(day, column)] ?? 0)
}

function cell(day: number, column: number): number {
  return (day % DAYS) * COLUMNS + column
}
