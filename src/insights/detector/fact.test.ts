import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkOf } from './fact.ts'

test('the network of an IPv4 address is its first 24 bits, also when it is written as IPv6', () => {
  assert.equal(networkOf('192.0.2.77'), '192.0.2.0/24')
  assert.equal(networkOf('::ffff:192.0.2.77'), '192.0.2.0/24')
})

test('the network of an IPv6 address is its first 48 bits, however it is written', () => {
  assert.equal(networkOf('2001:db8:12:3400::1'), '2001:db8:12::/48')
  assert.equal(networkOf('2001:0DB8:0012:0:0:0:0:1'), '2001:db8:12::/48')
  assert.equal(networkOf('2001:db8::5'), '2001:db8:0::/48')
  assert.equal(networkOf('::1'), '0:0:0::/48')
})

test('what is no address has no network', () => {
  for (const text of ['', 'AWS Internal', 'holdfast', 'cloudtrail.amazonaws.com', 'x:y:z::'])
    assert.equal(networkOf(text), '')
})
