import { accountRootArn, PARTITION } from '../api/arn.ts'
import { anything, boolean, integer, list, optional, text } from '../api/shapes.ts'
import { utf8 } from '../base/bytes.ts'
import { inSlices } from '../base/slices.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { findNamedKey, noSuchKey, parseProposal } from '../explain/proposal.ts'
import { SessionOrigins } from '../explain/session-origin.ts'
import { type WhatIfPlace, whatIf } from '../explain/what-if.ts'
import { POLICY_TEXT } from '../kms/keys/key-policy.ts'
import type { Key } from '../kms/keys/keys.ts'
import { withCapitals } from './capitals.ts'
import { askedKeyArn } from './own-key.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import { isOfOther, simulated } from './simulated.ts'
import { checkRange, RANGE_INPUT, rangeOf } from './time-range.ts'
import { type Invocation, type Missing, type Subject, usageOperation } from './usage-operation.ts'
import { formatUsageToken, invalidToken, parseEventKey, parseUsageToken } from './usage-token.ts'
import { TALLY, tallyAnswer } from './what-if-answer.ts'

const DEFAULT_DAYS = 30
/** Calls that one page decides again. */
const CALLS_MAX = 1000
const TOKEN_MAX_CHARS = 1024

const INPUT = {
  KeyId: text({ min: 1, max: 2048 }),
  Policy: POLICY_TEXT,
  PrincipalArn: optional(text({ min: 1, max: 2048 })),
  ...RANGE_INPUT,
  MaxResults: optional(integer({ min: 1, max: CALLS_MAX })),
  NextToken: optional(text({ min: 1, max: TOKEN_MAX_CHARS })),
}
const OUTPUT = {
  KeyArn: text(),
  LocksOut: boolean(),
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

/** The key, and the account whose calls the answer shows; without an account, it shows the calls of all accounts. */
type Tried = { readonly key: Key; readonly onlyFor: string | undefined }
type WhatIfInvocation = Invocation<typeof INPUT, Tried>

/** Says what another key policy would have done to the recorded calls on a key. */
export const whatIfPolicy = usageOperation(
  { name: 'WhatIfPolicy', input: INPUT, output: OUTPUT, find },
  async ({ call, input, dependencies, subject: { key, onlyFor } }: WhatIfInvocation) => {
    const { explaining, giveWay } = dependencies
    const { Policy, PrincipalArn: principal = accountRootArn(key.account), StartTime, EndTime } = input
    const asked = utf8(JSON.stringify([key.arn, sha256Hex(utf8(Policy)), principal, StartTime, EndTime]))
    const from = parseUsageToken(input.NextToken, asked)
    const range = checkRange(from?.range ?? rangeOf(input, call.now, DEFAULT_DAYS))
    const current = await dependencies.reach()
    const { policy, locksOut } = await simulated(() =>
      parseProposal(explaining, { key, text: Policy, principal, onlyFor }),
    )
    const tried = await whatIf(
      { ...explaining, origins: new SessionOrigins(explaining.events, giveWay) },
      {
        ...{ key, policy, onlyFor },
        fromSecond: Math.ceil(range.fromMs / 1000),
        toSecond: Math.floor(range.toMs / 1000),
        page: { from: from && parsePlace(key.region, from.after), callsMax: input.MaxResults ?? CALLS_MAX },
      },
    )
    const output = {
      ...{ KeyArn: key.arn, LocksOut: locksOut, Calls: tried.calls, Decided: tried.decided },
      MovedOn: tried.movedOn,
      Changes: await inSlices(withCapitals(tried.changes), giveWay),
      OtherChanges: tried.otherChanges,
      NotDecided: tried.notDecided.map(tallyAnswer),
      NotExact: tried.notExact.map(tallyAnswer),
      Current: current,
      NextToken: tried.next && formatUsageToken({ range, after: formatPlace(tried.next) }, asked),
    }
    return { output }
  },
)

/** @throws InvalidArnException. */
async function find({
  call,
  input,
  dependencies,
}: Omit<WhatIfInvocation, 'subject'>): Promise<Subject<Tried> | Missing> {
  const { caller, region } = call
  const { account } = caller
  const { KeyId, PrincipalArn = '' } = input
  const shown = askedKeyArn(KeyId, { account, region })
  const everything = await seesEveryAccount(dependencies, caller)
  const isOther = !everything && [KeyId, PrincipalArn].some((name) => isOfOther(name, account))
  const key = isOther ? undefined : await findNamedKey(dependencies.explaining, KeyId, { account, region })
  if (key === undefined) return { resource: shown, shown, missing: noSuchKey(KeyId) }
  call.involve({ account: key.account, arn: key.arn })
  const resource = `arn:${PARTITION}:holdfast:${key.region}:${key.account}:key/${key.keyId}`
  return { resource, shown, subject: { key, onlyFor: everything ? undefined : account } }
}

const PLACE = /^(\d{12})\.(\d*)$/

function formatPlace({ account, after }: WhatIfPlace): string {
  return `${account}.${after ?? ''}`
}

/** @throws InvalidNextTokenException. */
function parsePlace(region: string, text: string): WhatIfPlace {
  const [, account, after = ''] = PLACE.exec(text) ?? []
  if (account === undefined) throw invalidToken()
  return { account, region, after: after === '' ? undefined : parseEventKey(after) }
}
