import { answer, anything, boolean, integer, list, optional, text } from '../api/shapes.ts'
import { utf8 } from '../base/bytes.ts'
import { inSlices } from '../base/slices.ts'
import type { Tally } from '../explain/changes.ts'
import type { RebuildDependencies } from '../explain/rebuild.ts'
import { SessionOrigins } from '../explain/session-origin.ts'
import type { Trial, WhatIf, WhatIfPlace } from '../explain/what-if.ts'
import { withCapitals } from './capitals.ts'
import { checkRange, RANGE_INPUT, rangeOf } from './time-range.ts'
import type { UsageDependencies } from './usage-dependencies.ts'
import { formatUsageToken, invalidToken, parseEventKey, parseUsageToken } from './usage-token.ts'

/** A number of calls with some of their events. */
export const TALLY = answer({ What: text(), Calls: integer(), EventIds: list(text()) })

/** A tally as answers show it. */
export function tallyAnswer({ what, calls, eventIds }: Tally) {
  return { What: what, Calls: calls, EventIds: eventIds }
}

const DEFAULT_DAYS = 30
/** Calls that one page looks at. */
const CALLS_MAX = 1000
const TOKEN_MAX_CHARS = 1024

/** The time and the page that a call asks for. */
export const WHAT_IF_INPUT = {
  ...RANGE_INPUT,
  MaxResults: optional(integer({ min: 1, max: CALLS_MAX })),
  NextToken: optional(text({ min: 1, max: TOKEN_MAX_CHARS })),
}

/** A page of what another policy would have done to recorded calls. */
export const WHAT_IF_OUTPUT = {
  Calls: integer(),
  Decided: integer(),
  MovedOn: integer(),
  Changes: anything(),
  OtherChanges: integer(),
  NotDecided: list(TALLY),
  NotExact: list(TALLY),
  Current: boolean(),
  NextToken: text(),
}

type Asked = {
  readonly call: { readonly now: number }
  readonly input: {
    readonly StartTime?: number | undefined
    readonly EndTime?: number | undefined
    readonly MaxResults?: number | undefined
    readonly NextToken?: string | undefined
  }
  readonly dependencies: UsageDependencies
}

type Decide = (
  dependencies: RebuildDependencies,
  wanted: Pick<Trial, 'fromSecond' | 'toSecond' | 'page'>,
) => Promise<WhatIf>

/**
 * A page of what another policy would have done to recorded calls.
 *
 * @param about what the answer depends on beside the time: a token goes on with the same question only.
 * @throws ValidationException, InvalidNextTokenException.
 */
export async function answerWhatIf(
  { call, input, dependencies }: Asked,
  about: readonly string[],
  decide: Decide,
) {
  const { explaining, giveWay } = dependencies
  const asked = utf8(JSON.stringify([...about, input.StartTime, input.EndTime]))
  const from = parseUsageToken(input.NextToken, asked)
  const range = checkRange(from?.range ?? rangeOf(input, call.now, DEFAULT_DAYS))
  const current = await dependencies.reach()
  const tried = await decide(
    { ...explaining, origins: new SessionOrigins(explaining.events, giveWay) },
    {
      fromSecond: Math.ceil(range.fromMs / 1000),
      toSecond: Math.floor(range.toMs / 1000),
      page: { from: from && parsePlace(from.after), callsMax: input.MaxResults ?? CALLS_MAX },
    },
  )
  return {
    ...{ Calls: tried.calls, Decided: tried.decided, MovedOn: tried.movedOn },
    Changes: await inSlices(withCapitals(tried.changes), giveWay),
    OtherChanges: tried.otherChanges,
    NotDecided: tried.notDecided.map(tallyAnswer),
    NotExact: tried.notExact.map(tallyAnswer),
    Current: current,
    NextToken: tried.next && formatUsageToken({ range, after: formatPlace(tried.next) }, asked),
  }
}

const PLACE = /^(\d{12})\.([a-z0-9-]{1,32})\.(\d*)$/

function formatPlace({ account, region, after }: WhatIfPlace): string {
  return `${account}.${region}.${after ?? ''}`
}

/** @throws InvalidNextTokenException. */
function parsePlace(token: string): WhatIfPlace {
  const [, account, region, after = ''] = PLACE.exec(token) ?? []
  if (account === undefined || region === undefined) throw invalidToken()
  return { account, region, after: after === '' ? undefined : parseEventKey(after) }
}
