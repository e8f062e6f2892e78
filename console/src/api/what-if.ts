import type { Call } from './cli.ts'
import { ApiError, call, type OutputOf } from './client.ts'
import type { TriedPolicy } from './policy-targets.ts'

type Page = OutputOf<'WhatIfPolicy'> | OutputOf<'WhatIfIdentityPolicy'>
type Operation = TriedPolicy['name']

/** Calls that would end differently. */
export type ChangedCalls = {
  readonly Becomes: string
  readonly Principal: string
  readonly Action: string
  readonly Reason: string
  readonly Calls: number
  readonly Last: string
  readonly EventIds: readonly string[]
}

/** Why calls could not be decided again. */
type Tally = { readonly what: string; readonly calls: number }

/** What another policy would have done, as far as the calls were looked at. */
export type WhatIf = {
  readonly calls: number
  readonly decided: number
  readonly locksOut: boolean
  readonly changes: readonly ChangedCalls[]
  readonly otherChanges: number
  readonly notDecided: readonly Tally[]
  readonly isComplete: boolean
}

const NOTHING: WhatIf = {
  ...{ calls: 0, decided: 0, locksOut: false, changes: [], otherChanges: 0 },
  ...{ notDecided: [], isComplete: false },
}

/**
 * Decides recorded calls again by another text of a policy, page by page, until all are looked at.
 *
 * @param onProgress gets the result so far.
 */
export async function whatIfPolicy(
  tried: TriedPolicy,
  policy: string,
  signal: AbortSignal,
  onProgress: (result: WhatIf) => void,
): Promise<void> {
  let result = NOTHING
  let next: string | undefined
  do {
    const after = next
    const page = await patiently(() => ask(tried, policy, after), signal)
    next = page.NextToken
    result = joined(result, page, next === undefined)
    if (signal.aborted) return
    onProgress(result)
  } while (next !== undefined)
}

function ask(tried: TriedPolicy, policy: string, NextToken: string | undefined): Promise<Page> {
  const made = whatIfCall(tried, policy)
  switch (made.name) {
    case 'WhatIfPolicy':
      return call(made.name, { ...made.input, NextToken })
    case 'WhatIfIdentityPolicy':
      return call(made.name, { ...made.input, NextToken })
    case 'WhatIfTrustPolicy':
      return call(made.name, { ...made.input, NextToken })
    case 'WhatIfControlPolicy':
      return call(made.name, { ...made.input, NextToken })
  }
}

/** The call that decides recorded calls again. */
export function whatIfCall(tried: TriedPolicy, policy: string): Extract<Call, { name: Operation }> {
  switch (tried.name) {
    case 'WhatIfPolicy':
      return { name: tried.name, input: { ...tried.input, Policy: policy } }
    case 'WhatIfIdentityPolicy':
      return { name: tried.name, input: { ...tried.input, PolicyDocument: policy } }
    case 'WhatIfTrustPolicy':
      return { name: tried.name, input: { ...tried.input, PolicyDocument: policy } }
    case 'WhatIfControlPolicy':
      return { name: tried.name, input: { ...tried.input, Content: policy } }
  }
}

/** Time until a call is made again that came too soon. Source: docs/reference/usage.md, two calls a second. */
const PAUSE_MS = 700
const ATTEMPTS_MAX = 20

/** Makes a call again as often as the rate limit wants it. @throws ApiError. */
export async function patiently<T>(run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run()
    } catch (error) {
      const isEarly = error instanceof ApiError && error.code === 'ThrottlingException'
      if (!isEarly || attempt >= ATTEMPTS_MAX || signal?.aborted === true) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

function joined(before: WhatIf, page: Page, isComplete: boolean): WhatIf {
  return {
    calls: before.calls + (page.Calls ?? 0),
    decided: before.decided + (page.Decided ?? 0),
    locksOut: 'LocksOut' in page && page.LocksOut === true,
    changes: sumBy(
      [...before.changes, ...parseChanges(page.Changes)],
      ({ Becomes, Principal, Action, Reason }) => JSON.stringify([Becomes, Principal, Action, Reason]),
      (one, other) => ({ ...one, Calls: one.Calls + other.Calls }),
    ),
    otherChanges: before.otherChanges + (page.OtherChanges ?? 0),
    notDecided: sumBy(
      [
        ...before.notDecided,
        ...(page.NotDecided ?? []).map(({ What = '', Calls = 0 }) => ({ what: What, calls: Calls })),
      ],
      ({ what }) => what,
      (one, other) => ({ ...one, calls: one.calls + other.calls }),
    ),
    isComplete,
  }
}

function sumBy<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  add: (one: T, other: T) => T,
): readonly T[] {
  const sums = new Map<string, T>()
  for (const item of items) {
    const name = nameOf(item)
    const before = sums.get(name)
    sums.set(name, before === undefined ? item : add(before, item))
  }
  return [...sums.values()]
}

/** The server has made them. Source: docs/reference/explain.md, "WhatIfPolicy". */
function parseChanges(value: unknown): readonly ChangedCalls[] {
  return (value ?? []) as readonly ChangedCalls[]
}
