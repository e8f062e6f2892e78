/** `/metrics` of a started server: what is in it, who gets it, and that callers cannot make it grow. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  exposedLabels,
  exposedName,
  METRICS,
  type MetricName,
  metricOf,
} from '../../src/metrics/catalogue.ts'
import { base64, call, newKey, succeed } from '../support/calls.ts'
import { canMakeCertificates, makeCertificate } from '../support/certificate.ts'
import { metricsUrl, scrape } from '../support/metrics.ts'
import { holdfast, ROOT } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

const METRICS_ON = { HOLDFAST_METRICS: '127.0.0.1:0' }

let server: TestServer

before(async () => {
  server = await startServer({ environment: METRICS_ON })
})

after(() => server[Symbol.asyncDispose]())

test('calls, their durations and their errors are counted by operation', async () => {
  const first = await scrape(server)
  const KeyId = await newKey(server)
  await succeed(server, 'Encrypt', { KeyId, Plaintext: base64('x') })
  await succeed(server, 'Encrypt', { KeyId, Plaintext: base64('y') })
  await call(server, 'Encrypt', { KeyId: 'alias/none', Plaintext: base64('x') })
  await call(server, 'ListKeys', {}, { secretAccessKey: 'wrong' })
  const last = await scrape(server)
  const grown = (name: string, labels: Record<string, string> = {}): number =>
    last.sum(name, labels) - first.sum(name, labels)
  const encrypt = { service: 'kms', operation: 'Encrypt' }
  assert.equal(grown('holdfast_calls_total', encrypt), 3)
  assert.equal(grown('holdfast_call_duration_seconds_count', encrypt), 3)
  assert.equal(grown('holdfast_call_duration_seconds_bucket', { ...encrypt, le: '+Inf' }), 3)
  assert.ok(grown('holdfast_call_duration_seconds_sum', encrypt) > 0)
  assert.equal(grown('holdfast_call_errors_total', { ...encrypt, code: 'NotFoundException' }), 1)
  assert.equal(grown('holdfast_refusals_total', { kind: 'invalid' }), 1)
  assert.equal(grown('holdfast_refusals_total', { kind: 'unauthenticated' }), 1)
  assert.ok(grown('holdfast_audit_durable_seconds_count') >= 1)
  assert.ok(grown('holdfast_commit_duration_seconds_count', { outcome: 'done' }) >= 1)
  assert.ok(grown('holdfast_record_reads_total', { from: 'memory' }) >= 1)
  assert.equal(last.sum('holdfast_ready'), 1)
  assert.equal(last.sum('holdfast_workers'), 1)
  assert.equal(last.sum('holdfast_integrity_alarms_total'), 0)
})

/** What is not there until something has happened that these tests do not wait for. */
const LATER: readonly MetricName[] = [
  // A trail has delivered a file: every five minutes.
  'holdfast_trail_last_delivery_timestamp_seconds',
  // A material expires: see src/kms/lifecycle/expiring.test.ts.
  'holdfast_imported_material_days_left',
  // There are several workers: see below.
  'holdfast_worker_restarts',
]

test('a server exposes every metric of the table, with its type and its labels, and no other', async () => {
  await call(server, 'Encrypt', {})
  const { types, samples } = await scrape(server)
  const names = Object.keys(METRICS).filter(isMetricName)
  const expected = names.filter((name) => !LATER.includes(name))
  assert.deepEqual([...types.keys()].sort(), expected.map(exposedName).sort())
  for (const name of expected) {
    assert.equal(types.get(exposedName(name)), metricOf(name).type)
    const own = samples.filter(
      (sample) => sample.name.replace(/_(?:bucket|count|sum)$/, '') === exposedName(name),
    )
    for (const { labels } of own) {
      const found = Object.keys(labels).filter((label) => label !== 'le')
      assert.deepEqual(found.sort(), [...exposedLabels(name)].sort(), name)
    }
  }
})

function isMetricName(name: string): name is MetricName {
  return name in METRICS
}

test('alerts and dashboard name only metrics that a server exposes, and labels that these have', async () => {
  const names = Object.keys(METRICS).filter(isMetricName)
  const labelsByName = new Map(names.map((name) => [exposedName(name), exposedLabels(name)]))
  for (const file of ['deploy/prometheus/holdfast-alerts.yaml', 'deploy/grafana/holdfast.json']) {
    const text = (await readFile(join(ROOT, file), 'utf8')).replaceAll('\\"', '"')
    const used = [...text.matchAll(/\b(holdfast_[a-z_]+)(?:\{([^}]*)\})?/g)]
    assert.ok(used.length > 10, 'metrics were found')
    for (const [, name = '', selector = ''] of used) {
      const labels = labelsByName.get(name) ?? labelsByName.get(name.replace(/_(?:bucket|count|sum)$/, ''))
      assert.ok(labels !== undefined, `${file} names ${name}, which no server exposes`)
      for (const [, label = ''] of selector.matchAll(/([a-z_]+)\s*[!=]?[=~]/g)) {
        assert.ok(['job', 'instance', 'le', ...labels].includes(label), `${file}: ${name} has no ${label}`)
      }
    }
  }
})

const HOSTILE_CALLS = 10_000
const AT_ONCE = 50

/** Everything that a caller can think up: operations, services, versions, access keys, forms. */
function hostileCall(number: number): { readonly headers: Record<string, string>; readonly body: string } {
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIA${number}/20261125/r-${number}/kms/aws4_request, SignedHeaders=host, Signature=${number}`
  switch (number % 4) {
    case 0:
      return { headers: { 'x-amz-target': `TrentService.Hostile${number}` }, body: '{}' }
    case 1:
      return { headers: { 'x-amz-target': `Service${number}.Encrypt`, authorization }, body: '{}' }
    case 2:
      return {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `Action=Hostile${number}&Version=${number}`,
      }
    default:
      return {
        headers: { 'x-amz-target': 'TrentService.Encrypt', authorization },
        body: `{"KeyId":"${number}"}`,
      }
  }
}

/** Sends them from an address of their own: one address alone is slowed down. Only Linux has so many. */
async function sendHostile(from: number, to: number, lane: number): Promise<void> {
  const localAddress = process.platform === 'linux' ? `127.0.1.${lane + 1}` : undefined
  const agent = new Agent({ keepAlive: true, localAddress })
  for (let number = from; number < to; number += 1) {
    const { headers, body } = hostileCall(number)
    const outgoing = request(server.endpoint, { method: 'POST', headers, agent }).end(body)
    const [answer] = await once(outgoing, 'response')
    await once(answer.resume(), 'end')
  }
  agent.destroy()
}

test('10,000 calls of which each names something else make no new series', async () => {
  await sendHostile(0, 4, AT_ONCE)
  const some = await scrape(server)
  const share = HOSTILE_CALLS / AT_ONCE
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, lane) => sendHostile(4 + lane * share, 4 + (lane + 1) * share, lane)),
  )
  const all = await scrape(server)
  assert.ok(all.sum('holdfast_calls_total') - some.sum('holdfast_calls_total') >= HOSTILE_CALLS)
  assert.deepEqual([...all.series].sort(), [...some.series].sort())
})

test('the listener of metrics serves nothing else, and the service no metrics', async () => {
  const url = await metricsUrl(server)
  for (const path of ['/', '/healthz', '/metrics/', '/metrics?x']) {
    assert.equal((await fetch(new URL(path, url))).status, 404)
  }
  assert.equal((await fetch(url, { method: 'POST', body: 'x' })).status, 405)
  assert.notEqual((await fetch(new URL('/metrics', server.endpoint))).status, 200)
})

test('a server has no metrics unless they are asked for', async () => {
  await using plain = await startServer()
  assert.doesNotMatch(plain.output(), /metrics/)
})

test('metrics on an address that others can reach are refused without TLS', async () => {
  const data = await temporaryFolder()
  const { status, err } = await holdfast(['serve', `--data=${data}`, '--metrics=0.0.0.0:0'])
  await rm(data, { recursive: true, force: true })
  assert.equal(status, 2)
  assert.equal(
    err,
    "holdfast: --metrics: expected a loopback address, because there is no TLS; got '0.0.0.0:0'. Set HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY, or listen on 127.0.0.1\n",
  )
})

test('an address of metrics that is in use stops the start', async () => {
  const data = await temporaryFolder()
  const taken = new URL(server.endpoint).host
  const { status, err } = await holdfast([
    'serve',
    `--data=${data}`,
    '--listen=127.0.0.1:0',
    `--metrics=${taken}`,
  ])
  await rm(data, { recursive: true, force: true })
  assert.equal(status, 1)
  assert.match(err, /HOLDFAST_METRICS cannot be used: .*EADDRINUSE.*: end what listens there/)
})

const skip = (await canMakeCertificates()) ? false : 'openssl is not installed'

test('with TLS, metrics are served by TLS', { skip }, async () => {
  await using certificate = await makeCertificate()
  const { certFile, keyFile, cert } = certificate
  const environment = { ...METRICS_ON, HOLDFAST_TLS_CERT: certFile, HOLDFAST_TLS_KEY: keyFile }
  await using secure = await startServer({ environment })
  const url = await metricsUrl(secure)
  assert.match(url, /^https:/)
  const get = (send: typeof request, to: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const outgoing = send(to, { ca: cert } as object, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      outgoing.on('error', reject).end()
    })
  assert.equal(await get(tlsRequest, url), 200)
  await assert.rejects(get(request, url.replace('https', 'http')))
})

const isLinux = process.platform === 'linux'

test('metrics are those of all workers, and one that is killed takes nothing from them', {
  skip: !isLinux,
}, async () => {
  await using fleet = await startServer({ environment: { ...METRICS_ON, HOLDFAST_WORKERS: '2' } })
  const KeyId = await newKey(fleet)
  // Each over a connection of its own, so that both workers have some.
  const calls = Array.from({ length: 40 }, () =>
    call(fleet, 'DescribeKey', { KeyId }, { tamper: (headers) => headers.set('connection', 'close') }),
  )
  await Promise.all(calls)
  const describe = { service: 'kms', operation: 'DescribeKey' }
  const before = await scrape(fleet)
  assert.equal(before.sum('holdfast_calls_total', describe), 40)
  assert.equal(before.sum('holdfast_workers'), 2)
  assert.equal(before.sum('holdfast_ready', { worker: '0' }), 1)
  assert.equal(before.sum('holdfast_ready', { worker: '1' }), 1)
  assert.equal(before.sum('holdfast_worker_restarts_total'), 0)
  const children = await readFile(`/proc/${fleet.process.pid}/task/${fleet.process.pid}/children`, 'utf8')
  process.kill(Number(children.split(' ')[0]), 'SIGKILL')
  const now = await until('the killed worker is replaced', async () => {
    const seen = await scrape(fleet)
    assert.ok(seen.sum('holdfast_calls_total', describe) >= 40, 'counts went down')
    return seen.sum('holdfast_workers') === 2 && seen.sum('holdfast_worker_restarts_total') === 1
      ? seen
      : undefined
  })
  assert.equal(now.sum('holdfast_calls_total', describe), 40)
  assert.deepEqual(
    now.samples
      .filter(({ name }) => name === 'holdfast_ready')
      .map(({ labels }) => labels['worker'])
      .sort(),
    ['0', '1'],
  )
  assert.equal(await fleet.stop(), 0)
})
