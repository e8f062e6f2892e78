import { concatBytes, parseBase64, toBase64, toHex } from '../../base/bytes.ts'
import type { Secret } from '../../base/secret.ts'
import { combineCrcs, isCombinable } from '../../crypto/crc-combine.ts'
import { runningHash } from '../../crypto/running-hash.ts'
import { readDocument } from '../body.ts'
import type { ObjectCall, S3Answer, S3Operation } from '../call.ts'
import { type CatalogueChange, putPart, putUpload, removePart, removeUpload } from '../catalogue.ts'
import { checkWrite } from '../conditions.ts'
import { holdObject } from '../current-bucket.ts'
import { encryptionChoice, encryptionHeaders, objectArn } from '../encryption.ts'
import type { ObjectChecksum, ObjectEntry, PartEntry, UploadEntry } from '../entries.ts'
import { KeyVersions } from '../key-versions.ts'
import { parseFacts, refuseNotOffered } from '../object-facts.ts'
import { CHECKSUMS, openPayload, type PayloadFacts } from '../payload.ts'
import { invalidArgument, S3Error } from '../s3-error.ts'
import { type Stored, storeStream } from '../storing.ts'
import { parseTagsHeader } from '../tags.ts'
import { children, formatXml, malformedXml, parseXml, textOf } from '../xml.ts'
import { authorizeWrite, etagOf, eventOf, newVersion, versionHeadersOf } from './put-object.ts'

/** Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
const PARTS_MAX = 10_000
const PART_MIN_BYTES = 5_242_880
const PAGE = 1_000

/** CreateMultipartUpload. */
export const createMultipartUpload: S3Operation = {
  name: 'CreateMultipartUpload',
  readOnly: false,
  on: 'object',
  run: async (call) => {
    const { bucket, key, request, dependencies, caller } = call
    const { headers } = request
    refuseNotOffered(headers)
    const choice = encryptionChoice(headers, bucket.encryption, call.customerKey())
    const tags = parseTagsHeader(headers)
    await authorizeWrite(call, tags)
    const facts = parseFacts(headers)
    const { dataKey, encryption } = await dependencies.dataKeys.create(call, choice)
    dataKey[Symbol.dispose]()
    const upload: UploadEntry = {
      format: 1,
      id: newVersion(call),
      key,
      createdAt: call.now,
      initiator: caller.arn,
      encryption,
      ...checksumOf(headers),
      ...facts,
      tags,
    }
    await holdObject(call, key)
    return {
      changes: [putUpload(bucket.name, upload)],
      headers: [
        ...encryptionHeaders(encryption, headers),
        ...(upload.checksumAlgorithm === undefined
          ? []
          : [['x-amz-checksum-algorithm', upload.checksumAlgorithm.toUpperCase()] as const]),
        ...(upload.checksumType === undefined ? [] : [['x-amz-checksum-type', upload.checksumType] as const]),
      ],
      body: formatXml('InitiateMultipartUploadResult', {
        Bucket: bucket.name,
        Key: key,
        UploadId: upload.id,
      }),
      event: { response: { uploadId: upload.id } },
    }
  },
}

/** Source: Amazon S3 User Guide, "Checking object integrity": which algorithm has which types. */
function checksumOf(
  headers: ReadonlyMap<string, string>,
): Pick<UploadEntry, 'checksumAlgorithm' | 'checksumType'> {
  const name = headers.get('x-amz-checksum-algorithm')?.toLowerCase()
  if (name === undefined) return {}
  const algorithm = CHECKSUMS.find((candidate) => candidate === name)
  const type = headers.get('x-amz-checksum-type') ?? (algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE')
  const isOffered = type === 'FULL_OBJECT' ? isCombinable(algorithm ?? 'md5') : algorithm !== 'crc64nvme'
  if (algorithm === undefined || (type !== 'FULL_OBJECT' && type !== 'COMPOSITE') || !isOffered) {
    throw new S3Error(
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${name} checksum algorithm.`,
    )
  }
  return { checksumAlgorithm: algorithm, checksumType: type }
}

/** The upload that a call names. @throws S3Error NoSuchUpload. */
export function findUpload({ bucket, key, request, dependencies }: ObjectCall): UploadEntry {
  const id = request.query.get('uploadId') ?? ''
  const upload = dependencies.catalogue.upload(bucket.name, key, id)
  if (upload !== undefined) return upload
  throw new S3Error(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { elements: { UploadId: id } },
  )
}

/** UploadPart. */
export const uploadPart: S3Operation = {
  name: 'UploadPart',
  readOnly: false,
  on: 'object',
  run: async (call) => {
    await authorizeWrite(call)
    const upload = findUpload(call)
    const payload = openPayload(call.request, call.authenticated, true)
    const { entry, answer } = await putStreamOfPart(call, upload, payload)
    const headers = [
      ['ETag', `"${entry.etag}"`] as const,
      ...encryptionHeaders(upload.encryption, call.request.headers),
      ...(entry.checksum === undefined
        ? []
        : [[`x-amz-checksum-${entry.checksum.algorithm}`, entry.checksum.value] as const]),
    ]
    return { ...answer, headers }
  },
}

/** Stores a part in the place of one with its number. @throws S3Error. */
export async function putStreamOfPart(
  call: ObjectCall,
  upload: UploadEntry,
  bytes: Stored<PayloadFacts>,
): Promise<{ readonly entry: PartEntry; readonly answer: S3Answer }> {
  const { bucket, key, dependencies, request } = call
  const { catalogue, files } = dependencies
  const part = parsePartNumber(request.query.get('partNumber') ?? '')
  using dataKey = await openUpload(call, upload)
  const binding = { bucket: bucket.name, key, version: upload.id, part }
  const { stream, facts } = await storeStream(dependencies, dataKey, binding, bytes)
  const entry: PartEntry = {
    format: 1,
    part,
    etag: etagOf(call, upload.encryption, facts.md5),
    modifiedAt: dependencies.clock.now(),
    ...(facts.checksum !== undefined && { checksum: facts.checksum }),
    ...stream,
  }
  try {
    await holdObject(call, key)
    findUpload(call)
  } catch (error) {
    await files.remove(stream.file)
    throw error
  }
  const before = catalogue.part(upload.id, part)
  const answer = {
    changes: [putPart(upload.id, entry)],
    settles: [stream.file],
    isCommitted: () => catalogue.part(upload.id, part)?.file === stream.file,
    disposes: before === undefined ? [] : [before.file],
  }
  return { entry, answer }
}

/** The data key of an upload. @throws S3Error. */
function openUpload(call: ObjectCall, { encryption }: UploadEntry): Promise<Secret> {
  const customerKey = call.customerKey()
  if (encryption.type === 'customer' && customerKey === undefined) {
    throw new S3Error(
      'InvalidRequest',
      'The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.',
    )
  }
  return call.dependencies.dataKeys.open(call, encryption, customerKey)
}

function parsePartNumber(text: string): number {
  const part = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (part >= 1 && part <= PARTS_MAX) return part
  const message = `Part number must be an integer between 1 and ${PARTS_MAX}, inclusive`
  throw invalidArgument(message, 'partNumber', text)
}

/** AbortMultipartUpload. */
export const abortMultipartUpload: S3Operation = {
  name: 'AbortMultipartUpload',
  readOnly: false,
  on: 'object',
  run: async (call) => {
    const { bucket, key } = call
    await call.authorize([
      { action: 's3:AbortMultipartUpload', resource: objectArn(bucket.name, key), bucket },
    ])
    await holdObject(call, key)
    const upload = findUpload(call)
    const parts = allParts(call, upload)
    return {
      status: 204,
      changes: [removeUpload(bucket.name, upload), ...parts.map(({ part }) => removePart(upload.id, part))],
      disposes: parts.map(({ file }) => file),
    }
  },
}

function allParts({ dependencies }: ObjectCall, { id }: UploadEntry): readonly PartEntry[] {
  const parts: PartEntry[] = []
  for (;;) {
    const page = dependencies.catalogue.parts(id, parts.at(-1)?.part ?? 0, PAGE)
    parts.push(...page)
    if (page.length < PAGE) return parts
  }
}

/** CompleteMultipartUpload. */
export const completeMultipartUpload: S3Operation = {
  name: 'CompleteMultipartUpload',
  readOnly: false,
  on: 'object',
  run: complete,
}

async function complete(call: ObjectCall): Promise<S3Answer> {
  const { bucket, key, request, dependencies } = call
  const { catalogue } = dependencies
  await authorizeWrite(call)
  const upload = findUpload(call)
  const named = parseParts(await readDocument(call))
  // The key of a customer need not be sent again.
  if (upload.encryption.type !== 'customer' || call.customerKey() !== undefined)
    (await openUpload(call, upload))[Symbol.dispose]()
  const now = await holdObject(call, key)
  findUpload(call)
  checkWrite(request.headers, catalogue.object(bucket.name, key))
  const stored = new Map(allParts(call, upload).map((entry) => [entry.part, entry]))
  const parts = named.map((part, index) => chosenPart(stored, part, index === named.length - 1))
  const entry = completed(call, upload, parts)
  checkWholeChecksum(request.headers, entry.checksum)
  const used = new Set(parts.map(({ file }) => file))
  const unused = [...stored.values()].filter(({ file }) => !used.has(file))
  const versions = new KeyVersions(catalogue, now, key)
  const versionHeaders = versionHeadersOf(now, versions.add(entry))
  const outcome = versions.outcome()
  const changes: CatalogueChange[] = [
    ...outcome.changes,
    removeUpload(bucket.name, upload),
    ...[...stored.keys()].map((part) => removePart(upload.id, part)),
  ]
  return {
    changes,
    disposes: [...outcome.disposes, ...unused.map(({ file }) => file)],
    headers: [...encryptionHeaders(upload.encryption, request.headers), ...versionHeaders],
    event: eventOf(versionHeaders),
    body: formatXml('CompleteMultipartUploadResult', {
      Location: `/${bucket.name}/${encodeURIComponent(key).replaceAll('%2F', '/')}`,
      Bucket: bucket.name,
      Key: key,
      ETag: `"${entry.etag}"`,
      ...(entry.checksum !== undefined && {
        [`Checksum${entry.checksum.algorithm.toUpperCase()}`]: entry.checksum.value,
        ChecksumType: entry.checksum.type,
      }),
    }),
  }
}

function completed(call: ObjectCall, upload: UploadEntry, parts: readonly PartEntry[]): ObjectEntry {
  const { headers, metadata, encryption, tags } = upload
  const md5 = runningHash('md5')
  for (const { etag } of parts) md5.update(Buffer.from(etag, 'hex'))
  const checksum = wholeChecksum(upload, parts)
  return {
    format: 1,
    version: upload.id,
    sizeBytes: parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    etag: `${etagOf(call, encryption, toHex(md5.digest()))}-${parts.length}`,
    modifiedAt: call.dependencies.clock.now(),
    encryption,
    ...(checksum !== undefined && { checksum }),
    streams: parts.map(({ part, file, sizeBytes }) => ({ part, file, sizeBytes })),
    headers,
    metadata,
    tags,
  }
}

/** The checksum of all parts, if each has one. */
function wholeChecksum(
  { checksumAlgorithm: algorithm, checksumType: type }: UploadEntry,
  parts: readonly PartEntry[],
): ObjectChecksum | undefined {
  if (algorithm === undefined || type === undefined) return undefined
  const values: { readonly digest: Uint8Array; readonly sizeBytes: number }[] = []
  for (const { checksum, sizeBytes } of parts) {
    const digest = checksum?.algorithm === algorithm ? parseBase64(checksum.value) : undefined
    if (digest === undefined) return undefined
    values.push({ digest, sizeBytes })
  }
  if (type === 'FULL_OBJECT') return { algorithm, type, value: toBase64(combineCrcs(algorithm, values)) }
  const hash = runningHash(algorithm)
  hash.update(concatBytes(...values.map(({ digest }) => digest)))
  return { algorithm, type, value: `${toBase64(hash.digest())}-${parts.length}` }
}

/** @throws S3Error BadDigest when the client expects another checksum of the whole object. */
function checkWholeChecksum(
  headers: ReadonlyMap<string, string>,
  checksum: ObjectChecksum | undefined,
): void {
  for (const name of CHECKSUMS) {
    const expected = headers.get(`x-amz-checksum-${name}`)
    if (expected === undefined) continue
    const value = checksum?.algorithm === name ? checksum.value : undefined
    if (value !== expected) {
      throw new S3Error(
        'BadDigest',
        `The ${name.toUpperCase()} you specified did not match the calculated checksum.`,
      )
    }
  }
}

type NamedPart = { readonly part: number; readonly etag: string }

function parseParts(text: string): readonly NamedPart[] {
  const parts = children(parseXml(text, 'CompleteMultipartUpload'), 'Part').map((element) => {
    const number = textOf(element, 'PartNumber') ?? ''
    const etag = textOf(element, 'ETag')
    if (etag === undefined || !/^\d{1,5}$/.test(number)) throw malformedXml()
    return { part: Number(number), etag: etag.replace(/^"|"$/g, '') }
  })
  if (parts.length === 0 || parts.length > PARTS_MAX) throw malformedXml()
  for (const [index, { part }] of parts.entries()) {
    if (part > (parts[index - 1]?.part ?? 0)) continue
    const message =
      'The list of parts was not in ascending order. The parts list must be specified in order by part number.'
    throw new S3Error('InvalidPartOrder', message)
  }
  return parts
}

function chosenPart(
  stored: ReadonlyMap<number, PartEntry>,
  { part, etag }: NamedPart,
  isLast: boolean,
): PartEntry {
  const entry = stored.get(part)
  if (entry === undefined || entry.etag !== etag) {
    const message =
      "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
    throw new S3Error('InvalidPart', message, { elements: { PartNumber: String(part), ETag: etag } })
  }
  if (!isLast && entry.sizeBytes < PART_MIN_BYTES) {
    throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      elements: { PartNumber: String(part), ProposedSize: String(entry.sizeBytes) },
    })
  }
  return entry
}
