/** `holdfast tls issue`, and a listener with several certificates: clients get the one for the name that they ask for. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { NO_CERTIFICATES } from '../support/certificate.ts'
import { type Ended, holdfast, run } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

let folder: string
let server: TestServer
let ca: string

before(async () => {
  folder = await temporaryFolder()
  await made('--name', 'localhost', '--name', '127.0.0.1', '--permit', 'amazonaws.com')
  await made('--aws-region', 'eu-home-1', '--file', 'aws')
  ca = await readFile(join(folder, 'authority.crt'), 'utf8')
  server = await startServer({
    environment: {
      HOLDFAST_TLS_CERT: join(folder, 'server.crt'),
      HOLDFAST_TLS_KEY: join(folder, 'server.key'),
      HOLDFAST_TLS_FOLDER: folder,
    },
  })
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function issue(...args: readonly string[]): Promise<Ended> {
  return holdfast(['tls', 'issue', '--folder', folder, ...args])
}

async function made(...args: readonly string[]): Promise<string> {
  const { status, out, err } = await issue(...args)
  assert.equal(status, 0, err)
  return out
}

/** The certificate that a client gets which asks for a name, and accepts it for that name. */
async function certificateFor(servername: string): Promise<PeerCertificate> {
  const { hostname, port } = new URL(server.endpoint)
  const socket = connect({ host: hostname, port: Number(port), ca, servername })
  try {
    await once(socket, 'secureConnect')
    return socket.getPeerCertificate()
  } finally {
    socket.destroy()
  }
}

async function commonName(servername: string): Promise<string> {
  return String((await certificateFor(servername)).subject['CN'])
}

async function serialNumber(): Promise<string> {
  return (await certificateFor('localhost')).serialNumber
}

test('clients get the certificate for the name that they ask for, else that of the server', async () => {
  assert.equal(await commonName('localhost'), 'localhost')
  assert.equal(await commonName('kms.eu-home-1.amazonaws.com'), 'kms.eu-home-1.amazonaws.com')
  assert.equal(await commonName('STS.eu-home-1.amazonaws.com'), 'kms.eu-home-1.amazonaws.com')
  await assert.rejects(commonName('kms.eu-west-1.amazonaws.com'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

test('an AWS SDK without an endpoint setting works, by the host name of AWS', async () => {
  const { port } = new URL(server.endpoint)
  // What a hosts file and a port 443 do for a client.
  class Redirected extends Agent {
    override createConnection(options: Parameters<Agent['createConnection']>[0]): TLSSocket {
      return connect({ ca, servername: String(options.host), host: '127.0.0.1', port: Number(port) })
    }
  }
  const { credentials } = server
  const httpsAgent = new Redirected()
  const client = new KMSClient({ region: 'eu-home-1', credentials, requestHandler: { httpsAgent } })
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
  assert.match(KeyMetadata?.Arn ?? '', /^arn:aws:kms:eu-home-1:000000000000:key\//)
  client.destroy()
  httpsAgent.destroy()
})

test('a running server takes new certificates, also of new names, without a restart', async () => {
  const before = await serialNumber()
  await made('--name', 'localhost')
  await made('--aws-region', 'eu-home-2', '--file', 'second')
  server.process.kill('SIGHUP')
  await until('a new certificate', async () => ((await serialNumber()) === before ? undefined : true))
  assert.equal(await commonName('kms.eu-home-2.amazonaws.com'), 'kms.eu-home-2.amazonaws.com')
})

test('a certificate that cannot be used changes nothing', async () => {
  await writeFile(join(folder, 'broken.crt'), 'no certificate')
  await writeFile(join(folder, 'broken.key'), 'no key')
  server.process.kill('SIGHUP')
  await until('the reason in the log', async () =>
    server.errors().includes('the certificate was not replaced') ? true : undefined,
  )
  assert.match(server.errors(), /HOLDFAST_TLS_FOLDER: cannot use '[^']+broken\.crt'/)
  assert.equal(await commonName('localhost'), 'localhost')
  await rm(join(folder, 'broken.crt'))
  await rm(join(folder, 'broken.key'))
})

test('names beyond those of the authority are refused, and private keys are for their owner', async () => {
  const { status, err } = await issue('--name', 'example.com')
  assert.equal(status, 2)
  assert.match(err, /--name: expected names that the authority in '[^']+' is limited to .*got 'example.com'/)
  for (const name of await readdir(folder)) {
    const { mode } = await stat(join(folder, name))
    if (name.endsWith('.key')) assert.equal(mode & 0o777, 0o600, name)
  }
  assert.equal((await issue('--file', 'authority', '--name', 'localhost')).status, 2)
  assert.match((await issue()).err, /--name: expected a name or --aws-region; got nothing/)
})

test('OpenSSL refuses what the authority signs beyond its names', { skip: NO_CERTIFICATES }, async () => {
  const verify = (name: string): Promise<Ended> =>
    run('openssl', ['verify', '-CAfile', join(folder, 'authority.crt'), join(folder, name)])
  for (const name of ['server.crt', 'aws.crt']) assert.equal((await verify(name)).status, 0, name)
  const extension = join(folder, 'beyond.ext')
  const certificate = ['-in', join(folder, 'beyond.csr'), '-out', join(folder, 'beyond.pem')]
  for (const [names, reason] of [
    ['DNS:example.com', /permitted subtree violation/],
    ['IP:10.0.0.1', /permitted subtree violation/],
    ['DNS:a.localhost', undefined],
  ] as const) {
    await writeFile(extension, `subjectAltName=${names}\n`)
    const request = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=a.localhost',
    ]
    const files = ['-keyout', join(folder, 'beyond.pem.key'), '-out', join(folder, 'beyond.csr')]
    assert.equal((await run('openssl', ['req', ...request, ...files])).status, 0)
    const signer = ['-CA', join(folder, 'authority.crt'), '-CAkey', join(folder, 'authority.key')]
    const signed = await run('openssl', [
      ...['x509', '-req', ...certificate, ...signer, '-extfile', extension, '-CAcreateserial'],
    ])
    assert.equal(signed.status, 0, signed.err)
    const found = await verify('beyond.pem')
    assert.equal(found.status === 0, reason === undefined, found.err)
    if (reason !== undefined) assert.match(found.err, reason)
  }
})
