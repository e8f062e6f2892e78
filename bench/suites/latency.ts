import { call, textAt } from '../client.ts'
import { prepareFixtures } from '../fixtures.ts'
import type { WindowResult } from '../load-protocol.ts'
import type { Loader } from '../loader.ts'
import { type Goal, median, rate } from '../measures.ts'
import type { Options } from '../options.ts'
import type { Addressing, Workload } from '../requests.ts'
import type { Server } from '../server.ts'

/** The results of the latency suite: medians over the rounds. */
export type LatencyReport = {
  readonly rows: readonly LatencyRow[]
  readonly goals: readonly Goal[]
}

/** A stream of Encrypt calls during other work. */
type LatencyRow = {
  /** The number of server processes: one, or one for each core. */
  readonly workers: 'one' | 'auto'
  readonly beside: string
  /** Calls per second of the other work. */
  readonly otherCalls: number
  readonly encryptCalls: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** The dependencies of the suite: one load process for the stream, and another for the other work. */
export type LatencyDependencies = {
  readonly options: Options
  readonly loader: Loader
  readonly other: Loader
  /** A server with one process, and one with a worker for each core. */
  readonly server: Server
  readonly busyServer: Server
  readonly progress: (text: string) => void
}

type OneServer = Omit<LatencyDependencies, 'busyServer'> & { readonly workers: LatencyRow['workers'] }

/** The connections of the measured stream: few, like those of an application. */
const STREAM_CONNECTIONS = 4
/** The connections that use RSA_4096 keys. With the stream, there are 64 connections. */
const USING_CONNECTIONS = 60
/** The connections that generate RSA_4096 keys. At up to one second per key, more could not finish within the drain. */
const GENERATING_CONNECTIONS = 6
const WARMUP_MS = 300
const STREAM_CALLS_PER_SECOND_MAX = 15_000
const OTHER_CALLS_PER_SECOND_MAX = 2_000
/** The other work starts this long before the stream and ends this long after it. */
const MARGIN_MS = 1000
const TIMES_REQUIRED = 5

/** Measures the latency of Encrypt while other calls generate or use RSA_4096 keys. */
export async function measureLatency({
  busyServer,
  ...dependencies
}: LatencyDependencies): Promise<LatencyReport> {
  const reports = [
    await measureServer({ ...dependencies, workers: 'one' }),
    await measureServer({ ...dependencies, server: busyServer, workers: 'auto' }),
  ]
  return { rows: reports.flatMap(({ rows }) => rows), goals: reports.flatMap(({ goals }) => goals) }
}

async function measureServer(dependencies: OneServer): Promise<LatencyReport> {
  const to = { endpoint: dependencies.server.endpoint, credentials: dependencies.server.credentials }
  const fixtures = await prepareFixtures(to, undefined)
  await dependencies.loader.sign(
    fixtures.workload('Encrypt'),
    to,
    STREAM_CALLS_PER_SECOND_MAX * (dependencies.options.seconds + 1),
  )
  const idle = await measureBeside(dependencies, to, undefined)
  const rows = [idle]
  for (const other of await othersOf(to, fixtures.keyId)) {
    rows.push(await measureBeside(dependencies, to, other))
  }
  return { rows, goals: rows.slice(1).map((row) => goalOf(row, idle)) }
}

type Other = { readonly beside: string; readonly workload: Workload; readonly connections: number }

async function othersOf(to: Addressing, keyId: string): Promise<readonly Other[]> {
  const { output } = await call(
    to,
    'CreateKey',
    JSON.stringify({ KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' }),
  )
  const KeyId = textAt(output, 'KeyMetadata', 'KeyId')
  const sign = {
    KeyId,
    SigningAlgorithm: 'RSASSA_PSS_SHA_256',
    Message: Buffer.alloc(256, 0x5a).toString('base64'),
  }
  const pair = { KeyId: keyId, KeyPairSpec: 'RSA_4096' }
  const generated: Workload = { operation: 'GenerateDataKeyPair', keyId, bodies: [JSON.stringify(pair)] }
  const used: Workload = { operation: 'Sign', keyId, bodies: [JSON.stringify(sign)] }
  return [
    { beside: 'RSA_4096 key generation', workload: generated, connections: GENERATING_CONNECTIONS },
    { beside: 'RSA_4096 signing', workload: used, connections: USING_CONNECTIONS },
  ]
}

async function measureBeside(
  dependencies: OneServer,
  to: Addressing,
  other: Other | undefined,
): Promise<LatencyRow> {
  const rounds: { readonly stream: WindowResult; readonly work: WindowResult | undefined }[] = []
  const beside = other?.beside ?? 'nothing'
  for (let round = 0; round < dependencies.options.rounds; round += 1) {
    const load = other === undefined ? undefined : await startOther(dependencies, to, other)
    const stream = await runWindow(dependencies.loader, dependencies, {
      connections: STREAM_CONNECTIONS,
      warmupMs: WARMUP_MS,
    })
    const work = await load?.ended
    assertAnswered(beside, stream, work)
    rounds.push({ stream, work })
  }
  const row = {
    workers: dependencies.workers,
    beside,
    otherCalls: median(rounds.map(({ work }) => (work === undefined ? 0 : rate(work)))),
    encryptCalls: median(rounds.map(({ stream }) => rate(stream))),
    p50Ms: median(rounds.map(({ stream }) => stream.p50Us)) / 1000,
    p99Ms: median(rounds.map(({ stream }) => stream.p99Us)) / 1000,
  }
  dependencies.progress(
    `Encrypt during ${beside}, workers ${dependencies.workers}: p99 ${row.p99Ms.toFixed(2)} ms`,
  )
  return row
}

/** Starts the other work during a stream. It ends by itself. */
async function startOther(
  dependencies: OneServer,
  to: Addressing,
  { workload, connections }: Other,
): Promise<{ readonly ended: Promise<WindowResult> }> {
  await dependencies.other.sign(workload, to, OTHER_CALLS_PER_SECOND_MAX * (dependencies.options.seconds + 2))
  return { ended: runWindow(dependencies.other, dependencies, { connections, marginMs: MARGIN_MS }) }
}

type WindowShape = {
  readonly connections: number
  readonly warmupMs?: number
  readonly marginMs?: number
}

function runWindow(
  loader: Loader,
  { options, server }: OneServer,
  { connections, warmupMs = 0, marginMs = 0 }: WindowShape,
): Promise<WindowResult> {
  const measureMs = options.seconds * 1000 + marginMs
  return loader.run({ endpoint: server.endpoint, pids: server.pids(), connections, warmupMs, measureMs })
}

function assertAnswered(beside: string, ...results: readonly (WindowResult | undefined)[]): void {
  const errors = results.flatMap((result) => result?.errors ?? [])
  if (errors.length > 0) throw new Error(`Encrypt during ${beside}: ${errors.join(', ')}`)
}

function goalOf(row: LatencyRow, idle: LatencyRow): Goal {
  const times = idle.p99Ms === 0 ? Number.POSITIVE_INFINITY : row.p99Ms / idle.p99Ms
  return {
    name: `p99 of Encrypt during ${row.beside}, workers ${row.workers}, ratio to that of an idle server`,
    required: `under ${TIMES_REQUIRED}`,
    measured: times.toFixed(2),
    met: times < TIMES_REQUIRED,
  }
}
