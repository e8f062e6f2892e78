/** For tests: the events in a server's audit log. */

import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { succeed } from './calls.ts'
import type { TestServer } from './server.ts'

/** The members of a CloudTrail record that tests use. */
export type Event = {
  readonly eventName: string
  readonly requestID: string
  readonly eventID: string
  readonly errorCode?: string
  readonly errorMessage?: string
  readonly readOnly: boolean
  readonly userIdentity: { readonly type?: string; readonly arn?: string; readonly accountId?: string }
  readonly requestParameters: Readonly<Record<string, unknown>> | null
  readonly responseElements: Readonly<Record<string, unknown>> | null
  readonly additionalEventData?: Readonly<Record<string, unknown>>
  readonly resources?: readonly { readonly ARN: string; readonly accountId: string; readonly type: string }[]
  readonly [name: string]: unknown
}

/** Every event in the segments of a data folder, by node and in order. */
export async function readEvents(data: string): Promise<readonly Event[]> {
  const events: Event[] = []
  for (const path of await segmentsOf(join(data, 'audit'))) {
    events.push(...eventsIn(await readFile(path, 'utf8')))
  }
  return events
}

async function segmentsOf(folder: string): Promise<readonly string[]> {
  const paths: string[] = []
  for (const node of (await readdir(folder)).sort()) {
    for (const name of (await readdir(join(folder, node))).sort()) {
      if (name.endsWith('.jsonl')) paths.push(join(folder, node, name))
    }
  }
  return paths
}

function eventsIn(text: string): Event[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{"eventVersion":'))
    .map((line) => JSON.parse(line) as Event)
}

/**
 * The only event of an answered request. Fails if there is none or more than one.
 * The event of a change is durable in the database before the response, and reaches the files shortly afterwards, in
 * order. So it is there when a later call's event is.
 */
export async function eventOf(server: TestServer, requestId: string | undefined): Promise<Event> {
  const log = LOGS.getOrInsertComputed(server.data, (data) => new GrowingLog(data))
  let found = await log.find(requestId)
  if (found.length === 0) {
    await succeed(server, 'GenerateRandom', { NumberOfBytes: 1 })
    found = await log.find(requestId)
  }
  const [event] = found
  if (event === undefined || found.length > 1)
    throw new Error(`${found.length} events of request ${requestId}`)
  return event
}

/** The logs that tests have searched, by data folder. */
const LOGS = new Map<string, GrowingLog>()

/** An append-only log. It reads each line once, however many requests a test searches. */
class GrowingLog {
  readonly #folder: string
  readonly #offsets = new Map<string, number>()
  readonly #events = new Map<string | undefined, Event[]>()
  #reading: Promise<void> = Promise.resolve()

  constructor(data: string) {
    this.#folder = join(data, 'audit')
  }

  /** The events of a request in the log up to now. */
  async find(requestId: string | undefined): Promise<readonly Event[]> {
    const before = this.#reading
    this.#reading = before.then(() => this.#readOn())
    await this.#reading
    return this.#events.get(requestId) ?? []
  }

  async #readOn(): Promise<void> {
    for (const path of await segmentsOf(this.#folder)) {
      await using file = await open(path)
      const from = this.#offsets.get(path) ?? 0
      const { size } = await file.stat()
      if (size < from) throw new Error(`${path} has ${size} bytes; it had ${from} before`)
      const buffer = Buffer.alloc(size - from)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from)
      // A line that the server is writing has no newline yet. The next read includes it.
      const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1
      this.#offsets.set(path, from + end)
      for (const event of eventsIn(buffer.toString('utf8', 0, end))) {
        this.#events.getOrInsertComputed(event.requestID, () => []).push(event)
      }
    }
  }
}
