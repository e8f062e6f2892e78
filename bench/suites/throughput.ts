import { openPeer } from '../child.ts'
import { exchange } from '../client.ts'
import type { Endpoint } from '../endpoint.ts'
import { type Fixtures, prepareFixtures } from '../fixtures.ts'
import { cannedAnswer, parsePort } from '../floor-protocol.ts'
import type { WindowResult } from '../load-protocol.ts'
import type { Loader } from '../loader.ts'
import { type Goal, rate, type Series, summarize, type ThroughputRow } from '../measures.ts'
import type { Options, Rival } from '../options.ts'
import { findMemory, processTree } from '../procfs.ts'
import { type Addressing, type MeasuredOperation, signRequest } from '../requests.ts'
import type { Server } from '../server.ts'

/** The results of the throughput suite. */
export type ThroughputReport = {
  readonly rows: readonly ThroughputRow[]
  readonly answerBytes: readonly AnswerBytes[]
  readonly goals: readonly Goal[]
}

/** The size of one complete response, headers included, of the server and of the floor. */
type AnswerBytes = {
  readonly operation: MeasuredOperation
  readonly holdfast: number
  readonly floor: number
}

/** The dependencies of the suite. */
export type ThroughputDependencies = {
  readonly options: Options
  readonly loader: Loader
  readonly server: Server
  readonly progress: (text: string) => void
}

const WARMUP_MS = 500
const CALIBRATION_MS = 500
const CALIBRATION_CALLS = 20_000
/** The factor by which a pool exceeds the requests of the fastest calibrated target. */
const POOL_MARGIN = 1.4
const ENCRYPT_SHARE_REQUIRED = 0.45
const GOAL_CONNECTIONS = 64
const CREATE_KEYS_REQUIRED = 2_000
const CREATE_KEY_CONNECTIONS = 16

/** Runs each operation at each number of connections against all contenders in turn. */
export async function measureThroughput(dependencies: ThroughputDependencies): Promise<ThroughputReport> {
  const { options, server } = dependencies
  const own: Addressing = { endpoint: server.endpoint, credentials: server.credentials }
  const fixtures = await prepareFixtures(own, undefined)
  const holdfast: Contender = {
    label: 'holdfast',
    endpoint: own.endpoint,
    signedFor: own,
    fixtures,
    pids: server.pids,
  }
  const rival = options.rival === undefined ? [] : [await openRival(options.rival, options.region)]
  const floor = openPeer(new URL('../floor.ts', import.meta.url))
  const rows: ThroughputRow[] = []
  const answerBytes: AnswerBytes[] = []
  try {
    for (const operation of options.operations) {
      const real = fixtures.answers.get(operation)
      if (real === undefined) throw new Error(`no response of ${operation} for the floor`)
      const port = parsePort(await floor.ask(cannedAnswer(real.bytes, real.bodyOffset)))
      const endpoint: Endpoint = { tls: false, host: '127.0.0.1', port }
      const given = await exchange(endpoint, signRequest(operation, '{}', own))
      answerBytes.push({ operation, holdfast: real.bytes.length, floor: given.bytes.length })
      const base: Contender = { ...holdfast, label: 'floor', endpoint, pids: () => [floor.pid] }
      for (const connections of options.connections) {
        rows.push(...(await compare(dependencies, { operation, connections }, [base, holdfast, ...rival])))
      }
    }
    for (const { fixtures: made } of rival) await made.release()
  } finally {
    floor.stop()
  }
  return { rows, answerBytes, goals: goalsOf(rows) }
}

/** One of the compared targets. */
type Contender = {
  readonly label: string
  readonly endpoint: Endpoint
  /** The address in the signed requests. The floor receives the server's requests, byte for byte. */
  readonly signedFor: Addressing
  readonly fixtures: Fixtures
  readonly pids: () => readonly number[]
}

type Case = { readonly operation: MeasuredOperation; readonly connections: number }

async function openRival(rival: Rival, region: string): Promise<Contender> {
  const { endpoint, accessKeyId, secretAccessKey, label, keyId, pid } = rival
  const signedFor = { endpoint, credentials: { accessKeyId, secretAccessKey, region } }
  const fixtures = await prepareFixtures(signedFor, keyId)
  return { label, endpoint, signedFor, fixtures, pids: () => (pid === undefined ? [] : processTree(pid)) }
}

async function compare(dependencies: ThroughputDependencies, which: Case, contenders: readonly Contender[]) {
  const { options, progress } = dependencies
  const calls = await calibrate(dependencies, which, contenders)
  const windows = new Map(contenders.map((contender) => [contender, [] as WindowResult[]]))
  for (let round = 0; round < options.rounds; round += 1) {
    // Every second round reverses the order, so that a drift of the machine favours no contender.
    const order = round % 2 === 0 ? contenders : contenders.toReversed()
    let signedFor: Addressing | undefined
    for (const contender of order) {
      if (contender.signedFor !== signedFor) await sign(dependencies, which, { contender, calls })
      signedFor = contender.signedFor
      const window = { ...timesOf(options), endpoint: contender.endpoint, connections: which.connections }
      const result = await dependencies.loader.run({ ...window, pids: contender.pids() })
      windows.get(contender)?.push(result)
      const { operation, connections } = which
      progress(
        `${operation} x${connections} round ${round + 1} ${contender.label}: ${rate(result).toFixed(0)}/s`,
      )
    }
  }
  const series = contenders.map((contender): Series => {
    const rssBytes = findMemory(contender.pids())?.rssBytes
    return { ...which, label: contender.label, windows: windows.get(contender) ?? [], rssBytes }
  })
  const [floor] = series
  return floor === undefined ? [] : series.map((each) => summarize(each, floor))
}

function timesOf(options: Options) {
  return { warmupMs: WARMUP_MS, measureMs: options.seconds * 1000 }
}

/** Warms up every contender. Returns the number of requests that a window of the fastest uses. */
async function calibrate(
  dependencies: ThroughputDependencies,
  which: Case,
  contenders: readonly Contender[],
): Promise<number> {
  let fastest = 0
  for (const contender of contenders) {
    await sign(dependencies, which, { contender, calls: CALIBRATION_CALLS })
    const { connections } = which
    const window = {
      endpoint: contender.endpoint,
      connections,
      warmupMs: 0,
      measureMs: CALIBRATION_MS,
      pids: [],
    }
    fastest = Math.max(fastest, rate(await dependencies.loader.run(window)))
  }
  const seconds = (WARMUP_MS + dependencies.options.seconds * 1000) / 1000
  return Math.max(Math.ceil(fastest * seconds * POOL_MARGIN), CALIBRATION_CALLS)
}

type Signing = { readonly contender: Contender; readonly calls: number }

async function sign(
  { loader }: ThroughputDependencies,
  which: Case,
  { contender, calls }: Signing,
): Promise<void> {
  await loader.sign(contender.fixtures.workload(which.operation), contender.signedFor, calls)
}

function goalsOf(rows: readonly ThroughputRow[]): readonly Goal[] {
  const rowOf = (operation: MeasuredOperation, connections: number) =>
    rows.find(
      (row) => row.operation === operation && row.connections === connections && row.label === 'holdfast',
    )
  const goals: Goal[] = []
  const encrypt = rowOf('Encrypt', GOAL_CONNECTIONS)
  if (encrypt !== undefined) {
    goals.push({
      name: `Encrypt at ${GOAL_CONNECTIONS} connections, share of the floor`,
      required: `at least ${ENCRYPT_SHARE_REQUIRED * 100}%`,
      measured: `${(encrypt.shareOfFloor * 100).toFixed(1)}%`,
      met: encrypt.shareOfFloor >= ENCRYPT_SHARE_REQUIRED,
    })
  }
  const create = rowOf('CreateKey', CREATE_KEY_CONNECTIONS)
  if (create !== undefined) {
    goals.push({
      name: `CreateKey at ${CREATE_KEY_CONNECTIONS} connections, with the data folder in memory`,
      required: `at least ${CREATE_KEYS_REQUIRED} calls/s`,
      measured: `${create.callsPerSecond.toFixed(0)} calls/s`,
      met: create.callsPerSecond >= CREATE_KEYS_REQUIRED,
    })
  }
  return goals
}
