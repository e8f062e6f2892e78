/** For tests: delivers the trails of a data folder whose server is stopped, at another time. */

import { join } from 'node:path'
import { AUDIT_FOLDER, listAccounts, openDeployment } from '../../src/app/deployment.ts'
import { systemFiles } from '../../src/audit/log/files.ts'
import { collectEvents } from '../../src/audit-index/collect.ts'
import { systemClock, systemRandom } from '../../src/base/ports.ts'
import { deliverTrail } from '../../src/cloudtrail/delivery/deliver.ts'
import { openDestination } from '../../src/cloudtrail/delivery/open-destination.ts'
import { listTrails } from '../../src/cloudtrail/trail-records.ts'
import { parseConfig } from '../../src/config/settings.ts'
import type { Records } from '../../src/store/records.ts'
import { type Credentials, readCredentials } from './server.ts'

const HOUR_MS = 3_600_000

/** Delivers every trail to a folder or an S3 service, the given number of hours from now. */
export async function deliverTrails(data: string, to: string, hours: number): Promise<void> {
  const credentials: Credentials = await readCredentials(data)
  const clock = { now: () => Date.now() + hours * HOUR_MS, monotonicMs: systemClock.monotonicMs }
  const destination = await openDestination({ to, credentials, region: 'eu-west-1', clock: systemClock })
  await withRecords(data, async (records, key) => {
    const log = { files: systemFiles, auditFolder: join(data, AUDIT_FOLDER), key }
    const collect: Parameters<typeof deliverTrail>[0]['collect'] = (question) => collectEvents(log, question)
    for (const account of await listAccounts(records)) {
      for (const trail of await listTrails(records, account))
        await deliverTrail({ records, destination, clock, random: systemRandom, collect }, trail)
    }
  })
}

type AuditKey = Awaited<ReturnType<typeof openDeployment>>['auditKey']

/** Opens the records of a data folder. */
export async function withRecords<T>(
  data: string,
  use: (records: Records, auditKey: AuditKey) => Promise<T>,
): Promise<T> {
  const config = parseConfig({ flags: { data }, environment: {} })
  const { records, auditKey, wrappingKey } = await openDeployment(config)
  wrappingKey[Symbol.dispose]()
  try {
    return await use(records, auditKey)
  } finally {
    await records.close()
  }
}

const [, main, data, to, hours] = process.argv
if (import.meta.filename === main && data !== undefined && to !== undefined)
  await deliverTrails(data, to, Number(hours))
