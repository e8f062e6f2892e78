import type { Answer } from '../connection.ts'
import { median } from '../measures.ts'
import type { Turns } from '../turn-probe.ts'
import type { CrowdedAccount } from './account.ts'
import { exchangeFrom, requestOf } from './calls.ts'
import type { Case } from './cases.ts'
import type { Probe } from './probe.ts'

/** What a case has shown by itself, in milliseconds of CPU time of the server's main thread. */
export type CaseTurns = {
  readonly status: number
  readonly answerBytes: number
  /** Nothing when the answer is what it has to be, else its beginning. */
  readonly wrong: string | undefined
  /** The longest turn of the event loop at the first call, and the median of those after it. */
  readonly coldTurnMs: number
  readonly warmTurnMs: number
  /** All turns of a call that did something, the median. */
  readonly busyMs: number
}

/** How often a case is called, the first time included, and how long at most. */
export type Repeats = { readonly calls: number; readonly forMs: number }

/** Lookups and the usage API are limited to two calls a second, each by itself. */
const LIMITED_PAUSE_MS = 600
const LIMITED: ReadonlySet<string> = new Set([
  ...['LookupEvents', 'GetUsage', 'GetKeyImpact', 'GetMaterialUsage', 'ExplainCall', 'ListRefusals'],
  ...['ListInsights', 'WhatIfPolicy', 'ListKeyAccess', 'CountEvents'],
])
const SHOWN_CHARS = 300

/** Waits where a call would be throttled otherwise. */
export async function untilAllowed({ operation, kind }: Case): Promise<void> {
  if (!LIMITED.has(operation) || (kind !== 'legal' && kind !== 'known')) return
  await new Promise((resolve) => setTimeout(resolve, LIMITED_PAUSE_MS))
}

/** Calls a case a few times, one call at a time. @param address of the loopback that the calls come from. */
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
    await untilAllowed(one)
    const sent = await one.prepare(account)
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

/** What is expected of an answer: success of a legal call, an error of its caller's of any other. */
function whatIsWrong({ kind }: Case, { status, bytes, bodyOffset }: Answer): string | undefined {
  const isLegal = kind === 'legal' || kind === 'known'
  if (isLegal ? status === 200 : status >= 400 && status < 500) return undefined
  return `${status} ${bytes.toString('utf8', bodyOffset, bodyOffset + SHOWN_CHARS)}`
}
