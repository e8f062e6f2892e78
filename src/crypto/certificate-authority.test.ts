import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { duplexPair } from 'node:stream'
import { test } from 'node:test'
import { connect, createSecureContext, TLSSocket } from 'node:tls'
import { systemRandom } from '../base/ports.ts'
import {
  createAuthority,
  type Issued,
  isPermitted,
  issueServerCertificate,
  permittedNames,
} from './certificate-authority.ts'

const NOW = Date.UTC(2026, 10, 30)
const NAMES = ['kms.eu-home-1.amazonaws.com', 'example.internal', '10.0.0.7', 'fd00::7']

function validity(days: number) {
  return { now: NOW, days, random: systemRandom }
}

let made: Promise<Issued> | undefined
function authority(): Promise<Issued> {
  made ??= createAuthority(NAMES, validity(3650))
  return made
}

test('an authority is limited to its names, and to one level of servers', async () => {
  const { cert } = await authority()
  const parsed = new X509Certificate(cert)
  assert.equal(parsed.ca, true)
  assert.ok(parsed.verify(parsed.publicKey))
  assert.deepEqual(permittedNames(cert), NAMES)
  assert.equal(parsed.validToDate.getTime(), NOW + 3650 * 86_400_000)
  assert.deepEqual(parsed.keyUsage, ['1.3.6.1.5.5.7.3.1'])
})

test('a server certificate has its names, fits its key, and is signed by the authority', async () => {
  const issuer = await authority()
  const names = ['localhost.example.internal', '10.0.0.7', 'fd00::7']
  const { cert, key } = await issueServerCertificate(issuer, names, validity(365))
  const parsed = new X509Certificate(cert)
  assert.ok(parsed.checkIssued(new X509Certificate(issuer.cert)))
  assert.ok(parsed.verify(new X509Certificate(issuer.cert).publicKey))
  assert.equal(parsed.ca, false)
  assert.equal(
    parsed.subjectAltName,
    'DNS:localhost.example.internal, IP Address:10.0.0.7, IP Address:FD00:0:0:0:0:0:0:7',
  )
  assert.equal(parsed.validToDate.getTime(), NOW + 365 * 86_400_000)
  assert.equal(parsed.validFromDate.getTime(), NOW - 3_600_000)
  createSecureContext({ cert, key })
  assert.notEqual(parsed.serialNumber, new X509Certificate(issuer.cert).serialNumber)
})

test('the key of another authority is refused', async () => {
  const other = await createAuthority(NAMES, validity(1))
  const { cert } = await authority()
  await assert.rejects(
    issueServerCertificate({ cert, key: other.key }, ['example.internal'], validity(1)),
    /the private key is not that of the authority/,
  )
})

test('isPermitted takes the names, what is below a DNS name, and no other address', () => {
  for (const [name, expected] of [
    ['example.internal', true],
    ['a.b.example.internal', true],
    ['*.example.internal', true],
    ['notexample.internal', false],
    ['internal', false],
    ['10.0.0.7', true],
    ['10.0.0.8', false],
    ['fd00:0:0::7', true],
    ['fd00::8', false],
  ] as const) {
    assert.equal(isPermitted(name, NAMES), expected, name)
  }
})

/** Why a client that trusts an authority alone refuses a server; nothing when it does not. */
async function refusalOf(
  { cert: ca }: Issued,
  { cert, key }: Issued,
  host: string,
): Promise<string | undefined> {
  const [near, far] = duplexPair()
  const server = new TLSSocket(far, { isServer: true, cert, key })
  const client = connect({ socket: near, ca, host })
  server.on('error', () => {})
  try {
    return await new Promise((resolve) => {
      client.once('secureConnect', () => resolve(undefined))
      client.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    })
  } finally {
    client.destroy()
    server.destroy()
  }
}

test('clients refuse certificates of an authority for names that it is not limited to, of either kind', async () => {
  const now = { now: Date.now(), days: 1, random: systemRandom }
  for (const permitted of [['10.0.0.7'], ['example.internal'], ['10.0.0.7', 'example.internal']]) {
    const issuer = await createAuthority(permitted, now)
    for (const name of ['10.0.0.7', '10.0.0.8', 'fd00::7', 'example.internal', 'example.com']) {
      const issued = await issueServerCertificate(issuer, [name], now)
      const refusal = await refusalOf(issuer, issued, name)
      const expected = permitted.includes(name)
      assert.equal(refusal === undefined, expected, `${permitted} signs ${name}: ${refusal}`)
    }
  }
})
