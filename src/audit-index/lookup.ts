import { join } from 'node:path'
import { isMissing } from '../audit/archive/segment-files.ts'
import type { AuditFiles, ReadFile } from '../audit/log/files.ts'
import { EVENT_START, segmentName } from '../audit/log/segment.ts'
import { fromUtf8 } from '../base/bytes.ts'
import type { CountQuestion, EventIndex, EventPlace, FoundEvent } from '../store/index-port.ts'
import { idPrefixOf, isInsight, principalOf } from './event-facts.ts'
import { type EventRecord, parseEvent } from './event-record.ts'
import {
  attributeTerm,
  insightScopeTerm,
  isRefusal,
  type LookupAttribute,
  refusalTerm,
  scopeTerm,
} from './terms.ts'

/** A query for the events of an account in one region, newest first. */
export type LookupQuestion = {
  readonly account: string
  readonly region: string
  /** The category; absent: calls and service events. */
  readonly category?: 'insight' | undefined
  /** Only calls that policies refused: of all principals, or of one, as usage counts them. */
  readonly refused?: { readonly principal: string | undefined } | undefined
  readonly attribute?: { readonly name: LookupAttribute; readonly value: string } | undefined
  /** Seconds since 1970; both ends are included. */
  readonly fromSecond: number
  readonly toSecond: number
  /** The key of the last event of the previous page. */
  readonly after?: number | undefined
  readonly limit: number
}

/** A question for the number of events of an account in one region, in periods of the same length. */
export type EventCountQuestion = Pick<LookupQuestion, 'account' | 'region' | 'attribute'> &
  Omit<CountQuestion, 'term'> & {
    /** Only calls that policies refused. */
    readonly refused?: boolean
  }

/** Counts events in each period, as the index has them. */
export function countEvents(index: EventIndex, question: EventCountQuestion): readonly number[] {
  const { account, region, attribute, refused, ...periods } = question
  const scope = scopeTerm(account, region)
  const term = refused === true ? refusalTerm(scope, undefined) : termIn(scope, attribute)
  return index.counts({ ...periods, term })
}

/** A page of events, and the key of the next page. */
export type LookupPage = { readonly events: readonly string[]; readonly next: number | undefined }

/** The dependencies of a lookup. */
export type LookupDependencies = {
  readonly index: EventIndex
  readonly auditFolder: string
  readonly files: AuditFiles
}

/**
 * Finds events and reads them from the log. It does not trust the index: it returns an event only to the account
 * that the event's own line names.
 */
export async function lookup(
  dependencies: LookupDependencies,
  question: LookupQuestion,
): Promise<LookupPage> {
  const { attribute, limit } = question
  if (attribute?.name === 'EventId') return lookupById(dependencies, question, attribute.value)
  const found = dependencies.index.find({ ...question, term: termFor(question), limit: limit + 1 })
  const page = found.slice(0, limit)
  const events = await readEvents(dependencies, page, (event) => isOf(event, question))
  return { events, next: found.length > limit ? page.at(-1)?.key : undefined }
}

function termFor({ account, region, attribute, category, refused }: LookupQuestion): string {
  if (category === 'insight') return termIn(insightScopeTerm(account, region), attribute)
  const scope = scopeTerm(account, region)
  return refused === undefined ? termIn(scope, attribute) : refusalTerm(scope, refused.principal)
}

function termIn(scope: string, attribute: LookupQuestion['attribute']): string {
  return attribute === undefined ? scope : attributeTerm(scope, attribute.name, attribute.value)
}

async function lookupById(
  dependencies: LookupDependencies,
  question: LookupQuestion,
  id: string,
): Promise<LookupPage> {
  const found = dependencies.index.findById(idPrefixOf(id))
  const wanted = (event: EventRecord): boolean => event.eventID === id && isOf(event, question)
  return { events: await readEvents(dependencies, found, wanted), next: undefined }
}

/** Finds the events with this event ID or request ID, in every account. */
export async function findEvents(dependencies: LookupDependencies, id: string): Promise<readonly string[]> {
  const found = dependencies.index.findById(idPrefixOf(id))
  return readEvents(dependencies, found, (event) => event.eventID === id || event.requestID === id)
}

function isOf(event: EventRecord, question: LookupQuestion): boolean {
  const { account, region, fromSecond, toSecond, category, refused } = question
  if (isInsight(event) !== (category === 'insight')) return false
  if (refused !== undefined && !isRefusedTo(event, refused.principal)) return false
  const second = Date.parse(event.eventTime) / 1000
  const inTime = second >= fromSecond && second <= toSecond
  return inTime && event.recipientAccountId === account && event.awsRegion === region
}

function isRefusedTo(event: EventRecord, principal: string | undefined): boolean {
  return isRefusal(event) && (principal === undefined || principalOf(event.userIdentity) === principal)
}

async function readEvents(
  { auditFolder, files }: LookupDependencies,
  found: readonly FoundEvent[],
  isWanted: (event: EventRecord) => boolean,
): Promise<readonly string[]> {
  const lines = await Promise.all(found.map(({ place }) => readLine(files, auditFolder, place)))
  return lines.filter((line) => line !== undefined && isWanted(parseEvent(line))).map(String)
}

/** The line at a position, or nothing without an event. */
async function readLine(
  files: AuditFiles,
  auditFolder: string,
  { node, segment, offset, sizeBytes }: EventPlace,
): Promise<string | undefined> {
  const file = await openIfThere(files, join(auditFolder, node, segmentName(segment)))
  if (file === undefined) return undefined
  try {
    const bytes = new Uint8Array(sizeBytes)
    for (let filled = 0; filled < sizeBytes; ) {
      const count = await file.read(bytes.subarray(filled), offset + filled)
      if (count === 0) return undefined
      filled += count
    }
    const line = fromUtf8(bytes)
    return line.startsWith(EVENT_START) && line.endsWith('}') ? line : undefined
  } finally {
    await file.close()
  }
}

/** Opens a file; nothing for a segment whose archive was moved away. */
async function openIfThere(files: AuditFiles, path: string): Promise<ReadFile | undefined> {
  try {
    return await files.openRead(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
