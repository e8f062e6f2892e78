import { setTimeout as delay } from 'node:timers/promises'
import { call, textAt } from '../client.ts'
import { findMemory } from '../procfs.ts'
import { type Addressing, encryptBody } from '../requests.ts'
import type { Server } from '../server.ts'
import { askAndNeverRead, floodWithAll } from './attacks.ts'
import { drive } from './drive.ts'

/** The resident memory of a server in one situation, in bytes. */
export type MemoryRow = {
  readonly what: string
  /** Memory before the situation, its peak, at the end, and one minute later. */
  readonly beforeBytes: number
  readonly peakBytes: number
  readonly endBytes: number
  readonly restBytes: number
  readonly required: string
  readonly met: boolean
}

/** The limit that a row must meet. */
type Bar = {
  readonly what: string
  readonly required: string
  readonly holds: (row: Pick<MemoryRow, 'peakBytes' | 'endBytes' | 'restBytes'>) => boolean
}

const MB = 1e6
const STORE_MB = 400
const ATTACK_MB = 1000
/** The memory limit after an attack: that of a busy server. */
const RETURNED_MB = 300
const KEYS_MB = 400
const UNREAD_CONNECTIONS = 400
const UNREAD_MS = 30_000
const FLOODS_MS = 60_000
const REST_MS = 60_000

/** Samples the memory of a server while a function runs. */
async function watch(
  server: Server,
  bar: Bar,
  restMs: number,
  run: (to: Addressing) => Promise<unknown>,
): Promise<MemoryRow> {
  const now = () => findMemory(server.pids()) ?? { rssBytes: 0, peakBytes: 0 }
  const beforeBytes = now().rssBytes
  await run({ endpoint: server.endpoint, credentials: server.credentials })
  const endBytes = now().rssBytes
  await delay(restMs)
  const { rssBytes: restBytes, peakBytes } = now()
  const { what, required } = bar
  const found = { peakBytes, endBytes, restBytes }
  return { what, beforeBytes, ...found, required, met: bar.holds(found) }
}

/** Creates and uses keys one after another. */
export function manyKeysUsed(server: Server, count: number): Promise<MemoryRow> {
  const bar: Bar = {
    what: `${count} keys created and used`,
    required: `under ${KEYS_MB} MB at the end`,
    holds: ({ endBytes }) => endBytes < KEYS_MB * MB,
  }
  return watch(server, bar, 0, async (to) => {
    const make = () => ({ operation: 'CreateKey', body: '{}' })
    const ids = await drive(to, count, make, keyIdOf)
    const use = (index: number) => ({ operation: 'Encrypt', body: encryptBody(ids[index] ?? '', index).body })
    await drive(to, count, use, () => undefined)
  })
}

/** Runs a server on a large store and requests random keys and their grants. */
export function largeStore(
  server: Server,
  keyIds: readonly string[],
  grants: number,
  calls: number,
): Promise<MemoryRow> {
  const bar: Bar = {
    what: `${keyIds.length} keys and ${grants} grants in the store, ${calls} calls`,
    required: `at most ${STORE_MB} MB`,
    holds: ({ peakBytes }) => peakBytes < STORE_MB * MB,
  }
  return watch(server, bar, 0, async (to) => {
    const made = textAt((await call(to, 'CreateKey', '{}')).output, 'KeyMetadata', 'KeyId')
    const any = () => keyIds[Math.floor(Math.random() * keyIds.length)] ?? ''
    const callOf = (index: number) => {
      if (index % 4 === 0) return { operation: 'Encrypt', body: encryptBody(made, index).body }
      const operation = index % 4 === 1 ? 'ListGrants' : 'DescribeKey'
      return { operation, body: JSON.stringify({ KeyId: any() }) }
    }
    await drive(to, calls, callOf, () => undefined)
  })
}

/** Runs clients that request large responses and read nothing. */
export function unreadAnswers(server: Server): Promise<MemoryRow> {
  const what = `${UNREAD_CONNECTIONS} connections that request 10 MB each and read nothing`
  return watch(server, attackBar(what), REST_MS, (to) => askAndNeverRead(to, UNREAD_CONNECTIONS, UNREAD_MS))
}

/** Runs every flood at the same time. */
export function allFloods(server: Server): Promise<MemoryRow> {
  return watch(server, attackBar('all floods of the soak test at the same time'), REST_MS, (to) =>
    floodWithAll(to, FLOODS_MS),
  )
}

function attackBar(what: string): Bar {
  return {
    what,
    required: `at most ${ATTACK_MB} MB, and under ${RETURNED_MB} MB one minute later`,
    holds: ({ peakBytes, restBytes }) => peakBytes < ATTACK_MB * MB && restBytes < RETURNED_MB * MB,
  }
}

/** Trusts the response, which comes from the bench's own server. */
function keyIdOf(text: string): string {
  return (JSON.parse(text) as { readonly KeyMetadata: { readonly KeyId: string } }).KeyMetadata.KeyId
}
