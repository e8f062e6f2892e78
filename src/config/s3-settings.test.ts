import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './settings.ts'

test('the folder of the objects is in the data folder unless a setting names one', () => {
  const folderOf = (environment: Readonly<Record<string, string>>): string =>
    parseConfig({ flags: {}, environment }).s3.folder
  assert.equal(folderOf({ HOLDFAST_DATA: '/srv/keys' }), '/srv/keys/s3')
  assert.equal(folderOf({ HOLDFAST_DATA: '/srv/keys', HOLDFAST_S3_FOLDER: '/srv/objects' }), '/srv/objects')
})

test('the domain of virtual hosts is a name', () => {
  const domainOf = (domain: string): string | undefined =>
    parseConfig({ flags: {}, environment: { HOLDFAST_S3_DOMAIN: domain } }).s3.domain
  assert.equal(domainOf('S3.example'), 's3.example')
  for (const text of ['', '.', 'a..b', 'https://s3.example', 's3.example:7690']) {
    assert.throws(() => domainOf(text), /HOLDFAST_S3_DOMAIN: expected a domain name/, text)
  }
})

test('the gateway serves other machines only over TLS', () => {
  const environment = { HOLDFAST_S3_LISTEN: '0.0.0.0:7690' }
  assert.throws(
    () => parseConfig({ flags: {}, environment }),
    /HOLDFAST_S3_LISTEN: expected a loopback address/,
  )
})
