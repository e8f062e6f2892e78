import type { Answer } from '../connection.ts'
import { median } from '../measures.ts'
import type { Turns } from '../turn-probe.ts'
import type { CrowdedAccount } from './account.ts'
import { exchangeFrom, requestOf } from './calls.ts'
import type { Case } from './cases.ts'
import type { Probe } from './probe.ts'

/** The result of a case without other load, in milliseconds of the server's main-thread CPU time. */
export type CaseTurns = {
  readonly status: number
  readonly answerBytes: number
  /** `undefined` if the response is correct, otherwise its beginning. */
  readonly wrong: string | undefined
  /** The longest event-loop turn of the first call, and the median of the later calls. */
  readonly coldTurnMs: number
  readonly warmTurnMs: number
  /** The total of all busy turns of a call: the median over the calls. */
  readonly busyMs: number
}

/** The maximum number of calls of a case, the first included, and their maximum total time. */
export type Repeats = { readonly calls: number; readonly forMs: number }

/** The rate limit of lookups and of the usage API is two calls per second each. */
const LIMITED_PAUSE_MS = 600
const LIMITED: ReadonlySet<string> = new Set([
  ...['LookupEvents', 'GetUsage', 'GetKeyImpact', 'GetMaterialUsage', 'ExplainCall', 'ListRefusals'],
  ...['ListInsights', 'WhatIfPolicy', 'WhatIfIdentityPolicy', 'ListKeyAccess', 'CountEvents'],
  ...['WhatIfTrustPolicy', 'WhatIfControlPolicy'],
  // Their preparation uses up the rate of light calls.
  ...['CreateOrganizationalUnit', 'UpdateOrganizationalUnit', 'DeleteOrganizationalUnit', 'MoveAccount'],
  ...[
    'AttachControlPolicy',
    'DetachControlPolicy',
    'DeleteControlPolicy',
    'ListReports',
    'GetReport',
    'StartReport',
  ],
])
const SHOWN_CHARS = 300

/** Waits if the server would throttle the next call. */
export async function untilAllowed({ operation, kind }: Case): Promise<void> {
  if (!LIMITED.has(operation) || (kind !== 'legal' && kind !== 'known')) return
  await new Promise((resolve) => setTimeout(resolve, LIMITED_PAUSE_MS))
}

/**
 * Repeats a case's call a few times, one call at a time.
 * @param address the loopback address of the caller.
 */
export async function measureTurns(
  one: Case,
  account: CrowdedAccount,
  probe: Probe,
  { address, calls, forMs }: Repeats & { readonly address: string },
): Promise<CaseTurns> {
  const found: Turns[] = []
  let answer: Answer | undefined
  let wrong: string | undefined
  const beganAtMs = performance.now()
  while (found.length < calls && (found.length < 2 || performance.now() - beganAtMs < forMs)) {
    const sent = await one.prepare(account)
    await untilAllowed(one)
    const request = requestOf(sent, account.endpoint)
    await probe.begin()
    answer = await exchangeFrom(address, account.endpoint, request)
    found.push(await probe.end())
    wrong ??= whatIsWrong(one, answer)
    await one.after?.(account, sent)
    if (calls === 1) break
  }
  const [first, ...rest] = found
  const later = rest.length === 0 ? found : rest
  return {
    status: answer?.status ?? 0,
    answerBytes: answer === undefined ? 0 : answer.bytes.length - answer.bodyOffset,
    wrong,
    coldTurnMs: first?.longestMs ?? 0,
    warmTurnMs: median(later.map(({ longestMs }) => longestMs)),
    busyMs: median(later.map(({ busyMs }) => busyMs)),
  }
}

/** Describes an unexpected response. A legal call must succeed; any other must fail with a client error. */
function whatIsWrong({ kind }: Case, { status, bytes, bodyOffset }: Answer): string | undefined {
  const isLegal = kind === 'legal' || kind === 'known'
  if (isLegal ? status === 200 : status >= 400 && status < 500) return undefined
  return `${status} ${bytes.toString('utf8', bodyOffset, bodyOffset + SHOWN_CHARS)}`
}
