import { PARTITION } from '../api/arn.ts'
import {
  answer,
  anything,
  boolean,
  instant,
  integer,
  list,
  optional,
  text,
  type ValueOf,
} from '../api/shapes.ts'
import { parseInsight, type RecordedInsight } from '../audit-index/insight-record.ts'
import { utf8 } from '../base/bytes.ts'
import { type GiveWay, inSlices } from '../base/slices.ts'
import { ACCOUNT_ID, askedAccount } from './asked-account.ts'
import { withCapitals } from './capitals.ts'
import { checkRange, RANGE_INPUT, rangeOf } from './time-range.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'
import { formatUsageToken, parseEventKey, parseUsageToken } from './usage-token.ts'

const DEFAULT_DAYS = 30
const INSIGHTS_MAX = 100
const TOKEN_MAX_CHARS = 1024

const INPUT = {
  AccountId: optional(ACCOUNT_ID),
  ...RANGE_INPUT,
  MaxResults: optional(integer({ min: 1, max: INSIGHTS_MAX })),
  NextToken: optional(text({ min: 1, max: TOKEN_MAX_CHARS })),
}
const INSIGHT = answer({
  EventId: text(),
  SharedEventId: text(),
  Time: instant(),
  State: text(),
  Type: text(),
  EventSource: text(),
  EventName: text(),
  ErrorCode: text(),
  Subject: anything(),
  Event: text(),
})
const OUTPUT = { Insights: list(INSIGHT), Current: boolean(), NextToken: text() }

type InsightsInvocation = Invocation<typeof INPUT, string>

/** The unusual calls of an account in a region that were reported at the time, the latest first. */
export const listInsights = usageOperation(
  {
    ...{ name: 'ListInsights', input: INPUT, output: OUTPUT },
    find: async (invocation) => {
      const account = await askedAccount(invocation)
      return {
        resource: `arn:${PARTITION}:holdfast:${invocation.call.region}:${account}:insight/*`,
        subject: account,
      }
    },
  },
  async ({ call, input, dependencies, subject: account }: InsightsInvocation) => {
    const { region } = call
    const { AccountId, StartTime, EndTime } = input
    const asked = utf8(JSON.stringify(['insights', region, AccountId, StartTime, EndTime]))
    const from = parseUsageToken(input.NextToken, asked)
    const range = checkRange(from?.range ?? rangeOf(input, call.now, DEFAULT_DAYS))
    const current = await dependencies.reach()
    const page = await dependencies.explaining.events.lookup({
      ...{ account, region, category: 'insight' },
      fromSecond: Math.ceil(range.fromMs / 1000),
      toSecond: Math.floor(range.toMs / 1000),
      after: from && parseEventKey(from.after),
      limit: input.MaxResults ?? INSIGHTS_MAX,
    })
    const Insights: ValueOf<typeof INSIGHT>[] = []
    for (const line of page.events) Insights.push(await insightAnswer(line, dependencies.giveWay))
    const NextToken =
      page.next === undefined ? undefined : formatUsageToken({ range, after: String(page.next) }, asked)
    return { output: { Insights, Current: current, NextToken } }
  },
)

async function insightAnswer(line: string, giveWay: GiveWay): Promise<ValueOf<typeof INSIGHT>> {
  await giveWay()
  const { eventID, sharedEventID, eventTime, insightDetails }: RecordedInsight = parseInsight(line)
  const { state, insightType, eventSource, eventName, errorCode, insightSubject } = insightDetails
  return {
    ...{ EventId: eventID, SharedEventId: sharedEventID, Time: Date.parse(eventTime) / 1000 },
    ...{ State: state, Type: insightType, EventSource: eventSource, EventName: eventName },
    ErrorCode: errorCode,
    Subject: insightSubject && (await inSlices(withCapitals(insightSubject), giveWay)),
    Event: line,
  }
}
