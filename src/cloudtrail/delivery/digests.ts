import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { parseBase64, toBase64, toHex } from '../../base/bytes.ts'
import { generateDigestKey } from '../../crypto/digest-signature.ts'
import { sha256 } from '../../crypto/hash.ts'
import { insert, LIST_MAX_RECORDS, type Records } from '../../store/records.ts'
import { DIGEST_KEY, type DigestChain } from '../trail-records.ts'
import type { Delivery } from './delivery.ts'
import { type DigestKey, digestObject, makeDigest } from './digest.ts'

const HOUR_MS = 3_600_000
const SECOND_MS = 1000
const FINGERPRINT_BYTES = 16
const compress = promisify(gzip)

/** Begins the chain of the trail's own region, if digests are wanted and there is none. */
export async function beginChains(delivery: Delivery): Promise<void> {
  const { state, trail, dependencies } = delivery
  const { region, validation } = trail.value
  if (!validation || state.chains[region] !== undefined) return
  const from = Math.floor(dependencies.clock.now() / SECOND_MS) * SECOND_MS
  await delivery.save({ ...state, chains: { ...state.chains, [region]: { from } } })
}

/** Writes the digests of all hours that are over, of every region that a file was delivered for. */
export async function deliverDueDigests(delivery: Delivery): Promise<void> {
  const { dependencies, trail } = delivery
  for (;;) {
    const from = delivery.state.chains[trail.value.region]?.from
    if (from === undefined) return
    const toMs = (Math.floor(from / HOUR_MS) + 1) * HOUR_MS
    if (toMs > Math.min(dependencies.clock.now(), stoppedAt(delivery))) return
    await deliverDigests(delivery, toMs)
  }
}

/** Writes the last digests of the chains of a trail that has stopped. */
export async function endChains(delivery: Delivery): Promise<void> {
  const from = delivery.state.chains[delivery.trail.value.region]?.from
  if (from === undefined) return
  const stop = Math.floor(stoppedAt(delivery) / SECOND_MS) * SECOND_MS
  await deliverDigests(delivery, Math.max(stop, from + SECOND_MS))
  await delivery.save({ ...delivery.state, chains: {} })
}

function stoppedAt({ trail }: Delivery): number {
  return trail.value.periods.at(-1)?.to ?? Number.POSITIVE_INFINITY
}

/**
 * Puts one digest for each region and moves all chains on together. Digests depend only on what is committed,
 * so after a crash the same are put again.
 */
async function deliverDigests(delivery: Delivery, toMs: number): Promise<void> {
  const { dependencies, trail, account, state } = delivery
  const { bucket, name, prefix, region: home } = trail.value
  const begun = state.chains[home]?.from ?? toMs
  const regions = new Set([...Object.keys(state.chains), ...state.files.map(({ region }) => region)])
  const chains: Record<string, DigestChain> = {}
  for (const region of [...regions].sort()) {
    const object = digestObject({ prefix, account, region }, { name, home }, toMs)
    const { from = begun, previous } = state.chains[region] ?? {}
    const files = state.files.filter((file) => file.region === region)
    const facts = { account, region, bucket, object, fromMs: from, toMs, files, previous }
    const { json, delivered } = makeDigest(facts, await digestKeyOf(delivery, region))
    const metadata = { signature: delivered.signature, 'signature-algorithm': 'SHA256withRSA' }
    await dependencies.destination.put({ bucket, key: object, bytes: await compress(json), metadata })
    chains[region] = { from: toMs, previous: delivered }
  }
  await delivery.save({ ...delivery.state, chains, files: [], lastDigest: dependencies.clock.now() })
}

/** The newest key of a region; the first is made when it is needed. */
async function digestKeyOf({ dependencies }: Delivery, region: string): Promise<DigestKey> {
  return (await findDigestKey(dependencies.records, region)) ?? makeDigestKey(dependencies, region)
}

async function findDigestKey(records: Records, region: string): Promise<DigestKey | undefined> {
  const page = await records.list(DIGEST_KEY, { partition: region, limit: LIST_MAX_RECORDS })
  const newest = page.records.toSorted((a, b) => b.value.createdAt - a.value.createdAt)[0]
  const privateKey = parseBase64(newest?.value.privateKey ?? '')
  return newest === undefined || privateKey === undefined
    ? undefined
    : { fingerprint: newest.name, privateKey }
}

async function makeDigestKey(
  { records, clock }: Delivery['dependencies'],
  region: string,
): Promise<DigestKey> {
  const { privateKey, publicKey } = await generateDigestKey()
  // AWS's fingerprints have 32 digits; AWS does not publish how it makes them.
  const fingerprint = toHex(sha256(publicKey).subarray(0, FINGERPRINT_BYTES))
  const value = {
    format: 1 as const,
    privateKey: toBase64(privateKey),
    publicKey: toBase64(publicKey),
    createdAt: Math.floor(clock.now() / HOUR_MS) * HOUR_MS,
  }
  await records.commit([insert(DIGEST_KEY, region, fingerprint, value)])
  return { fingerprint, privateKey }
}
