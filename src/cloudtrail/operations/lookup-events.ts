import { KmsError } from '../../api/errors.ts'
import { integer, list, oneOf, optional, structure, text, timestamp, type ValueOf } from '../../api/shapes.ts'
import { isInsight } from '../../audit-index/event-facts.ts'
import { parseEvent } from '../../audit-index/event-record.ts'
import type { LookupQuestion } from '../../audit-index/lookup.ts'
import { LOOKUP_ATTRIBUTES, userNameOf } from '../../audit-index/terms.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { EVENT_ANSWER } from '../trail-answers.ts'
import { trailOperation } from '../trail-operation.ts'
import { TEXT } from '../trail-shapes.ts'

/** Source: AWS CloudTrail API Reference, "LookupEvents". */
const WINDOW_MS = 90 * 86_400_000
const RESULTS_MAX = 50

const INPUT = {
  LookupAttributes: optional(
    list(structure({ AttributeKey: oneOf(...LOOKUP_ATTRIBUTES), AttributeValue: TEXT }), { max: 100 }),
  ),
  StartTime: optional(timestamp()),
  EndTime: optional(timestamp()),
  EventCategory: optional(TEXT),
  MaxResults: optional(integer()),
  NextToken: optional(TEXT),
}

/**
 * Finds management events, or insights, of the last 90 days in one region, newest first.
 * Source: AWS CloudTrail API Reference, "LookupEvents".
 */
export const lookupEvents = trailOperation(
  {
    name: 'LookupEvents',
    readOnly: true,
    input: INPUT,
    output: { Events: list(EVENT_ANSWER), NextToken: text() },
  },
  async ({ call, input, dependencies }) => {
    const { requestId, caller, region, now } = call
    const [attribute, ...more] = input.LookupAttributes ?? []
    if (more.length > 0)
      throw new KmsError('InvalidLookupAttributesException', 'At most one lookup attribute is allowed.')
    const limit = checkResults(input.MaxResults)
    const { StartTime = 0, EndTime = now } = input
    if (StartTime > EndTime) throw new KmsError('InvalidTimeRangeException', 'StartTime is after EndTime.')
    const category = parseCategory(input.EventCategory)
    const question = {
      category,
      account: caller.account,
      region,
      attribute: attribute && { name: attribute.AttributeKey, value: attribute.AttributeValue },
      // A start that moves with the clock must not change the question that the token belongs to.
      fromSecond: Math.ceil(Math.max(StartTime, now - WINDOW_MS) / 1000),
      toSecond: Math.floor(EndTime / 1000),
      limit,
    }
    const { StartTime: from, EndTime: to } = input
    const asked = sha256Hex(JSON.stringify([category ?? null, region, attribute ?? null, from, to]))
    const after = parseToken(input.NextToken, asked)
    if (!dependencies.limiter.admit({ requestId, account: caller.account, region }))
      throw new KmsError('ThrottlingException', 'Rate exceeded')
    const { events, next } = await dependencies.lookup({ ...question, after } satisfies LookupQuestion)
    const output = {
      Events: events.map(eventOutput),
      NextToken: next === undefined ? undefined : formatToken(next, asked),
    }
    return { output }
  },
)

/** @throws InvalidEventCategoryException. */
function parseCategory(category: string | undefined): LookupQuestion['category'] {
  if (category === undefined || category === 'insight') return category
  throw new KmsError('InvalidEventCategoryException', `${category} is not an event category.`)
}

function checkResults(count = RESULTS_MAX): number {
  if (count >= 1 && count <= RESULTS_MAX) return count
  throw new KmsError('InvalidMaxResultsException', `MaxResults must be between 1 and ${RESULTS_MAX}.`)
}

const TOKEN = /^([1-9]\d{0,15})\.([0-9a-f]{64})$/

function formatToken(key: number, asked: string): string {
  return Buffer.from(`${key}.${asked}`).toString('base64url')
}

/** @throws InvalidNextTokenException for a text that is no token, or a token of another question. */
function parseToken(token: string | undefined, asked: string): number | undefined {
  if (token === undefined) return undefined
  const [, key, of] = TOKEN.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? []
  if (key !== undefined && of === asked) return Number(key)
  throw new KmsError(
    'InvalidNextTokenException',
    'The NextToken is not valid, or belongs to other parameters.',
  )
}

function eventOutput(text: string): ValueOf<typeof EVENT_ANSWER> {
  const event = parseEvent(text)
  return {
    EventId: event.eventID,
    EventName: event.insightDetails?.eventName ?? event.eventName,
    ReadOnly: isInsight(event) ? undefined : String(event.readOnly),
    AccessKeyId: event.userIdentity?.accessKeyId,
    EventTime: Date.parse(event.eventTime) / 1000,
    EventSource: event.insightDetails?.eventSource ?? event.eventSource,
    Username: userNameOf(event.userIdentity),
    Resources: (event.resources ?? []).map(({ ARN, type }) => ({ ResourceType: type, ResourceName: ARN })),
    CloudTrailEvent: text,
  }
}
