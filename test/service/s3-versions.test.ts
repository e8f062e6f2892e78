/** Versions and tags of the S3 gateway. */

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { readEvents } from '../support/audit.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import {
  type S3Ask,
  type S3Reply,
  s3,
  s3Succeeds,
  startGateway,
  type TestGateway,
} from '../support/s3-gateway.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer
let gateway: TestGateway

before(async () => {
  server = await startServer()
  gateway = await startGateway(server)
})

after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

type Headers = Readonly<Record<string, string>>

const ask = (
  method: string,
  target: string,
  headers: Headers = {},
  more: Partial<S3Ask> = {},
): Promise<S3Reply> => s3(gateway, { method, target, headers, ...more })

async function withVersions(bucket: string, status = 'Enabled'): Promise<void> {
  await ask('PUT', `/${bucket}`)
  const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`
  await s3Succeeds(gateway, { method: 'PUT', target: `/${bucket}?versioning`, body })
}

const idOf = ({ headers }: S3Reply): string => String(headers['x-amz-version-id'])

const put = (target: string, body: string, headers: Headers = {}): Promise<S3Reply> =>
  s3Succeeds(gateway, { method: 'PUT', target, body, headers })

async function storedFiles(): Promise<number> {
  const names = await readdir(gateway.folder, { recursive: true })
  return names.filter((name) => /[0-9a-f]{32}$/.test(name)).length
}

test('a bucket says whether it has versions', async () => {
  await ask('PUT', '/status')
  assert.doesNotMatch((await ask('GET', '/status?versioning')).body.toString(), /Status/)
  assert.equal((await put('/status/a', 'x')).headers['x-amz-version-id'], undefined)
  await withVersions('status')
  assert.match((await ask('GET', '/status?versioning')).body.toString(), /<Status>Enabled</)
  await withVersions('status', 'Suspended')
  assert.match((await ask('GET', '/status?versioning')).body.toString(), /<Status>Suspended</)
  const mfa =
    '<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>'
  assert.equal((await ask('PUT', '/status?versioning', {}, { body: mfa })).code, 'NotImplemented')
  const wrong = '<VersioningConfiguration><Status>Off</Status></VersioningConfiguration>'
  assert.equal((await ask('PUT', '/status?versioning', {}, { body: wrong })).code, 'MalformedXML')
})

test('each put is a version that can be read, also after the object is deleted', async () => {
  await ask('PUT', '/kept')
  await put('/kept/a', 'before')
  await withVersions('kept')
  const first = idOf(await put('/kept/a', 'first'))
  const second = idOf(await put('/kept/a', 'second'))
  assert.notEqual(first, second)
  const read = async (id?: string): Promise<S3Reply> =>
    ask('GET', `/kept/a${id === undefined ? '' : `?versionId=${id}`}`)
  assert.equal((await read()).body.toString(), 'second')
  assert.equal(idOf(await read()), second)
  assert.equal((await read(first)).body.toString(), 'first')
  assert.equal((await read('null')).body.toString(), 'before')
  assert.equal(idOf(await ask('HEAD', '/kept/a?versionId=null')), 'null')
  const deleted = await ask('DELETE', '/kept/a')
  assert.equal(deleted.headers['x-amz-delete-marker'], 'true')
  const marker = idOf(deleted)
  const gone = await read()
  assert.deepEqual([gone.code, gone.headers['x-amz-delete-marker']], ['NoSuchKey', 'true'])
  assert.equal(idOf(gone), marker)
  const hidden = await read(marker)
  assert.deepEqual([hidden.status, hidden.code], [405, 'MethodNotAllowed'])
  assert.equal((await read('0'.repeat(46))).code, 'NoSuchVersion')
  assert.equal((await read(first)).body.toString(), 'first')
  assert.doesNotMatch((await ask('GET', '/kept')).body.toString(), /<Key>/)
  assert.equal((await ask('DELETE', '/kept')).code, 'BucketNotEmpty')
  // Without its marker, the object is there again.
  const removed = await ask('DELETE', `/kept/a?versionId=${marker}`)
  assert.deepEqual(
    [removed.status, removed.headers['x-amz-delete-marker'], idOf(removed)],
    [204, 'true', marker],
  )
  assert.equal((await read()).body.toString(), 'second')
  await ask('DELETE', `/kept/a?versionId=${second}`)
  assert.equal((await read()).body.toString(), 'first')
  const [event] = (await readEvents(server.data)).filter(
    ({ eventName, requestParameters }) => eventName === 'DeleteObject' && requestParameters?.['key'] === 'a',
  )
  assert.equal(event?.['responseElements']?.['x-amz-version-id'], marker)
})

test('a suspended bucket replaces the null version only', async () => {
  await withVersions('paused')
  const kept = idOf(await put('/paused/a', 'kept'))
  await withVersions('paused', 'Suspended')
  assert.equal(idOf(await put('/paused/a', 'null 1')), 'null')
  assert.equal(idOf(await put('/paused/a', 'null 2')), 'null')
  assert.equal((await ask('GET', '/paused/a?versionId=null')).body.toString(), 'null 2')
  assert.equal((await ask('GET', `/paused/a?versionId=${kept}`)).body.toString(), 'kept')
  assert.equal(idOf(await ask('DELETE', '/paused/a')), 'null')
  assert.equal((await ask('GET', '/paused/a?versionId=null')).code, 'MethodNotAllowed')
  const listed = (await ask('GET', '/paused?versions')).body.toString()
  assert.equal(listed.match(/<Version>/g)?.length, 1)
  assert.equal(listed.match(/<DeleteMarker>/g)?.length, 1)
})

test('lists of versions have pages, prefixes and delimiters', async () => {
  await withVersions('pages')
  for (const key of ['a', 'b/1', 'b/2', 'c', 'a', 'c', 'a']) await put(`/pages/${key}`, key)
  await ask('DELETE', '/pages/c')
  await ask('DELETE', '/pages/never')
  const page = async (
    query: string,
  ): Promise<{ readonly text: string; readonly items: readonly string[] }> => {
    const text = (
      await s3Succeeds(gateway, { method: 'GET', target: `/pages?versions&${query}` })
    ).body.toString()
    const items = [...text.matchAll(/<(Version|DeleteMarker)><Key>([^<]+)<.*?<IsLatest>(\w+)</g)]
    return { text, items: items.map(([, kind, key, latest]) => `${kind} ${key} ${latest}`) }
  }
  const whole = (await page('')).items
  assert.deepEqual(whole.toSorted(), [
    ...[
      'DeleteMarker c true',
      'DeleteMarker never true',
      'Version a false',
      'Version a false',
      'Version a true',
    ],
    ...['Version b/1 true', 'Version b/2 true', 'Version c false', 'Version c false'],
  ])
  for (const max of [1, 2, 4, 9]) {
    const found: string[] = []
    let query = `max-keys=${max}`
    for (;;) {
      const { text, items } = await page(query)
      found.push(...items)
      const [, key] = /<NextKeyMarker>([^<]+)</.exec(text) ?? []
      if (key === undefined) break
      const [, id] = /<NextVersionIdMarker>([^<]+)</.exec(text) ?? []
      query = `max-keys=${max}&key-marker=${key}&version-id-marker=${id}`
    }
    assert.deepEqual(found.toSorted(), whole.toSorted(), `pages of ${max}`)
  }
  const grouped = await page('delimiter=/&prefix=b')
  assert.match(grouped.text, /<CommonPrefixes><Prefix>b\/</)
  assert.deepEqual(grouped.items, [])
  assert.equal(
    (await page('key-marker=b/2')).items.some((item) => /[ab]/.test(item.split(' ')[1] ?? '')),
    false,
  )
  assert.equal((await ask('GET', '/pages?versions&version-id-marker=x')).code, 'InvalidArgument')
})

test('a copy, and an upload in parts, make versions, and a version can be copied', async () => {
  await withVersions('copies')
  const old = idOf(await put('/copies/a', 'old'))
  await put('/copies/a', 'new')
  const copied = await ask('PUT', '/copies/b', { 'x-amz-copy-source': `/copies/a?versionId=${old}` })
  assert.equal(copied.headers['x-amz-copy-source-version-id'], old)
  assert.match(idOf(copied), /^[0-9a-f]{46}$/)
  assert.equal((await ask('GET', '/copies/b')).body.toString(), 'old')
  // An older version is restored by copying it onto its object.
  assert.equal(
    (await ask('PUT', '/copies/a', { 'x-amz-copy-source': `/copies/a?versionId=${old}` })).status,
    200,
  )
  assert.equal((await ask('GET', '/copies/a')).body.toString(), 'old')
  const begun = await ask('POST', '/copies/parts?uploads')
  const upload = /<UploadId>([^<]+)</.exec(begun.body.toString())?.[1] ?? ''
  const { headers } = await put(`/copies/parts?partNumber=1&uploadId=${upload}`, 'part')
  const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${headers.etag}</ETag></Part></CompleteMultipartUpload>`
  const done = await ask('POST', `/copies/parts?uploadId=${upload}`, {}, { body })
  assert.equal((await ask('GET', `/copies/parts?versionId=${idOf(done)}`)).body.toString(), 'part')
})

test('DeleteObjects removes versions, several of one key too, and their files', async () => {
  const before = await storedFiles()
  await withVersions('many')
  const ids = [
    idOf(await put('/many/a', '1')),
    idOf(await put('/many/a', '2')),
    idOf(await put('/many/a', '3')),
  ]
  const object = (key: string, id?: string): string =>
    `<Object><Key>${key}</Key>${id === undefined ? '' : `<VersionId>${id}</VersionId>`}</Object>`
  const remove = (...objects: readonly string[]): Promise<S3Reply> =>
    ask('POST', '/many?delete', {}, { body: `<Delete>${objects.join('')}</Delete>` })
  const some = await remove(object('a', ids[2]), object('a', ids[0]))
  assert.equal(some.body.toString().match(/<Deleted>/g)?.length, 2)
  assert.equal((await ask('GET', '/many/a')).body.toString(), '2')
  const hidden = await remove(object('a'))
  const marker = /<DeleteMarkerVersionId>([^<]+)</.exec(hidden.body.toString())?.[1]
  assert.equal((await ask('GET', '/many/a')).code, 'NoSuchKey')
  await remove(object('a', marker), object('a', ids[1]))
  assert.equal((await ask('DELETE', '/many')).status, 204)
  await until('the files are removed', async () => ((await storedFiles()) === before ? true : undefined))
})

const TAGS = '<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>'

test('objects, versions and buckets have tags', async () => {
  await withVersions('tagged')
  const first = idOf(await put('/tagged/a', '1', { 'x-amz-tagging': 'team=red&project=x%20y' }))
  assert.equal((await ask('HEAD', '/tagged/a')).headers['x-amz-tagging-count'], '2')
  const shown = (await ask('GET', '/tagged/a?tagging')).body.toString()
  assert.match(shown, /<Tag><Key>team<\/Key><Value>red<\/Value><\/Tag><Tag><Key>project<\/Key><Value>x y</)
  await put('/tagged/a', '2')
  assert.equal((await ask('PUT', '/tagged/a?tagging', {}, { body: TAGS })).status, 200)
  assert.match((await ask('GET', '/tagged/a?tagging')).body.toString(), /blue/)
  assert.match((await ask('GET', `/tagged/a?tagging&versionId=${first}`)).body.toString(), /red/)
  assert.equal((await ask('PUT', `/tagged/a?tagging&versionId=${first}`, {}, { body: TAGS })).status, 200)
  assert.match((await ask('GET', `/tagged/a?tagging&versionId=${first}`)).body.toString(), /blue/)
  assert.equal((await ask('DELETE', '/tagged/a?tagging')).status, 204)
  assert.doesNotMatch((await ask('GET', '/tagged/a?tagging')).body.toString(), /<Tag>/)
  assert.equal((await ask('GET', `/tagged/a?versionId=${first}`)).body.toString(), '1')
  assert.equal((await ask('GET', '/tagged/absent?tagging')).code, 'NoSuchKey')
  assert.equal((await ask('PUT', '/tagged/absent?tagging', {}, { body: TAGS })).code, 'NoSuchKey')
  const from = { 'x-amz-copy-source': `/tagged/a?versionId=${first}` }
  await ask('PUT', '/tagged/b', from)
  assert.match((await ask('GET', '/tagged/b?tagging')).body.toString(), /blue/)
  await ask('PUT', '/tagged/b', { ...from, 'x-amz-tagging-directive': 'REPLACE', 'x-amz-tagging': 'a=b' })
  assert.doesNotMatch((await ask('GET', '/tagged/b?tagging')).body.toString(), /blue/)
  assert.equal((await ask('GET', '/tagged?tagging')).code, 'NoSuchTagSet')
  assert.equal((await ask('PUT', '/tagged?tagging', {}, { body: TAGS })).status, 204)
  assert.match((await ask('GET', '/tagged?tagging')).body.toString(), /blue/)
  assert.equal((await ask('DELETE', '/tagged?tagging')).status, 204)
})

test('tags that S3 does not take are refused', async () => {
  await ask('PUT', '/strict')
  const many = Array.from({ length: 11 }, (_, at) => `k${at}=v`).join('&')
  const wrong: readonly (readonly [string, string])[] = [
    [many, 'BadRequest'],
    ['a=1&a=2', 'InvalidTag'],
    ['aws:a=1', 'InvalidTag'],
    [`${'k'.repeat(129)}=1`, 'InvalidTag'],
    [`k=${'v'.repeat(257)}`, 'InvalidTag'],
    ['k=<', 'InvalidTag'],
  ]
  for (const [tags, code] of wrong) {
    assert.equal((await ask('PUT', '/strict/a', { 'x-amz-tagging': tags }, { body: 'x' })).code, code, tags)
  }
  await put('/strict/a', 'x')
  for (const body of ['<Tagging></Tagging>', '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>'])
    assert.equal((await ask('PUT', '/strict/a?tagging', {}, { body })).code, 'MalformedXML')
})

test('conditions of policies see versions and tags', async () => {
  await withVersions('seen')
  const id = idOf(await put('/seen/red', 'x', { 'x-amz-tagging': 'Team=red' }))
  await put('/seen/blue', 'x', { 'x-amz-tagging': 'Team=blue' })
  const on = (action: readonly string[], condition: object) => ({
    Effect: 'Allow',
    Action: action,
    Resource: 'arn:aws:s3:::seen/*',
    Condition: condition,
  })
  const credentials = await newUser(
    iamClient(server),
    'tagger',
    policyText(
      on(['s3:GetObject', 's3:GetObjectVersion'], { StringEquals: { 's3:ExistingObjectTag/Team': 'red' } }),
      on(['s3:PutObject', 's3:PutObjectTagging'], {
        StringEquals: { 's3:RequestObjectTag/Team': 'red' },
        'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['Team'] },
      }),
      allow('s3:ListBucket'),
    ),
  )
  assert.equal((await ask('GET', '/seen/red', {}, { credentials })).status, 200)
  assert.equal((await ask('GET', `/seen/red?versionId=${id}`, {}, { credentials })).status, 200)
  assert.equal((await ask('GET', '/seen/blue', {}, { credentials })).code, 'AccessDenied')
  // Who may not read tags does not learn how many there are.
  const read = await ask('GET', '/seen/red', {}, { credentials })
  assert.equal(read.headers['x-amz-tagging-count'], undefined)
  const tagged = (tags: string) =>
    ask('PUT', '/seen/new', { 'x-amz-tagging': tags }, { credentials, body: 'x' })
  assert.equal((await tagged('Team=red')).status, 200)
  assert.equal((await tagged('Team=blue')).code, 'AccessDenied')
  assert.equal((await tagged('Team=red&other=x')).code, 'AccessDenied')
})

test('versions survive a kill, and nothing of them is left when they are gone', async () => {
  await withVersions('restart')
  const id = idOf(await put('/restart/a', 'first'))
  await put('/restart/a', 'second')
  await gateway.kill()
  gateway = await startGateway(server)
  assert.equal((await ask('GET', `/restart/a?versionId=${id}`)).body.toString(), 'first')
  assert.equal((await ask('GET', '/restart/a')).body.toString(), 'second')
})
