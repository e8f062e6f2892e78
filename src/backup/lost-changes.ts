import { join } from 'node:path'
import type { AuditFiles } from '../audit/log/files.ts'
import { OUTBOX } from '../audit/log/outbox.ts'
import { readSegment } from '../audit/log/read.ts'
import { segmentName, segmentsAmong } from '../audit/log/segment.ts'
import { nodesAmong } from '../audit/log/slot.ts'
import { fromUtf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import { LIST_MAX_RECORDS, type Records } from '../store/records.ts'

/** A change that the audit log has and restored records do not. */
export type LostChange = {
  /** ISO 8601. */
  readonly at: string
  /** The event source, without the domain of AWS. */
  readonly service: string
  readonly operation: string
  /** The ARN of the principal, or the service that acted by itself. */
  readonly by: string
  /** ARNs, and other ids that the request named. */
  readonly resources: readonly string[]
  readonly eventId: string
}

/** What a reading of the log has found. */
export type LostChanges = {
  readonly changes: readonly LostChange[]
  /** How many there are: at most {@link LOST_MAX} are in the list. */
  readonly count: number
  /** The ARNs of keys whose deletion took effect. */
  readonly deletedKeys: readonly string[]
}

/** Lost changes that are listed. */
const LOST_MAX = 10_000

/** Events of Holdfast's own records of its work, which change nothing that a restore loses. */
const OWN_WORK = new Set(['ArchiveAuditSegment', 'CreateBackup', 'RehearseBackup', 'ProveUnlockPath'])
/** Members of requests, and of the details of Holdfast's own events, that name what the event is about. */
const NAMING = [
  'userName',
  'roleName',
  'groupName',
  'policyArn',
  'policyName',
  'accessKeyId',
  'grantId',
  'aliasName',
  'keyId',
  'name',
  'accountId',
  'path',
  'targetId',
  'organizationalUnitId',
]

/**
 * Finds the successful changes that a log has after what restored records cover. An event that waits in the restored
 * outbox is not lost: its change is in the records.
 *
 * @param covered by node, the last event whose changes are in the records.
 */
export async function findLostChanges(
  log: { readonly files: AuditFiles; readonly folder: string },
  records: Records,
  covered: Readonly<Record<string, number>>,
): Promise<LostChanges> {
  const found: LostChange[] = []
  let count = 0
  const deletedKeys = new Set<string>()
  for (const node of nodesAmong(await log.files.list(log.folder))) {
    const waiting = await waitingEvents(records, node)
    for await (const line of linesAfter(log.files, join(log.folder, node), covered[node] ?? 0)) {
      const change = parseChange(line)
      if (change === undefined || waiting.has(change.eventId)) continue
      noteDeletion(deletedKeys, change)
      count += 1
      if (found.length < LOST_MAX) found.push(change)
    }
  }
  const changes = found.toSorted((one, other) => (one.at < other.at ? -1 : Number(one.at > other.at)))
  return { changes, count, deletedKeys: [...deletedKeys] }
}

function noteDeletion(deletedKeys: Set<string>, { operation, resources }: LostChange): void {
  if (operation === 'DeleteKey') for (const arn of resources) deletedKeys.add(arn)
}

async function waitingEvents(records: Records, node: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  let after: string | undefined
  do {
    const page = await records.list(OUTBOX, { partition: node, limit: LIST_MAX_RECORDS, after })
    for (const { name } of page.records) names.add(name)
    after = page.next
  } while (after !== undefined)
  return names
}

async function* linesAfter(files: AuditFiles, folder: string, sequence: number): AsyncGenerator<string> {
  const segments = segmentsAmong(await files.list(folder))
  for (const [index, first] of segments.entries()) {
    // Nothing of a segment before the one with the next event is needed.
    if ((segments[index + 1] ?? Number.POSITIVE_INFINITY) <= sequence + 1) continue
    yield* segmentLinesAfter(files, folder, first, sequence)
  }
}

async function* segmentLinesAfter(
  files: AuditFiles,
  folder: string,
  first: number,
  sequence: number,
): AsyncGenerator<string> {
  let at = first
  for await (const part of readSegment(files, join(folder, segmentName(first)))) {
    if (part.type !== 'batch') continue
    const known = Math.max(0, sequence + 1 - at)
    if (known < part.count) yield* fromUtf8(part.events).split('\n').slice(known, part.count)
    at += part.count
  }
}

function parseChange(line: string): LostChange | undefined {
  const event = membersOf(parseJsonText(line))
  if (event['readOnly'] !== false || event['errorCode'] !== undefined) return undefined
  const { eventTime, eventSource, eventName, eventID, userIdentity, resources } = event
  const operation = textOf(eventName)
  if (OWN_WORK.has(operation)) return undefined
  const who = membersOf(userIdentity)
  const arns = Array.isArray(resources) ? resources.map((one) => textOf(membersOf(one)['ARN'])) : []
  const about = { ...membersOf(event['requestParameters']), ...membersOf(event['serviceEventDetails']) }
  const named = NAMING.map((name) => about[name]).filter((value) => typeof value === 'string')
  const others = arns.some((arn) => named.some((one) => arn.endsWith(one))) ? [] : named
  return {
    at: textOf(eventTime),
    service: textOf(eventSource).replace(/\.amazonaws\.com$/, ''),
    operation,
    by: textOf(who['arn'] ?? who['invokedBy']),
    resources: [...arns, ...others],
    eventId: textOf(eventID),
  }
}

type Members = Readonly<Record<string, unknown>>

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
