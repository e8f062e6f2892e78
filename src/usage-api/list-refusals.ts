import { PARTITION } from '../api/arn.ts'
import { answer, boolean, instant, integer, list, optional, text, type ValueOf } from '../api/shapes.ts'
import { principalOf } from '../audit-index/event-facts.ts'
import { utf8 } from '../base/bytes.ts'
import { parseRecordedEvent, type RecordedEvent, reasonOf, resourcesOf } from '../explain/recorded-event.ts'
import { ACCOUNT_ID, askedAccount } from './asked-account.ts'
import { checkRange, RANGE_INPUT, rangeOf } from './time-range.ts'
import type { UsageDependencies } from './usage-dependencies.ts'
import { type Invocation, type Subject, usageOperation } from './usage-operation.ts'
import { formatUsageToken, parseEventKey, parseUsageToken } from './usage-token.ts'

const DEFAULT_DAYS = 7
/** Refusals that one page groups. */
const REFUSALS_MAX = 1000
/** Events that are read at once. */
const READ_AT_ONCE = 200
/** Events that a group shows. */
const EXAMPLES_MAX = 3
/** Resources that tell groups apart. */
const RESOURCES_MAX = 2
const TOKEN_MAX_CHARS = 1024

const INPUT = {
  AccountId: optional(ACCOUNT_ID),
  PrincipalArn: optional(text({ min: 1, max: 2048 })),
  ...RANGE_INPUT,
  MaxResults: optional(integer({ min: 1, max: REFUSALS_MAX })),
  NextToken: optional(text({ min: 1, max: TOKEN_MAX_CHARS })),
}
const GROUP = answer({
  Reason: text(),
  Principal: text(),
  EventSource: text(),
  EventName: text(),
  Resources: list(text()),
  Calls: integer(),
  FirstTime: instant(),
  LastTime: instant(),
  EventIds: list(text()),
})
const OUTPUT = { Groups: list(GROUP), Current: boolean(), NextToken: text() }

type RefusalsInvocation = Invocation<typeof INPUT, string>

/** Refused calls of an account in a region, grouped by what they have in common, the latest first. */
export const listRefusals = usageOperation(
  { name: 'ListRefusals', input: INPUT, output: OUTPUT, find },
  async ({ call, input, dependencies, subject: account }: RefusalsInvocation) => {
    const { AccountId, PrincipalArn, StartTime, EndTime } = input
    const asked = utf8(JSON.stringify([call.region, AccountId, PrincipalArn, StartTime, EndTime]))
    const from = parseUsageToken(input.NextToken, asked)
    const range = checkRange(from?.range ?? rangeOf(input, call.now, DEFAULT_DAYS))
    const current = await dependencies.reach()
    const question = {
      account,
      region: call.region,
      refused: { principal: PrincipalArn },
      fromSecond: Math.ceil(range.fromMs / 1000),
      toSecond: Math.floor(range.toMs / 1000),
    }
    const limit = input.MaxResults ?? REFUSALS_MAX
    const after = from === undefined ? undefined : parseEventKey(from.after)
    const { groups, next } = await groupRefusals(dependencies, question, { after, limit })
    const output = {
      Groups: groups.map(groupAnswer),
      Current: current,
      NextToken: next === undefined ? undefined : formatUsageToken({ range, after: String(next) }, asked),
    }
    return { output }
  },
)

async function find(invocation: Omit<RefusalsInvocation, 'subject'>): Promise<Subject<string>> {
  const account = await askedAccount(invocation)
  const { call, input } = invocation
  return {
    resource: `arn:${PARTITION}:holdfast:${call.region}:${account}:event/*`,
    context: (key) => (key === 'holdfast:eventprincipalarn' ? input.PrincipalArn : undefined),
    subject: account,
  }
}

type Question = Omit<Parameters<UsageDependencies['explaining']['events']['lookup']>[0], 'after' | 'limit'>
type Group = { readonly example: RecordedEvent; readonly resources: readonly string[] } & {
  calls: number
  first: string
  last: string
  eventIds: string[]
}

/** Groups the refusals of one page, in the order of the latest of each. */
async function groupRefusals(
  { explaining, giveWay }: UsageDependencies,
  question: Question,
  { after: from, limit }: { readonly after: number | undefined; readonly limit: number },
): Promise<{ readonly groups: readonly Group[]; readonly next: number | undefined }> {
  const groups = new Map<string, Group>()
  let after = from
  for (let left = limit; left > 0; left -= READ_AT_ONCE) {
    const page = await explaining.events.lookup({ ...question, after, limit: Math.min(READ_AT_ONCE, left) })
    for (const line of page.events) {
      await giveWay()
      addTo(groups, parseRecordedEvent(line))
    }
    after = page.next
    if (after === undefined) break
  }
  return { groups: [...groups.values()], next: after }
}

function addTo(groups: Map<string, Group>, event: RecordedEvent): void {
  const { eventSource, eventName, eventTime, eventID } = event
  const resources = resourcesOf(event).slice(0, RESOURCES_MAX)
  const name = JSON.stringify([
    ...[reasonOf(event), principalOf(event.userIdentity), eventSource, eventName],
    resources,
  ])
  const group = groups.get(name) ?? {
    ...{ example: event, resources, calls: 0 },
    ...{ first: eventTime, last: eventTime, eventIds: [] },
  }
  groups.set(name, group)
  group.calls += 1
  if (eventTime < group.first) group.first = eventTime
  if (eventTime > group.last) group.last = eventTime
  if (group.eventIds.length < EXAMPLES_MAX) group.eventIds.push(eventID)
}

function groupAnswer({ example, resources, calls, first, last, eventIds }: Group): ValueOf<typeof GROUP> {
  return {
    Reason: reasonOf(example),
    Principal: principalOf(example.userIdentity),
    EventSource: example.eventSource,
    EventName: example.eventName,
    Resources: resources,
    Calls: calls,
    FirstTime: Date.parse(first) / 1000,
    LastTime: Date.parse(last) / 1000,
    EventIds: eventIds,
  }
}
