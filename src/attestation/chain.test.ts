import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ChainChanges,
  issueCertificate,
  makeChain,
  type TestChain,
} from '../../test/support/attestation.ts'
import { verifyChain } from './chain.ts'
import { Refused } from './refused.ts'

const NOW = Date.now()
const DAY_MS = 86_400_000

function verify({ bundle, leaf }: TestChain, now = NOW): Promise<unknown> {
  const encoded = bundle.map((each) => each.encoded)
  return verifyChain({ bundle: encoded, certificate: leaf.encoded }, encoded.slice(0, 1), now)
}

async function assertRefused(chain: TestChain, why: RegExp, now = NOW): Promise<void> {
  await assert.rejects(verify(chain, now), (error) => error instanceof Refused && why.test(error.message))
}

const GOOD: Readonly<Record<string, ChainChanges>> = {
  'as AWS makes it': {},
  'whose root allows just as many authorities as there are': { root: { pathLength: 2 } },
  'without limits on its length': { root: {}, upper: { pathLength: 200 }, lower: { pathLength: 200 } },
  'whose last certificate says nothing of authorities': { leaf: { authority: undefined } },
  'with extensions that are not critical and not known': { leaf: { uncritical: ['2.5.29.35', '1.2.3.4'] } },
  'with times of four digits': { root: { generalizedTime: true, notAfter: Date.parse('2055-01-01') } },
}

for (const [what, changes] of Object.entries(GOOD)) {
  test(`verifyChain accepts a chain ${what}`, async () => {
    assert.ok(await verify(makeChain(changes)))
  })
}

const BAD: Readonly<Record<string, readonly [ChainChanges, RegExp]>> = {
  'whose root is too short': [{ root: { pathLength: 1 } }, /longer than one/],
  'whose second certificate is too short': [{ upper: { pathLength: 0 } }, /longer than one/],
  'with a certificate that is not of an authority': [{ lower: { authority: false } }, /not of an authority/],
  'with a certificate without basic constraints': [
    { upper: { authority: undefined } },
    /not of an authority/,
  ],
  'whose root is not of an authority': [{ root: { authority: false } }, /not of an authority/],
  'with a certificate that may not sign others': [
    { lower: { usages: ['digitalSignature'] } },
    /may not sign cert/,
  ],
  'whose root may not sign others': [{ root: { usages: [] } }, /may not sign cert/],
  'whose last certificate is of an authority': [{ leaf: { authority: true } }, /that of an authority/],
  'whose last certificate has a path length': [{ leaf: { pathLength: 0 } }, /that of an authority/],
  'whose last certificate may not sign data': [
    { leaf: { usages: ['keyCertSign'] } },
    /key that may not sign$/,
  ],
  'with a key of another curve': [{ leaf: { curve: 'P-256' } }, /not of P-384/],
  'with a hash that is too short': [{ lower: { hash: 'sha256' } }, /not signed by ECDSA with SHA-384/],
  'with a critical extension that is not known': [
    { leaf: { critical: ['2.5.29.32'] } },
    /critical extension/,
  ],
  'with a critical extension of an authority that is not known': [
    { upper: { critical: ['1.3.6.1.4.1.11129.2.4.3'] } },
    /critical extension/,
  ],
  'whose root has a critical extension that is not known': [
    { root: { critical: ['1.2.3.4'] } },
    /critical extension/,
  ],
  'with critical name constraints': [{ upper: { critical: ['2.5.29.30'] } }, /limits the names/],
  'with name constraints that are not critical': [
    { lower: { uncritical: ['2.5.29.30'] } },
    /limits the names/,
  ],
  'whose root has name constraints': [{ root: { uncritical: ['2.5.29.30'] } }, /limits the names/],
  'with policy constraints': [{ upper: { uncritical: ['2.5.29.36'] } }, /limits the names or policies/],
  'that inhibits any policy': [{ upper: { uncritical: ['2.5.29.54'] } }, /limits the names or policies/],
  'with an extension twice': [{ upper: { doubled: true } }, /extension twice/],
  'whose last certificate has an extension twice': [{ leaf: { doubled: true } }, /extension twice/],
  'with an unknown extension twice': [{ leaf: { uncritical: ['1.2.3.4', '1.2.3.4'] } }, /extension twice/],
  'with another algorithm outside the signed part': [
    { lower: { outerHash: 'sha256' } },
    /not signed by ECDSA with SHA-384/,
  ],
  'with another algorithm inside the signed part': [
    { leaf: { hash: 'sha256', outerHash: 'sha384' } },
    /not signed by ECDSA with SHA-384/,
  ],
  'with bytes behind a certificate': [{ leaf: { behind: 1 } }, /not ASN\.1/],
  'with a certificate of version 1': [{ upper: { version: 0 } }, /version 3/],
  'with an authority that has ended': [{ upper: { notAfter: NOW - DAY_MS / 2 } }, /not valid at this time/],
  'whose last certificate has ended': [{ leaf: { notAfter: NOW - DAY_MS / 2 } }, /not valid at this time/],
  'whose root has ended': [{ root: { notAfter: NOW - DAY_MS / 2 } }, /not valid at this time/],
  'whose last certificate has not begun': [
    { leaf: { notBefore: NOW + DAY_MS / 2 } },
    /not valid at this time/,
  ],
}

for (const [what, [changes, why]] of Object.entries(BAD)) {
  test(`verifyChain refuses a chain ${what}`, async () => {
    await assertRefused(makeChain(changes), why)
  })
}

test('verifyChain takes a certificate from its first second to its last', async () => {
  const notBefore = Date.parse('2030-01-01T00:00:00Z')
  const notAfter = Date.parse('2030-01-02T00:00:00Z')
  const long = { notBefore: notBefore - DAY_MS, notAfter: notAfter + DAY_MS }
  const chain = makeChain({ root: long, upper: long, lower: { notBefore, notAfter }, leaf: long })
  assert.ok(await verify(chain, notBefore))
  assert.ok(await verify(chain, notAfter + 999))
  await assertRefused(chain, /not valid at this time/, notBefore - 1)
  await assertRefused(chain, /not valid at this time/, notAfter + 1000)
})

test('verifyChain refuses a chain with a link left out, doubled or exchanged', async () => {
  const chain = makeChain()
  const [root, upper, lower] = chain.bundle
  assert.ok(root && upper && lower)
  for (const bundle of [[root, upper], [root, lower], [root], [root, lower, upper]]) {
    await assertRefused({ ...chain, bundle }, /not issued by the one above it|longer than one/)
  }
  await assertRefused({ ...chain, bundle: [root, upper, upper, lower] }, /longer than one|not issued/)
})

test('verifyChain refuses a chain that does not begin with the root', async () => {
  const chain = makeChain()
  const encoded = chain.bundle.map((each) => each.encoded)
  const certificate = chain.leaf.encoded
  for (const bundle of [encoded.slice(1), [], encoded.toReversed()]) {
    await assert.rejects(verifyChain({ bundle, certificate }, encoded.slice(0, 1), NOW), /trusted here/)
  }
})

test('verifyChain refuses an authority with the right name and another key', async () => {
  const chain = makeChain()
  const [root, upper] = chain.bundle
  const { bundle } = makeChain()
  const [, , lower] = bundle
  assert.ok(root && upper && lower)
  const forged = issueCertificate(
    { subject: 'an enclave', authority: false, usages: ['digitalSignature'] },
    lower,
  )
  await assertRefused({ ...chain, bundle: [root, upper, lower], leaf: forged }, /signature that is not by/)
})
