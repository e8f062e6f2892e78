import { availableParallelism } from 'node:os'
import { DATA_KEY_PAIR_SPECS, KEY_SPECS, type KeySpec } from '../../src/api/key-specs.ts'
import { type BareCall, bareKeyPair, bareMac, bareSign, measureBareUs } from '../bare.ts'
import { call, textAt } from '../client.ts'
import type { WindowResult } from '../load-protocol.ts'
import type { Loader } from '../loader.ts'
import { type Goal, median, rate } from '../measures.ts'
import type { Options } from '../options.ts'
import type { Addressing, RepeatedOperation } from '../requests.ts'
import type { Server } from '../server.ts'

/** The results of one operation with keys of one spec: medians over the rounds. */
type SpecRow = {
  readonly operation: RepeatedOperation
  readonly spec: string
  readonly connections: number
  /** The number of server processes: one, or one for each core. */
  readonly workers: 'one' | 'auto'
  readonly callsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The server's CPU time per call. */
  readonly cpuUs: number | undefined
  /** The CPU time of the bare call; `undefined` if `node:crypto` has none. */
  readonly bareUs: number | undefined
  /** The CPU time of server and load together, as a share of all cores. */
  readonly coresBusy: number | undefined
}

/** The results of the specs suite. */
export type SpecsReport = { readonly rows: readonly SpecRow[]; readonly goals: readonly Goal[] }

/** The dependencies of the suite. */
export type SpecsDependencies = {
  readonly options: Options
  readonly loader: Loader
  /** A server with one process. */
  readonly server: Server
  /** A server with a worker for each core. One process has one event loop and cannot use all cores. */
  readonly busyServer: Server
  readonly progress: (text: string) => void
}

const CONNECTIONS = 64
/**
 * The connections for RSA key pairs. A pair takes up to one second, and requests in flight must finish within the
 * drain.
 */
const RSA_PAIR_CONNECTIONS = 4
const WARMUP_MS = 200
/** More calls per second than the server can answer for any of these operations. */
const CALLS_PER_SECOND_MAX = 15_000
const MESSAGE = Buffer.alloc(256, 0x5a)
/** The specs whose Sign must use every core, and the required CPU usage. */
const BUSY_SPECS = ['ECC_NIST_P256', 'RSA_2048']
const BUSY_REQUIRED = 0.9

type Case = {
  readonly operation: RepeatedOperation
  readonly spec: string
  readonly connections: number
  readonly bare: BareCall | undefined
  readonly prepare: (to: Addressing) => Promise<object>
}

/**
 * Measures Sign with every signing spec, GenerateMac with every MAC spec, and GenerateDataKeyPair with every key pair
 * spec. Compares each with the bare call of `node:crypto`.
 */
export async function measureSpecs(dependencies: SpecsDependencies): Promise<SpecsReport> {
  const rows: SpecRow[] = []
  for (const each of casesOf()) rows.push(await measureCase(dependencies, 'one', each))
  for (const each of casesOf().filter(mustBeBusy)) rows.push(await measureCase(dependencies, 'auto', each))
  return { rows, goals: goalsOf(rows) }
}

function casesOf(): readonly Case[] {
  // The bench's region has no SM2 keys: a setting enables them in China Regions.
  const specs = Object.keys(KEY_SPECS).filter((spec) => spec !== 'SM2') as KeySpec[]
  const signing = specs.flatMap((spec) => {
    const algorithm = KEY_SPECS[spec].usages.SIGN_VERIFY?.[0]
    return algorithm === undefined ? [] : [signCase(spec, algorithm)]
  })
  const macs = specs.flatMap((spec) => {
    const algorithm = KEY_SPECS[spec].usages.GENERATE_VERIFY_MAC?.[0]
    return algorithm === undefined ? [] : [macCase(spec, algorithm)]
  })
  return [...signing, ...macs, ...DATA_KEY_PAIR_SPECS.filter((spec) => spec !== 'SM2').map(pairCase)]
}

function signCase(spec: KeySpec, SigningAlgorithm: string): Case {
  return {
    operation: 'Sign',
    spec,
    connections: CONNECTIONS,
    bare: bareSign(spec, MESSAGE),
    prepare: async (to) => {
      const KeyId = await createKey(to, spec, 'SIGN_VERIFY')
      return { KeyId, SigningAlgorithm, Message: MESSAGE.toString('base64') }
    },
  }
}

function macCase(spec: KeySpec, MacAlgorithm: string): Case {
  return {
    operation: 'GenerateMac',
    spec,
    connections: CONNECTIONS,
    bare: bareMac(`sha${MacAlgorithm.slice(-3)}`, MESSAGE),
    prepare: async (to) => {
      const KeyId = await createKey(to, spec, 'GENERATE_VERIFY_MAC')
      return { KeyId, MacAlgorithm, Message: MESSAGE.toString('base64') }
    },
  }
}

function pairCase(KeyPairSpec: string): Case {
  return {
    operation: 'GenerateDataKeyPair',
    spec: KeyPairSpec,
    connections: KeyPairSpec.startsWith('RSA_') ? RSA_PAIR_CONNECTIONS : CONNECTIONS,
    bare: bareKeyPair(KeyPairSpec),
    prepare: async (to) => ({
      KeyId: await createKey(to, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'),
      KeyPairSpec,
    }),
  }
}

async function createKey(to: Addressing, KeySpec: string, KeyUsage: string): Promise<string> {
  const { output } = await call(to, 'CreateKey', JSON.stringify({ KeySpec, KeyUsage }))
  return textAt(output, 'KeyMetadata', 'KeyId')
}

function mustBeBusy({ operation, spec }: Pick<SpecRow, 'operation' | 'spec'>): boolean {
  return operation === 'Sign' && BUSY_SPECS.includes(spec)
}

async function measureCase(
  { options, loader, progress, ...servers }: SpecsDependencies,
  workers: SpecRow['workers'],
  { operation, spec, connections, bare, prepare }: Case,
): Promise<SpecRow> {
  const server = workers === 'one' ? servers.server : servers.busyServer
  const to = { endpoint: server.endpoint, credentials: server.credentials }
  const workload = { operation, keyId: '', bodies: [JSON.stringify(await prepare(to))] }
  await loader.sign(workload, to, CALLS_PER_SECOND_MAX * (options.seconds + 1))
  const windows: WindowResult[] = []
  const bareUs: number[] = []
  for (let round = 0; round < options.rounds; round += 1) {
    if (bare !== undefined) bareUs.push(measureBareUs(bare))
    const window = { endpoint: to.endpoint, connections, warmupMs: WARMUP_MS }
    const result = await loader.run({ ...window, pids: server.pids(), measureMs: options.seconds * 1000 })
    if (result.errorCount > 0) throw new Error(`${operation} ${spec} failed: ${result.errors.join(', ')}`)
    windows.push(result)
  }
  const row = summarize(windows)
  progress(`${operation} ${spec}, workers ${workers}: ${row.callsPerSecond.toFixed(0)}/s`)
  return {
    operation,
    spec,
    connections,
    workers,
    ...row,
    bareUs: bareUs.length === 0 ? undefined : median(bareUs),
  }
}

function summarize(
  windows: readonly WindowResult[],
): Omit<SpecRow, 'operation' | 'spec' | 'connections' | 'workers' | 'bareUs'> {
  const known = windows.flatMap(({ cpuMs, calls, elapsedMs, loadCpuMs }) =>
    cpuMs === undefined || calls === 0 ? [] : [{ cpuMs, calls, elapsedMs, loadCpuMs }],
  )
  const busy = known.map(({ cpuMs, loadCpuMs, elapsedMs }) => (cpuMs + loadCpuMs) / elapsedMs)
  return {
    callsPerSecond: median(windows.map(rate)),
    p50Ms: median(windows.map(({ p50Us }) => p50Us)) / 1000,
    p99Ms: median(windows.map(({ p99Us }) => p99Us)) / 1000,
    cpuUs: known.length === 0 ? undefined : median(known.map(({ cpuMs, calls }) => (cpuMs * 1000) / calls)),
    coresBusy: known.length === 0 ? undefined : median(busy) / availableParallelism(),
  }
}

function goalsOf(rows: readonly SpecRow[]): readonly Goal[] {
  return rows.flatMap((row) => {
    const { spec, coresBusy } = row
    if (row.workers === 'one' || !mustBeBusy(row) || coresBusy === undefined) return []
    return [
      {
        name: `Sign with ${spec} at ${CONNECTIONS} connections, one worker per core: CPU share of server and load`,
        required: `at least ${BUSY_REQUIRED * 100}%`,
        measured: `${(coresBusy * 100).toFixed(0)}%`,
        met: coresBusy >= BUSY_REQUIRED,
      },
    ]
  })
}
