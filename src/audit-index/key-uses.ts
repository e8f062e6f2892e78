import { join } from 'node:path'
import { followLog, LOG_START, LogBroken } from '../audit/log/follow.ts'
import { nodesAmong } from '../audit/log/slot.ts'
import { fromUtf8 } from '../base/bytes.ts'
import type { UsageRow } from '../store/index-port.ts'
import type { CollectDependencies } from './collect.ts'
import { usesOf } from './event-facts.ts'
import { parseEvent } from './event-record.ts'
import type { IndexService } from './index-service.ts'

/** The calls on a key with the same principal, source address, service and operation. */
export type KeyUse = {
  /** The sessions of a role count as the role. */
  readonly principal: string
  /** The source address; empty for events of the service itself. */
  readonly address: string
  readonly service: string
  readonly operation: string
  readonly calls: number
  readonly failures: number
  /** Seconds since 1970. */
  readonly firstSecond: number
  readonly lastSecond: number
  /** The event ID of the last call. */
  readonly lastEventId: string
}

/** A query for the calls on a key in a range of time without its end. */
export type KeyUsesQuestion = {
  readonly key: string
  readonly region: string
  readonly fromMs: number
  readonly toMs: number
}

/** The calls, their source, and why parts of the log were skipped. */
export type FoundKeyUses = {
  readonly uses: readonly KeyUse[]
  readonly source: 'index' | 'log'
  readonly broken: readonly string[]
}

/** The number of events above which reading the whole log is faster than reading single events. */
const LOOKUP_MAX = 50_000
const PAGE_EVENTS = 1000
const HOUR_MS = 3_600_000

/** Finds who used a key, with the index, or in the log when the index is behind or slower. */
export async function findKeyUses(
  log: CollectDependencies,
  index: IndexService,
  question: KeyUsesQuestion,
  reachMs: number,
): Promise<FoundKeyUses> {
  const { key, fromMs, toMs } = question
  const hours = { fromHour: Math.floor(fromMs / HOUR_MS), toHour: Math.ceil(toMs / HOUR_MS), key }
  const { value, current } = await index.answer({ ask: 'usage', question: hours, reachMs })
  if (!current || callsOf(value) > LOOKUP_MAX) return readLog(log, question)
  const uses = new KeyUses(question)
  const { value: scopes } = await index.answer({ ask: 'scopes', reachMs: 0 })
  for (const { account, region } of scopes) {
    if (region === question.region) await lookUp(index, question, account, uses)
  }
  return { uses: uses.list(), source: 'index', broken: [] }
}

function callsOf(rows: readonly UsageRow[]): number {
  return rows.reduce((sum, { calls }) => sum + calls, 0)
}

/** Looks up the calls of an account; a call by another account's principal is an event of the key's account too. */
async function lookUp(
  index: IndexService,
  { key, region, fromMs, toMs }: KeyUsesQuestion,
  account: string,
  uses: KeyUses,
): Promise<void> {
  let after: number | undefined
  do {
    const question = {
      ...{ account, region, after, limit: PAGE_EVENTS },
      attribute: { name: 'ResourceName', value: key } as const,
      fromSecond: Math.floor(fromMs / 1000),
      toSecond: Math.ceil(toMs / 1000),
    }
    const { value } = await index.answer({ ask: 'lookup', question, reachMs: 0 })
    for (const line of value.events) uses.add(line)
    after = value.next
  } while (after !== undefined)
}

/** Reads the logs of all nodes. A broken log does not prevent the reading of others. */
async function readLog(
  { files, auditFolder, key }: CollectDependencies,
  question: KeyUsesQuestion,
): Promise<FoundKeyUses> {
  const uses = new KeyUses(question)
  const broken: string[] = []
  for (const node of nodesAmong(await files.list(auditFolder))) {
    const log = { files, folder: join(auditFolder, node), chain: { node, key }, fromFirstKept: true }
    try {
      for await (const { events } of followLog(log, LOG_START)) {
        for (const line of fromUtf8(events).split('\n')) if (line.includes(question.key)) uses.add(line)
      }
    } catch (error) {
      if (!(error instanceof LogBroken)) throw error
      broken.push(error.message)
    }
  }
  return { uses: uses.list(), source: 'log', broken }
}

type Growing = { -readonly [K in keyof KeyUse]: KeyUse[K] }

/** Counts the calls on a key. */
class KeyUses {
  readonly #question: KeyUsesQuestion
  readonly #uses = new Map<string, Growing>()

  constructor(question: KeyUsesQuestion) {
    this.#question = question
  }

  /** @param line an event of the log. */
  add(line: string): void {
    const event = parseEvent(line)
    const { key, fromMs, toMs } = this.#question
    const atMs = Date.parse(event.eventTime)
    if (atMs < fromMs || atMs >= toMs) return
    const use = usesOf(event).find(({ series }) => series.key === key)
    if (use === undefined) return
    const { principal, source: service, operation } = use.series
    const address = use.touch?.address ?? ''
    const second = Math.floor(atMs / 1000)
    const name = JSON.stringify([principal, address, service, operation])
    const known = this.#uses.get(name) ?? {
      ...{ principal, address, service, operation, calls: 0, failures: 0 },
      ...{ firstSecond: second, lastSecond: second, lastEventId: event.eventID },
    }
    this.#uses.set(name, known)
    known.calls += 1
    if (use.failed) known.failures += 1
    known.firstSecond = Math.min(known.firstSecond, second)
    if (second <= known.lastSecond) return
    known.lastSecond = second
    known.lastEventId = event.eventID
  }

  /** The counts, latest first. */
  list(): readonly KeyUse[] {
    return [...this.#uses].sort(latestFirst).map(([, use]) => use)
  }
}

function latestFirst([oneName, one]: [string, KeyUse], [otherName, other]: [string, KeyUse]): number {
  return other.lastSecond - one.lastSecond || (oneName < otherName ? -1 : 1)
}
