import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { formatEvent } from '../src/audit/events/event.ts'
import { CHAIN_START, type Chain } from '../src/audit/log/chain.ts'
import { type AppendFile, type AuditFiles, systemFiles } from '../src/audit/log/files.ts'
import type { AuditHead } from '../src/audit/log/head.ts'
import { AuditLog } from '../src/audit/log/writer.ts'
import { silentLog } from '../src/base/log.ts'
import { systemClock, systemTimers } from '../src/base/ports.ts'
import { hmacKey } from '../src/crypto/hmac.ts'

/** A log written by the bench. */
export type BenchLog = {
  readonly folder: string
  readonly chain: Chain
  readonly heads: ReadonlyMap<string, AuditHead>
  readonly keys: readonly string[]
  readonly users: readonly string[]
  /** The times of its first and last event, in seconds since 1970. */
  readonly fromSecond: number
  readonly toSecond: number
}

/** The account and region of all events. */
export const BENCH_ACCOUNT = '111122223333'
/** The region of all events. */
export const BENCH_REGION = 'eu-west-1'

/** The system's files without waiting for the disk: the suite measures only what it does with the log afterwards. */
const UNSYNCED_FILES: AuditFiles = { ...systemFiles, openAppend }

async function openAppend(path: string): Promise<AppendFile> {
  const file = await open(path, 'a')
  return {
    sizeBytes: async () => (await file.stat()).size,
    write: async (bytes) => (await file.write(bytes)).bytesWritten,
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    close: () => file.close(),
  }
}

const KEYS = 1000
const USERS = 200
/** The events of one batch when many clients call at the same time. */
export const FULL_BATCH = 2000
/** The time span of the log in seconds, whatever its number of events. */
export const SPAN_SECONDS = 30 * 86_400
const FIRST_SECOND = 1_764_000_000
/** The operations of the events. Frequent ones appear more than once. */
const NAMES = [
  ...['Encrypt', 'Encrypt', 'Encrypt', 'Decrypt', 'Decrypt', 'Decrypt', 'Decrypt', 'GenerateDataKey'],
  ...['GenerateDataKey', 'DescribeKey'],
] as const
/** One event in this many changes a resource. */
const CHANGE_EVERY = 5000

/** Writes a log of the given number of calls, by many users on many keys, in batches of the given size. */
export async function writeBenchLog(
  folder: string,
  events: number,
  batchEvents = FULL_BATCH,
): Promise<BenchLog> {
  const chain: Chain = { node: 'node-0', key: hmacKey(randomBytes(32)) }
  const heads = new Map<string, AuditHead>()
  const own = join(folder, chain.node)
  mkdirSync(own, { recursive: true })
  const log = new AuditLog({
    folder: own,
    chain,
    tail: { point: CHAIN_START, segment: undefined },
    files: UNSYNCED_FILES,
    clock: systemClock,
    timers: systemTimers,
    log: silentLog,
    saveHead: async (head) => void heads.set(chain.node, head),
  })
  const keys = Array.from(
    { length: KEYS },
    () => `arn:aws:kms:${BENCH_REGION}:${BENCH_ACCOUNT}:key/${randomUUID()}`,
  )
  const users = Array.from({ length: USERS }, (_, index) => `service-${index}`)
  const about = { account: BENCH_ACCOUNT, region: BENCH_REGION, keys, users, fromSecond: FIRST_SECOND }
  for (let written = 0; written < events; written += batchEvents) {
    const count = Math.min(batchEvents, events - written)
    const batch = Array.from({ length: count }, (_, index) =>
      log.append(benchEvent(written + index, events, about)),
    )
    await Promise.all(batch)
  }
  await log.close()
  return {
    folder,
    chain,
    heads,
    keys,
    users,
    fromSecond: FIRST_SECOND,
    toSecond: FIRST_SECOND + SPAN_SECONDS,
  }
}

/** The resources and times of the events. */
type EventTopics = {
  readonly account: string
  readonly region: string
  /** Key ARNs. */
  readonly keys: readonly string[]
  readonly users: readonly string[]
  /** The time of the first event in seconds since 1970. The last event is 30 days later. */
  readonly fromSecond: number
}

/** The event with this index, as JSON text. */
export function benchEvent(
  index: number,
  of: number,
  { account, region, keys, users, fromSecond }: EventTopics,
): string {
  const changes = index % CHANGE_EVERY === 0
  const user = users[(index * 7919) % users.length] ?? ''
  const key = keys[(index * 104_729) % keys.length] ?? ''
  const identity = {
    type: 'IAMUser',
    principalId: `AIDA${user}`,
    arn: `arn:aws:iam::${account}:user/${user}`,
    accountId: account,
    accessKeyId: `AKIA${user}`,
    userName: user,
  }
  return formatEvent({
    userIdentity: JSON.stringify(identity),
    at: (fromSecond + Math.floor((index / of) * SPAN_SECONDS)) * 1000,
    source: 'kms.amazonaws.com',
    name: changes ? 'TagResource' : (NAMES[index % NAMES.length] ?? ''),
    region: region,
    sourceAddress: '10.1.2.3',
    userAgent: 'aws-sdk-js/3.1164.0 ua/2.1 os/linux#6.1 lang/js md/nodejs#26.10.0 api/kms#3.1164.0 m/E',
    request: {
      keyId: key,
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      encryptionContext: { tenant: `t-${index % 97}` },
    },
    response: null,
    additional: { keyMaterialId: key.slice(-12).repeat(5) },
    requestId: randomUUID(),
    eventId: randomUUID(),
    readOnly: !changes,
    resources: [{ account: account, arn: key }],
    type: 'AwsApiCall',
    recipient: account,
    tlsDetails:
      '{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_256_GCM_SHA384","clientProvidedHostHeader":"kms.example.com"}',
  })
}
