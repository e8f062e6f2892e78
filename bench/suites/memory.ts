import { prepareFixtures } from '../fixtures.ts'
import type { Loader } from '../loader.ts'
import type { Goal } from '../measures.ts'
import type { Options } from '../options.ts'
import { findMemory } from '../procfs.ts'
import type { Server } from '../server.ts'

/** What the memory suite has found. */
export type MemoryReport = {
  readonly calls: number
  readonly callsPerSecond: number
  readonly samples: readonly MemorySample[]
  readonly peakBytes: number | undefined
  readonly errorCount: number
  readonly errors: readonly string[]
  readonly goals: readonly Goal[]
}

/** Resident memory after so many calls. */
type MemorySample = { readonly calls: number; readonly rssBytes: number | undefined }

/** What the suite runs with. */
export type MemoryParts = {
  readonly options: Options
  readonly loader: Loader
  readonly server: Server
  readonly progress: (text: string) => void
}

const CONNECTIONS = 64
const SLICES = 10
const SLICE_MAX_CALLS = 100_000
const SLICE_MAX_MS = 600_000
const RSS_REQUIRED_BYTES = 200_000_000

/** Makes a number of Encrypt calls on a fresh server and watches its resident memory. */
export async function measureMemory({
  options,
  loader,
  server,
  progress,
}: MemoryParts): Promise<MemoryReport> {
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
