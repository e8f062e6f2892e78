/** For tests: the events that a server has written. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

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

/** The event of one request; fails when there is none or more than one. */
export async function eventOf(data: string, requestId: string | undefined): Promise<Event> {
  const found = (await readEvents(data)).filter(({ requestID }) => requestID === requestId)
  const [event] = found
  if (event === undefined || found.length > 1)
    throw new Error(`${found.length} events of request ${requestId}`)
  return event
}
