/** For tests: the events that a server has written. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { succeed } from './calls.ts'
import type { TestServer } from './server.ts'

/** A CloudTrail record, as far as tests look at it. */
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
  const folder = join(data, 'audit')
  const events: Event[] = []
  for (const node of (await readdir(folder)).sort()) {
    for (const name of (await readdir(join(folder, node))).sort()) {
      if (!name.endsWith('.jsonl')) continue
      const text = await readFile(join(folder, node, name), 'utf8')
      for (const line of text.split('\n')) {
        if (line.startsWith('{"eventVersion":')) events.push(JSON.parse(line) as Event)
      }
    }
  }
  return events
}

/**
 * The event of one request that has been answered; fails when there is none or more than one.
 *
 * The event of a change is durable in the database when the change is answered and comes into the
 * files a moment later, in order: so it is there when the event of a later call is.
 */
export async function eventOf(server: TestServer, requestId: string | undefined): Promise<Event> {
  const isIt = ({ requestID }: Event): boolean => requestID === requestId
  let found = (await readEvents(server.data)).filter(isIt)
  if (found.length === 0) {
    await succeed(server, 'GenerateRandom', { NumberOfBytes: 1 })
    found = (await readEvents(server.data)).filter(isIt)
  }
  const [event] = found
  if (event === undefined || found.length > 1)
    throw new Error(`${found.length} events of request ${requestId}`)
  return event
}
