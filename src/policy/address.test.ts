import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import test from 'node:test'
import fc from 'fast-check'
import { present } from '../base/assert.ts'
import { contains, parseAddress, parseAddressBlock } from './address.ts'

function isIn(block: string, address: string): boolean {
  return contains(present(parseAddressBlock(block), block), present(parseAddress(address), address))
}

const TABLE: readonly (readonly [string, string, boolean])[] = [
  ['10.0.0.0/8', '10.255.1.2', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['10.1.2.3/8', '10.9.9.9', true],
  ['192.0.2.128/25', '192.0.2.127', false],
  ['192.0.2.128/25', '192.0.2.200', true],
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['::/0', '2001:db8::1', true],
  ['::/0', '203.0.113.9', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::', false],
  ['2001:db8::1', '2001:0db8:0:0:0:0:0:1', true],
  ['2001:db8::1', '2001:db8::2', false],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['::ffff:10.0.0.0/104', '10.1.2.3', true],
  ['::ffff:10.0.0.0/104', '11.1.2.3', false],
  ['::ffff:0:0/95', '10.1.2.3', false],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221', true],
  ['::', '0:0:0:0:0:0:0:0', true],
]

for (const [block, address, expected] of TABLE) {
  test(`${block} ${expected ? 'contains' : 'does not contain'} ${address}`, () => {
    assert.equal(isIn(block, address), expected)
  })
}

const REFUSED = [
  ...['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.4/33', '1.2.3.4/', '1.2.3.4/a', '1.2.3.4/08'],
  ...[
    '1.2.3.4/8/8',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    '::/129',
  ],
  ...['fe80::1%eth0', '12345::', 'g::', '1.2.3.4::', '::1.2.3.4:5', '::1:2:3:4:5:6:7:8', 'g:2:3:4:5:6:7:8'],
  ...['::g', '1'.repeat(46)],
]

for (const text of REFUSED) {
  test(`parseAddressBlock refuses ${JSON.stringify(text)}`, () => {
    assert.equal(parseAddressBlock(text), undefined)
  })
}

test('contains agrees with a second implementation for IPv4', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 1, max: 32 }), (network, address, prefix) => {
      const list = new BlockList()
      list.addSubnet(network, prefix, 'ipv4')
      assert.equal(isIn(`${network}/${prefix}`, address), list.check(address, 'ipv4'))
      assert.ok(isIn(`${address}/${prefix}`, address))
    }),
  )
})

test('contains agrees with a second implementation for IPv6', () => {
  const near = fc.tuple(fc.ipV6(), fc.ipV6(), fc.integer({ min: 1, max: 128 }))
  fc.assert(
    fc.property(near, ([network, address, prefix]) => {
      // Mapped addresses are IPv4 here and IPv6 there.
      fc.pre(![network, address].some((text) => parseAddress(text)?.length === 2))
      const list = new BlockList()
      list.addSubnet(network, prefix, 'ipv6')
      assert.equal(isIn(`${network}/${prefix}`, address), list.check(address, 'ipv6'))
      assert.ok(isIn(`${address}/${prefix}`, address))
    }),
  )
})
