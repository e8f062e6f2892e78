import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalTarget, collectHeaders } from './canonical.ts'

test('canonicalTarget normalises the path and encodes it once more', () => {
  const cases = [
    ['/', '/'],
    ['', '/'],
    ['//', '/'],
    ['/./', '/'],
    ['/a/..', '/'],
    ['/a/../../b', '/b'],
    ['//a//b/', '/a/b/'],
    ['/a/./b', '/a/b'],
    ['/-._~09AZaz', '/-._~09AZaz'],
    ['/a%20b', '/a%2520b'],
    ['/a b', '/a%20b'],
    ["/!'()*:@$+,;=", '/%21%27%28%29%2A%3A%40%24%2B%2C%3B%3D'],
    ['/ሴ', '/%E1%88%B4'],
    ['/%E1%88%B4', '/%25E1%2588%25B4'],
  ]
  for (const [target = '', path] of cases) assert.equal(canonicalTarget(target), `${path}\n`, target)
})

test('canonicalTarget decodes, encodes and sorts the query', () => {
  const cases = [
    ['', ''],
    ['a', 'a='],
    ['a=', 'a='],
    ['b=1&a=2', 'a=2&b=1'],
    ['a=2&a=1&a', 'a=&a=1&a=2'],
    ['a=b=c', 'a=b%3Dc'],
    ['&&a=1&', 'a=1'],
    ['a=x+y%2B%20', 'a=x%20y%2B%20'],
    ['%41=%7e', 'A=~'],
    ['a=%', 'a=%25'],
    ['a=%4', 'a=%254'],
    ['a=%zz%g0%0g', 'a=%25zz%25g0%250g'],
    ['a=%ff', 'a=%FF'],
    ['a=ሴ', 'a=%E1%88%B4'],
    ['a=?', 'a=%3F'],
    ['b=1&%00=1&B=1', '%00=1&B=1&b=1'],
  ]
  for (const [query = '', expected = ''] of cases)
    assert.equal(canonicalTarget(`/?${query}`), `/\n${expected}`, query)
})

test('collectHeaders trims, collapses blanks and joins duplicates in order', () => {
  const rawHeaders = ['B', ' 2  \t x ', 'Host', 'h', 'a', 'y', 'b', '1', 'C', '\t', 'unlisted', 'z']
  assert.deepEqual(collectHeaders(rawHeaders, ['a', 'b', 'c', 'host']), {
    names: ['a', 'b', 'c', 'host'],
    values: ['y', '2 x,1', '', 'h'],
  })
})

test('collectHeaders sorts a list that is not sorted', () => {
  const headers = collectHeaders(['a', '1', 'host', 'h'], ['host', 'a'])
  assert.deepEqual(headers, { names: ['a', 'host'], values: ['1', 'h'] })
})

test('collectHeaders gives nothing when the list does not cover the request', () => {
  const rawHeaders = ['Host', 'h', 'X-Amz-Target', 't', 'a', '1']
  assert.ok(collectHeaders(rawHeaders, ['host', 'x-amz-target']))
  const lists = [
    [],
    ['host'],
    ['x-amz-target'],
    ['a', 'x-amz-target'],
    ['Host', 'x-amz-target'],
    ['host', 'X-Amz-Target'],
    ['host', 'missing', 'x-amz-target'],
    ['', 'host', 'x-amz-target'],
    ['host', 'host', 'x-amz-target'],
    ['x-amz-target', 'host', 'host'],
  ]
  for (const list of lists) assert.equal(collectHeaders(rawHeaders, list), undefined, list.join())
  assert.equal(collectHeaders(['a', '1'], ['host']), undefined)
})
