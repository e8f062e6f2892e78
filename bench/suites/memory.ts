import { call, textAt } from '../client.ts'
import { prepareFixtures } from '../fixtures.ts'
import type { Loader } from '../loader.ts'
import type { Goal } from '../measures.ts'
import { allFloods, largeStore, type MemoryRow, manyKeysUsed, unreadAnswers } from '../memory/bars.ts'
import { addManyKeys, GRANTS_PER_KEY } from '../memory/many-records.ts'
import type { Options } from '../options.ts'
import { findMemory } from '../procfs.ts'
import { type Server, type ServerSettings, startServer } from '../server.ts'

/** The results of the memory suite. */
export type MemoryReport = {
  readonly calls: number
  readonly callsPerSecond: number
  readonly samples: readonly MemorySample[]
  /** Other situations, each with its own server. */
  readonly rows: readonly MemoryRow[]
  readonly peakBytes: number | undefined
  readonly errorCount: number
  readonly errors: readonly string[]
  readonly goals: readonly Goal[]
}

/** The resident memory after a number of calls. */
type MemorySample = { readonly calls: number; readonly rssBytes: number | undefined }

/** The dependencies of the suite. */
export type MemoryDependencies = {
  readonly options: Options
  readonly loader: Loader
  /** Runs a function with settings for servers on an empty folder, and then removes the folder. */
  readonly withFolder: <T>(run: (settings: ServerSettings) => Promise<T>) => Promise<T>
  readonly progress: (text: string) => void
}

const CONNECTIONS = 64
const SLICES = 10
const SLICE_MAX_CALLS = 100_000
const SLICE_MAX_MS = 600_000
const RSS_REQUIRED_BYTES = 200_000_000

/** For each key of `--keys`: the keys that the suite creates and uses, and the keys of the large store. */
const [USED_PER_KEY, STORED_PER_KEY] = [5, 10]
const STORE_CALLS_MAX = 100_000

/** Measures the resident memory of new servers in several situations. */
export async function measureMemory(dependencies: MemoryDependencies): Promise<MemoryReport> {
  const { options, withFolder, progress } = dependencies
  // Starts a server once to strip the types of the sources. A server that strips types also loads the stripper, which
  // takes memory.
  await withFolder((settings) => withServer(settings, async () => {}))
  const encrypts = await withFolder((settings) =>
    withServer(settings, (server) => measureEncrypts(dependencies, server)),
  )
  const rows: MemoryRow[] = []
  const add = async (run: (settings: ServerSettings) => Promise<MemoryRow>): Promise<void> => {
    const row = await withFolder(run)
    rows.push(row)
    progress(`${row.what}: ${megabytes(row.endBytes)}, at most ${megabytes(row.peakBytes)}`)
  }
  const used = USED_PER_KEY * options.keys
  await add((settings) => withServer(settings, (server) => manyKeysUsed(server, used)))
  await add((settings) => measureStore(settings, STORED_PER_KEY * options.keys, progress))
  await add((settings) => withServer(settings, unreadAnswers))
  await add((settings) => withServer(settings, allFloods))
  return { ...encrypts, rows, goals: [...encrypts.goals, ...rows.map(goalOf)] }
}

async function measureStore(
  settings: ServerSettings,
  keys: number,
  progress: (text: string) => void,
): Promise<MemoryRow> {
  const keyId = await withServer(settings, async ({ endpoint, credentials }) =>
    textAt((await call({ endpoint, credentials }, 'CreateKey', '{}')).output, 'KeyMetadata', 'KeyId'),
  )
  const { dataFolder, region } = settings
  const keyIds = await addManyKeys({ dataFolder, region, keyId }, keys, progress)
  const calls = Math.min(2 * keys, STORE_CALLS_MAX)
  return withServer(settings, (server) => largeStore(server, keyIds, keys * GRANTS_PER_KEY, calls))
}

async function withServer<T>(settings: ServerSettings, use: (server: Server) => Promise<T>): Promise<T> {
  const server = await startServer(settings)
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

function goalOf({ what, required, endBytes, peakBytes, restBytes, met }: MemoryRow): Goal {
  const measured = `${megabytes(endBytes)}, at most ${megabytes(peakBytes)}, then ${megabytes(restBytes)}`
  return { name: `Resident memory: ${what}`, required, measured, met }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}

/** Makes a number of Encrypt calls and samples the resident memory. */
async function measureEncrypts(
  { options, loader, progress }: MemoryDependencies,
  server: Server,
): Promise<Omit<MemoryReport, 'rows'>> {
  const to = { endpoint: server.endpoint, credentials: server.credentials }
  const fixtures = await prepareFixtures(to, undefined)
  const samples: MemorySample[] = [{ calls: 0, rssBytes: findMemory(server.pids())?.rssBytes }]
  const slice = Math.min(Math.ceil(options.calls / SLICES), SLICE_MAX_CALLS)
  const window = { endpoint: server.endpoint, connections: CONNECTIONS, warmupMs: 0, measureMs: SLICE_MAX_MS }
  const errors = new Set<string>()
  let [calls, elapsedMs, errorCount] = [0, 0, 0]
  while (calls < options.calls && errorCount === 0) {
    await loader.sign(fixtures.workload('Encrypt'), to, Math.min(slice, options.calls - calls))
    const result = await loader.run({ ...window, pids: server.pids() })
    calls += result.sent
    elapsedMs += result.elapsedMs
    errorCount += result.errorCount
    for (const error of result.errors) errors.add(error)
    const rssBytes = findMemory(server.pids())?.rssBytes
    samples.push({ calls, rssBytes })
    progress(`Encrypt ${calls} calls: ${rssBytes === undefined ? '-' : (rssBytes / 1e6).toFixed(0)} MB`)
  }
  return {
    calls,
    callsPerSecond: elapsedMs === 0 ? 0 : (calls * 1000) / elapsedMs,
    samples,
    peakBytes: findMemory(server.pids())?.peakBytes,
    errorCount,
    errors: [...errors],
    goals: goalsOf(samples),
  }
}

function goalsOf(samples: readonly MemorySample[]): readonly Goal[] {
  const last = samples.at(-1)
  if (last?.rssBytes === undefined) return []
  return [
    {
      name: `Resident memory after ${last.calls} Encrypt calls`,
      required: `under ${RSS_REQUIRED_BYTES / 1e6} MB`,
      measured: `${(last.rssBytes / 1e6).toFixed(1)} MB`,
      met: last.rssBytes < RSS_REQUIRED_BYTES,
    },
  ]
}
