import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTarget } from './target.ts'

test('parseTarget gives path and query of the absolute form, and who it names', () => {
  for (const [url, target, authority] of [
    ['http://a:7600/', '/', 'a:7600'],
    ['HTTPS://a/x/y?Action=b', '/x/y?Action=b', 'a'],
    ['http://a', '/', 'a'],
    ['http://a?x=http://b/', '/?x=http://b/', 'a'],
    ['http://[::1]:7600//x', '//x', '[::1]:7600'],
    ['http://user@a/', '/', 'user@a'],
    ['http:///x', '/x', ''],
  ] as const) {
    assert.deepEqual(parseTarget(url), { target, authority }, url)
  }
})

test('parseTarget leaves every other form as it is', () => {
  for (const url of ['/', '/x?y', '//a/b', '/http://a/', '*', 'a:443', 'ftp://a/', 'http:/a', '']) {
    assert.deepEqual(parseTarget(url), { target: url, authority: undefined }, url)
  }
})
