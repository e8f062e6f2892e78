/** Signals: one reads certificates again, some stop the server in order, and the others do nothing. */

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { copyFile, writeFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { connect } from 'node:tls'
import { makeCertificate, type TestCertificate, testWithCertificate } from '../support/certificate.ts'
import { startHoldfastProxy } from '../support/holdfast-proxy.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** Connections that are opened to see every worker. */
const CONNECTIONS = 24

const made: TestCertificate[] = []

after(async () => {
  for (const certificate of made) await certificate[Symbol.asyncDispose]()
})

async function newCertificate(): Promise<TestCertificate> {
  const certificate = await makeCertificate()
  made.push(certificate)
  return certificate
}

function holds(question: () => boolean | Promise<boolean>): Promise<true> {
  return until('it is so', async () => ((await question()) ? true : undefined))
}

/** The serial number of the certificate that a listener shows to a new connection. */
function shown(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: hostname, port: Number(port), rejectUnauthorized: false, maxVersion: 'TLSv1.3' },
      () => {
        resolve(socket.getPeerCertificate().serialNumber)
        socket.destroy()
      },
    )
    socket.once('error', reject)
  })
}

/** Those that many new connections see. */
async function allShown(url: string): Promise<ReadonlySet<string>> {
  return new Set(await Promise.all(Array.from({ length: CONNECTIONS }, () => shown(url))))
}

function serialOf({ cert }: TestCertificate): string {
  return new X509Certificate(cert).serialNumber
}

async function put(from: TestCertificate, to: TestCertificate): Promise<void> {
  await copyFile(from.certFile, to.certFile)
  await copyFile(from.keyFile, to.keyFile)
}

function reloads(server: Pick<TestServer, 'errors'>): number {
  return server.errors().split('the certificate was read again').length - 1
}

for (const workers of ['1', '3']) {
  testWithCertificate(
    `SIGHUP gives every listener of a server of ${workers} the new certificate`,
    async () => {
      const [first, second] = [await newCertificate(), await newCertificate()]
      const [before, then] = [serialOf(first), serialOf(second)]
      await using server = await startServer({
        environment: {
          HOLDFAST_TLS_CERT: first.certFile,
          HOLDFAST_TLS_KEY: first.keyFile,
          HOLDFAST_METRICS: '127.0.0.1:0',
          HOLDFAST_WORKERS: workers,
        },
      })
      await holds(() => server.output().includes('/metrics'))
      const metrics = /metrics\s+(\S+)/.exec(server.output())?.[1] ?? ''
      assert.deepEqual(await allShown(server.endpoint), new Set([before]))
      assert.equal(await shown(metrics), before)
      await put(second, first)
      server.process.kill('SIGHUP')
      await holds(() => reloads(server) === 1)
      await holds(async () => !(await allShown(server.endpoint)).has(before))
      assert.deepEqual(await allShown(server.endpoint), new Set([then]))
      assert.equal(await shown(metrics), then)
      const line = server
        .errors()
        .split('\n')
        .find((text) => text.includes('the certificate was read again'))
      assert.equal(JSON.parse(line ?? '').serial, then)
      assert.equal(await server.stop(), 0)
    },
  )
}

testWithCertificate('a listener with a new certificate still refuses TLS 1.1', async () => {
  const certificate = await newCertificate()
  await using server = await startServer({ environment: tlsOf(certificate) })
  server.process.kill('SIGHUP')
  await holds(() => reloads(server) === 1)
  const { hostname, port } = new URL(server.endpoint)
  const refused = await new Promise((resolve) => {
    const socket = connect(
      {
        ...{ host: hostname, port: Number(port), rejectUnauthorized: false },
        ...{ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      },
      () => resolve(undefined),
    )
    socket.once('error', (error) => resolve('code' in error ? error.code : error))
  })
  assert.equal(refused, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
})

function tlsOf({ certFile, keyFile }: TestCertificate): Record<string, string> {
  return { HOLDFAST_TLS_CERT: certFile, HOLDFAST_TLS_KEY: keyFile }
}

testWithCertificate('a new certificate that cannot be used leaves the old one, and is logged', async () => {
  const [certificate, other] = [await newCertificate(), await newCertificate()]
  const before = serialOf(certificate)
  await using server = await startServer({ environment: { ...tlsOf(certificate), HOLDFAST_WORKERS: '2' } })
  const spoil: readonly (() => Promise<void>)[] = [
    () => writeFile(certificate.certFile, 'no certificate'),
    () => writeFile(certificate.certFile, ''),
    // The certificate is new, and its key is not there yet.
    () => copyFile(other.certFile, certificate.certFile),
    () => writeFile(certificate.keyFile, 'no key'),
  ]
  for (const [index, step] of spoil.entries()) {
    await step()
    server.process.kill('SIGHUP')
    await holds(() => kept(server).length === index + 1)
    assert.deepEqual(await allShown(server.endpoint), new Set([before]))
  }
  for (const line of kept(server)) {
    const { level, reason } = JSON.parse(line)
    assert.equal(level, 50)
    assert.match(reason, /HOLDFAST_TLS_(?:CERT|KEY): cannot use '/)
  }
  await put(other, certificate)
  server.process.kill('SIGHUP')
  await holds(async () => !(await allShown(server.endpoint)).has(before))
  assert.equal(await server.stop(), 0)
})

function kept(server: TestServer): readonly string[] {
  return server
    .errors()
    .split('\n')
    .filter((line) => line.includes('the certificate was not replaced'))
}

testWithCertificate('SIGHUP gives the XKS proxy the new certificate', async () => {
  const [first, second] = [await newCertificate(), await newCertificate()]
  await using proxy = await startHoldfastProxy(first)
  assert.equal(await shown(`https://127.0.0.1:${proxy.port}`), serialOf(first))
  await put(second, first)
  proxy.signal('SIGHUP')
  await holds(async () => (await shown(`https://127.0.0.1:${proxy.port}`)) === serialOf(second))
})

for (const workers of ['1', '2']) {
  test(`a server of ${workers} without TLS goes on after SIGHUP, SIGUSR1, SIGUSR2 and SIGPIPE`, async () => {
    await using server = await startServer({ environment: { HOLDFAST_WORKERS: workers } })
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) {
      // All processes get it, as from a terminal that is closed.
      process.kill(-(server.process.pid ?? 0), signal)
      await holds(() => signal === 'SIGPIPE' || server.errors().includes(`"signal":"${signal}"`))
      assert.equal((await fetch(`${server.endpoint}/readyz`)).status, 200)
    }
    assert.doesNotMatch(server.errors(), /Debugger listening|a worker ended/)
    assert.equal(await server.stop(), 0)
  })
}

test('SIGQUIT stops a server in order', async () => {
  await using server = await startServer()
  server.process.kill('SIGQUIT')
  await holds(() => server.process.exitCode !== null)
  assert.equal(server.process.exitCode, 0)
  assert.match(server.output(), /stopping: finishing requests in flight/)
})
