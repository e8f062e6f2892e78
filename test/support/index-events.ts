/** For tests: audit records in their own log. */

import { formatEvent } from '../../src/audit/events/event.ts'
import { type AuditFiles, systemFiles } from '../../src/audit/log/files.ts'
import { IndexService } from '../../src/audit-index/index-service.ts'
import type { Log } from '../../src/base/log.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock, systemSleep } from '../../src/base/ports.ts'
import { TEST_KEY } from './audit-log.ts'

/** The account of all tests. */
export const TEST_ACCOUNT = '111122223333'
/** The region of all tests. */
export const TEST_REGION = 'eu-west-1'
/** The time of a test's first event: a full hour, in seconds since 1970. */
export const TEST_SECOND = 1_764_000_000

/** The properties of an event that a test sets. All others are the same for all events. */
export type TestEvent = {
  readonly id: number
  readonly second?: number
  readonly name?: string
  readonly source?: string
  readonly user?: string
  readonly key?: string | readonly string[]
  readonly error?: string
  readonly readOnly?: boolean
  readonly account?: string
  readonly region?: string
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly additional?: Readonly<Record<string, unknown>>
  readonly address?: string
  readonly requestId?: string
}

/** The ID of the event with this number: a UUID that begins with it. */
export function testEventId(id: number): string {
  return `${id.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`
}

/** The ARN of a test's key. */
export function testKeyArn(key: string): string {
  return `arn:aws:kms:${TEST_REGION}:${TEST_ACCOUNT}:key/${key}`
}

/** A record as JSON text. */
export function testRecord(event: TestEvent): string {
  const { id, second = TEST_SECOND, name = 'Encrypt', user, key = [], error, account = TEST_ACCOUNT } = event
  const root = { type: 'Root', principalId: account, arn: `arn:aws:iam::${account}:root`, accountId: account }
  const arn = `arn:aws:iam::${account}:user/${user}`
  const identity = user === undefined ? root : { type: 'IAMUser', arn, accountId: account, userName: user }
  return formatEvent({
    userIdentity: JSON.stringify({ ...identity, accessKeyId: `AKIA${user ?? 'ROOT'}` }),
    at: second * 1000,
    source: event.source ?? 'kms.amazonaws.com',
    name,
    region: event.region ?? TEST_REGION,
    sourceAddress: event.address ?? '192.0.2.1',
    userAgent: 'test',
    error: error === undefined ? undefined : { code: error, message: '' },
    request: event.parameters ?? null,
    response: null,
    additional: event.additional,
    requestId: event.requestId ?? `request-${id}`,
    eventId: testEventId(id),
    readOnly: event.readOnly ?? true,
    resources: [key].flat().map((one) => ({ account: TEST_ACCOUNT, arn: testKeyArn(one) })),
    type: 'AwsApiCall',
    recipient: account,
  })
}

/** An index service on a test's folders. */
export function testService(
  folder: string,
  auditFolder: string,
  log: Log = silentLog,
  files: AuditFiles = systemFiles,
): IndexService & AsyncDisposable {
  const service = new IndexService({
    folder,
    auditFolder,
    key: TEST_KEY,
    files,
    clock: systemClock,
    sleep: systemSleep,
    log,
  })
  return Object.assign(service, { [Symbol.asyncDispose]: () => service.close() })
}
