import { setTimeout as delay } from 'node:timers/promises'
import { call, textAt } from '../client.ts'
import { findMemory } from '../procfs.ts'
import { type Addressing, encryptBody } from '../requests.ts'
import type { Server } from '../server.ts'
import { askAndNeverRead, floodWithAll } from './attacks.ts'
import { drive } from './drive.ts'

/** What a server takes in a situation, in bytes. */
export type MemoryRow = {
  readonly what: string
  /** Before, at most, at the end, and after a minute's rest. */
  readonly beforeBytes: number
  readonly peakBytes: number
  readonly endBytes: number
  readonly restBytes: number
  readonly required: string
  readonly met: boolean
}

/** What has to hold of a row. */
type Bar = {
  readonly what: string
  readonly required: string
  readonly holds: (row: Pick<MemoryRow, 'peakBytes' | 'endBytes' | 'restBytes'>) => boolean
}

const MB = 1e6
const STORE_MB = 400
const ATTACK_MB = 1000
/** What stays of an attack: what a server takes that has been busy. */
const RETURNED_MB = 300
const KEYS_MB = 400
const UNREAD_CONNECTIONS = 400
const UNREAD_MS = 30_000
const FLOODS_MS = 60_000
const REST_MS = 60_000

/** A server whose memory is watched while something is done to it. */
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

/** Keys that are made and used, one after the other. */
export function manyKeysUsed(server: Server, count: number): Promise<MemoryRow> {
  const bar: Bar = {
    what: `${count} keys made and used`,
    required: `at the end under ${KEYS_MB} MB`,
    holds: ({ endBytes }) => endBytes < KEYS_MB * MB,
  }
  return watch(server, bar, 0, async (to) => {
    const make = () => ({ operation: 'CreateKey', body: '{}' })
    const ids = await drive(to, count, make, keyIdOf)
    const use = (index: number) => ({ operation: 'Encrypt', body: encryptBody(ids[index] ?? '', index).body })
    await drive(to, count, use, () => undefined)
  })
}

/** A server over a large store, in which keys and their grants are asked for at random. */
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

/** Clients that ask for much and read nothing. */
export function unreadAnswers(server: Server): Promise<MemoryRow> {
  const what = `${UNREAD_CONNECTIONS} connections that ask for 10 MB each and never read`
  return watch(server, attackBar(what), REST_MS, (to) => askAndNeverRead(to, UNREAD_CONNECTIONS, UNREAD_MS))
}

/** Every flood at once. */
export function allFloods(server: Server): Promise<MemoryRow> {
  return watch(server, attackBar('all floods of the soak at once'), REST_MS, (to) =>
    floodWithAll(to, FLOODS_MS),
  )
}

function attackBar(what: string): Bar {
  return {
    what,
    required: `at most ${ATTACK_MB} MB, and under ${RETURNED_MB} MB a minute later`,
    holds: ({ peakBytes, restBytes }) => peakBytes < ATTACK_MB * MB && restBytes < RETURNED_MB * MB,
  }
}

/** From a server of ours. */
function keyIdOf(text: string): string {
  return (JSON.parse(text) as { readonly KeyMetadata: { readonly KeyId: string } }).KeyMetadata.KeyId
}
