/** Digest files. Source: AWS CloudTrail User Guide, "Digest file structure". */

import type { LogFileKind } from '../../audit-index/collect.ts'
import { toHex, utf8 } from '../../base/bytes.ts'
import { signDigest } from '../../crypto/digest-signature.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import type { DeliveredDigest, DeliveredFile } from '../trail-records.ts'

/** A key that signs digests. */
export type DigestKey = { readonly fingerprint: string; readonly privateKey: Uint8Array }

/** The facts of a digest. */
export type DigestFacts = {
  readonly account: string
  /** The region whose files it names. */
  readonly region: string
  readonly bucket: string
  readonly object: string
  readonly fromMs: number
  readonly toMs: number
  readonly files: readonly DeliveredFile[]
  readonly previous: DeliveredDigest | undefined
}

/** A digest file, and its facts for the next one. */
export type MadeDigest = { readonly json: Uint8Array; readonly delivered: DeliveredDigest }

/** A digest and its signature. The same facts give the same bytes. */
export function makeDigest(facts: DigestFacts, key: DigestKey): MadeDigest {
  const { bucket, object, previous, files } = facts
  const end = formatTime(facts.toMs)
  const newest = files.map((file) => file.newest).sort()
  const oldest = files.map((file) => file.oldest).sort()
  const json = utf8(
    JSON.stringify({
      awsAccountId: facts.account,
      digestStartTime: formatTime(facts.fromMs),
      digestEndTime: end,
      digestS3Bucket: bucket,
      digestS3Object: object,
      digestPublicKeyFingerprint: key.fingerprint,
      digestSignatureAlgorithm: 'SHA256withRSA',
      newestEventTime: newest.at(-1) ?? null,
      oldestEventTime: oldest[0] ?? null,
      previousDigestS3Bucket: previous?.bucket ?? null,
      previousDigestS3Object: previous?.object ?? null,
      previousDigestHashValue: previous?.hash ?? null,
      previousDigestHashAlgorithm: previous === undefined ? null : 'SHA-256',
      previousDigestSignature: previous?.signature ?? null,
      logFiles: files.map((file) => ({
        s3Bucket: bucket,
        s3Object: file.object,
        hashValue: file.hash,
        hashAlgorithm: 'SHA-256',
        newestEventTime: file.newest,
        oldestEventTime: file.oldest,
      })),
    }),
  )
  const hash = sha256Hex(json)
  const text = [end, `${bucket}/${object}`, hash, previous?.signature ?? 'null'].join('\n')
  const signature = toHex(signDigest(key.privateKey, utf8(text)))
  return { json, delivered: { bucket, object, hash, signature } }
}

/** `2026-11-24T03:41:54Z`. */
function formatTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`
}

/** The place of a trail's files. */
export type ObjectScope = {
  readonly prefix: string | undefined
  readonly account: string
  readonly region: string
}

/** The key of a log file. Source: AWS CloudTrail User Guide, "CloudTrail log file name format". */
export function logObject(
  { prefix, account, region, kind }: ObjectScope & { readonly kind: LogFileKind },
  at: number,
  random: string,
): string {
  const [date, stamp] = [formatTime(at).slice(0, 'yyyy-mm-dd'.length), formatTime(at).replaceAll(/[-:]/g, '')]
  const name = `${account}_${kind}_${region}_${stamp.slice(0, 'yyyymmddThhmm'.length)}Z_${random}.json.gz`
  return `${folder(prefix)}AWSLogs/${account}/${kind}/${region}/${date.replaceAll('-', '/')}/${name}`
}

/** The key of a digest file; `home` is the trail's own region. */
export function digestObject(
  { prefix, account, region }: ObjectScope,
  trail: { readonly name: string; readonly home: string },
  at: number,
): string {
  const [date, stamp] = [formatTime(at).slice(0, 'yyyy-mm-dd'.length), formatTime(at).replaceAll(/[-:]/g, '')]
  const name = `${account}_CloudTrail-Digest_${region}_${trail.name}_${trail.home}_${stamp}.json.gz`
  return `${folder(prefix)}AWSLogs/${account}/CloudTrail-Digest/${region}/${date.replaceAll('-', '/')}/${name}`
}

function folder(prefix: string | undefined): string {
  return prefix === undefined ? '' : `${prefix}/`
}
