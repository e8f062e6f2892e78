import { utf8 } from '../../base/bytes.ts'
import { idAfter, idAfterPrefix } from '../../store/ordered-file.ts'
import { readDocument } from '../body.ts'
import type { BucketCall, S3Operation } from '../call.ts'
import { type ListedVersion, putBucket } from '../catalogue.ts'
import { currentBucket, holdObject } from '../current-bucket.ts'
import { KeyVersions, NULL_VERSION, parseVersionId, placeOf, versionIdOf } from '../key-versions.ts'
import { invalidArgument, notImplemented } from '../s3-error.ts'
import { formatXml, malformedXml, parseXml, textOf, type XmlValue } from '../xml.ts'
import { authorizeBucket } from './buckets.ts'
import { beginList, type Encode, listPage } from './list-objects.ts'

/** GetBucketVersioning: nothing is said of a bucket that has never had versions. */
export const getBucketVersioning: S3Operation = {
  name: 'GetBucketVersioning',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:GetBucketVersioning')
    return { body: formatXml('VersioningConfiguration', { Status: call.bucket.versioning }) }
  },
}

/** PutBucketVersioning. */
export const putBucketVersioning: S3Operation = {
  name: 'PutBucketVersioning',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:PutBucketVersioning')
    const document = parseXml(await readDocument(call), 'VersioningConfiguration')
    if ((textOf(document, 'MfaDelete') ?? 'Disabled') !== 'Disabled') throw notImplemented('MfaDelete')
    const versioning = textOf(document, 'Status')
    if (versioning !== 'Enabled' && versioning !== 'Suspended') throw malformedXml()
    await holdObject(call, '')
    const now = currentBucket(call.dependencies.catalogue, call.bucket)
    return {
      changes: [putBucket({ ...now, versioning })],
      event: { additional: { versioningStatus: versioning } },
    }
  },
}

/** ListObjectVersions. */
export const listObjectVersions: S3Operation = {
  name: 'ListObjectVersions',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    const { bucket, dependencies, request } = call
    const { query } = request
    const keyMarker = query.get('key-marker') ?? ''
    const idMarker = query.get('version-id-marker')
    if (idMarker !== undefined && keyMarker === '') {
      throw invalidArgument(
        'A version-id marker cannot be specified without a key marker.',
        'version-id-marker',
        idMarker,
      )
    }
    const { asked, encode } = await beginList(call, 's3:ListBucketVersions')
    const rows = (from: Uint8Array, limit: number) =>
      dependencies.catalogue.allVersions(bucket.name, from, limit)
    const start = keyMarker === '' ? undefined : startAfter(call, keyMarker, { idMarker, asked })
    const page = listPage(rows, asked, start)
    const last = page.contents.at(-1)
    const isAfterKey = last !== undefined && last.key === page.last
    return {
      body: formatXml('ListVersionsResult', {
        Name: bucket.name,
        Prefix: encode(asked.prefix),
        KeyMarker: encode(keyMarker),
        VersionIdMarker: idMarker,
        NextKeyMarker: page.next && encode(page.last),
        NextVersionIdMarker: page.next && isAfterKey ? versionIdOf(last.entry()) : undefined,
        MaxKeys: asked.maxKeys,
        Delimiter: asked.delimiter && encode(asked.delimiter),
        IsTruncated: page.next !== undefined,
        EncodingType: query.get('encoding-type'),
        ...versionElements(call, page.contents, encode),
        CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      }),
    }
  },
}

type Marker = {
  readonly idMarker: string | undefined
  readonly asked: { readonly delimiter: string | undefined; readonly prefix: string }
}

/** The first id that may be listed after a marker. */
function startAfter(call: BucketCall, key: string, { idMarker, asked }: Marker): Uint8Array {
  const ofKey = utf8(`${key}\0`)
  if (idMarker === undefined || idMarker === '') {
    const { delimiter, prefix } = asked
    const isPrefix = delimiter !== undefined && key.startsWith(prefix) && key.endsWith(delimiter)
    return idAfterPrefix(isPrefix && key !== prefix ? utf8(key) : ofKey)
  }
  const { dependencies, bucket } = call
  const found =
    idMarker === NULL_VERSION
      ? new KeyVersions(dependencies.catalogue, bucket, key).find(NULL_VERSION)
      : undefined
  const place = found === undefined ? parseVersionId(idMarker)?.place : placeOf(found)
  // The marker may be the id of a version that is gone; that of no version is after all of its key.
  return place === undefined ? idAfterPrefix(ofKey) : idAfter(utf8(`${key}\0${place}`))
}

function versionElements(
  call: BucketCall,
  items: readonly ListedVersion[],
  encode: Encode,
): { readonly [name: string]: XmlValue } {
  const { bucket, dependencies } = call
  const versions: XmlValue[] = []
  const markers: XmlValue[] = []
  for (const { key, entry, id } of items) {
    const version = entry()
    // The current object has the key itself as its id.
    const isLatest =
      id.indexOf(0) < 0 ||
      (version.isMarker === true &&
        isNewest(new KeyVersions(dependencies.catalogue, bucket, key), versionIdOf(version)))
    const common = {
      Key: encode(key),
      VersionId: versionIdOf(version),
      IsLatest: isLatest,
      LastModified: new Date(version.modifiedAt).toISOString(),
      Owner: { ID: bucket.account, DisplayName: bucket.account },
    }
    if (version.isMarker === true) {
      markers.push(common)
      continue
    }
    versions.push({
      ...common,
      ETag: `"${version.etag}"`,
      ChecksumAlgorithm: version.checksum?.algorithm.toUpperCase(),
      ChecksumType: version.checksum?.type,
      Size: version.sizeBytes,
      StorageClass: 'STANDARD',
    })
  }
  return { Version: versions, DeleteMarker: markers }
}

function isNewest(versions: KeyVersions, id: string): boolean {
  const latest = versions.latest()
  return latest !== undefined && versionIdOf(latest) === id
}
