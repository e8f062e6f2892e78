/** For tests: continues a server's log in small segments, because 64 MiB of events take long to write. */

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { AUDIT_FOLDER } from '../../src/app/deployment.ts'
import { formatEvent } from '../../src/audit/events/event.ts'
import { systemFiles } from '../../src/audit/log/files.ts'
import { readHeads } from '../../src/audit/log/journal.ts'
import { recoverLog } from '../../src/audit/log/recover.ts'
import { AuditLog } from '../../src/audit/log/writer.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock, systemTimers } from '../../src/base/ports.ts'
import { saveHeadRecord } from '../support/audit-child.ts'
import { withRecords } from '../support/deliver.ts'

/** The events to append. */
export type Continuation = {
  readonly segmentMaxBytes: number
  readonly events: number
  /** The age of the events. */
  readonly ageMs?: number
}

const NODE = 'node-0'

/** Appends events to the log of a stopped server. Returns their IDs. */
export function continueLog(
  data: string,
  { segmentMaxBytes, events, ageMs = 0 }: Continuation,
): Promise<readonly string[]> {
  return withRecords(data, async (records, key) => {
    const folder = join(data, AUDIT_FOLDER, NODE)
    const chain = { node: NODE, key }
    const head = (await readHeads(records)).get(NODE)
    const { tail } = await recoverLog({ folder, chain, files: systemFiles, head })
    const clock = { now: () => systemClock.now() - ageMs, monotonicMs: systemClock.monotonicMs }
    const log = new AuditLog({
      ...{ folder, chain, tail, files: systemFiles, clock, timers: systemTimers, log: silentLog },
      saveHead: (next) => saveHeadRecord(records, NODE, next),
      segmentMaxBytes,
    })
    const ids = Array.from({ length: events }, () => randomUUID())
    for (const id of ids) await log.append(record(id, clock.now()))
    await log.close()
    return ids
  })
}

function record(eventId: string, at: number): string {
  return formatEvent({
    userIdentity: JSON.stringify({
      type: 'Root',
      accountId: '000000000000',
      arn: 'arn:aws:iam::000000000000:root',
    }),
    ...{ at, source: 'kms.amazonaws.com', name: 'Encrypt', region: 'eu-west-1', sourceAddress: '127.0.0.1' },
    ...{
      userAgent: 'a test',
      request: { filling: 'x'.repeat(300) },
      response: null,
      requestId: randomUUID(),
    },
    ...{ eventId, readOnly: true, type: 'AwsApiCall', recipient: '000000000000' },
  })
}
