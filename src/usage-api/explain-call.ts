import { PARTITION } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { answer, boolean, list, text, type ValueOf } from '../api/shapes.ts'
import { isCopy } from '../audit-index/event-facts.ts'
import { ciphertextCauses } from '../explain/ciphertext-text.ts'
import { type ExplainedCall, explainCall as explainRecorded } from '../explain/explain-call.ts'
import { parseRecordedEvent, type RecordedEvent } from '../explain/recorded-event.ts'
import { SessionOrigins } from '../explain/session-origin.ts'
import { DECISION, type DecisionView, decisionAnswer } from './decision-answer.ts'
import { eventContext, eventResource } from './event-resource.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import type { UsageDependencies } from './usage-dependencies.ts'
import { type Invocation, type Missing, type Subject, usageOperation } from './usage-operation.ts'

/** Longer than every request and event id. */
const ID_MAX_CHARS = 64
/** The maximum number of calls in an answer: one for an id of a request; an id that a client chose can match several. */
const CALLS_MAX = 10

const INPUT = { Id: text({ min: 1, max: ID_MAX_CHARS }) }

const NOW = answer({
  Allowed: boolean(),
  Differs: text(),
  Permissions: list(DECISION),
  NotConsidered: list(text()),
})
const CALL = answer({
  EventId: text(),
  Result: text(),
  Reason: text(),
  Event: text(),
  PossibleCauses: list(text()),
  Now: NOW,
  NotDecided: text(),
})
const OUTPUT = { Calls: list(CALL), Current: boolean() }

type Found = {
  readonly events: readonly RecordedEvent[]
  readonly view: DecisionView
  readonly current: boolean
}

type ExplainInvocation = Invocation<typeof INPUT, Found>

/** Says why a recorded call was allowed or refused, and what the policies say of it as they are now. */
export const explainCall = usageOperation(
  { name: 'ExplainCall', input: INPUT, output: OUTPUT, find, findsByIndex: true },
  async ({ call, dependencies, subject }: ExplainInvocation) => {
    const { events, view, current } = subject
    const { explaining } = dependencies
    const rebuilding = { ...explaining, origins: new SessionOrigins(explaining.events, dependencies.giveWay) }
    const calls: ValueOf<typeof CALL>[] = []
    for (const event of events) {
      const onlyFor = view === 'own' ? call.caller.account : undefined
      calls.push(await callAnswer(await explainRecorded(rebuilding, event, onlyFor), view, dependencies))
    }
    return { output: { Calls: calls, Current: current } }
  },
)

/**
 * The calls that an id names, as far as the caller may know that they are there. A denial names the id as asked: it does
 * not tell whether there is such a call, nor the event id of a request.
 */
async function find({
  call,
  input,
  dependencies,
}: Omit<ExplainInvocation, 'subject'>): Promise<Subject<Found> | Missing> {
  const current = await dependencies.reach()
  const everything = await seesEveryAccount(dependencies, call.caller)
  const found = (await dependencies.explaining.events.find(input.Id)).map(parseRecordedEvent)
  const visible = found.filter(
    ({ recipientAccountId }) => everything || recipientAccountId === call.caller.account,
  )
  const own = visible.filter((event) => !isCopy(event))
  const events = (own.length === 0 ? visible : own).slice(0, CALLS_MAX)
  const [first, ...also] = events.map((event) => ({
    resource: eventResource(event),
    context: eventContext(event),
  }))
  const shown = `arn:${PARTITION}:holdfast:${call.region}:${call.caller.account}:event/${input.Id}`
  if (first === undefined) return { resource: shown, shown, missing: notFound(input.Id, current) }
  return { ...first, also, shown, subject: { events, view: everything ? 'everything' : 'own', current } }
}

function notFound(id: string, current: boolean): KmsError {
  const behind = current ? '' : ' in the index, which is behind the audit log. Try again'
  return new KmsError('NotFoundException', `No event or request has the ID '${id}'${behind}`)
}

async function callAnswer(
  { event, result, reason, now }: ExplainedCall,
  view: DecisionView,
  { giveWay }: UsageDependencies,
): Promise<ValueOf<typeof CALL>> {
  const recorded = {
    EventId: event.eventID,
    Result: result,
    Reason: reason,
    Event: JSON.stringify(event),
    PossibleCauses: ciphertextCauses(event),
  }
  if ('because' in now) return { ...recorded, NotDecided: now.because }
  const permissions: ValueOf<typeof DECISION>[] = []
  for (const examined of now.permissions) permissions.push(await decisionAnswer(examined, view, giveWay))
  const { allowed, differs, unknown } = now
  const decided = { Allowed: allowed, Differs: differs, Permissions: permissions, NotConsidered: unknown }
  return { ...recorded, Now: decided }
}
