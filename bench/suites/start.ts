import type { Loader } from '../loader.ts'
import { type Goal, median } from '../measures.ts'
import type { Options } from '../options.ts'
import { findMemory } from '../procfs.ts'
import { type ServerSettings, startServer } from '../server.ts'

/** The results of the start suite. */
export type StartReport = {
  readonly keys: number
  /** The times from the start of the process to the first 200 from `/readyz`, in the order of the starts. */
  readonly readyMs: readonly number[]
  readonly medianMs: number
  readonly slowestMs: number
  /** The resident memory when the server was ready, after the last start. */
  readonly rssBytes: number | undefined
  readonly goals: readonly Goal[]
}

/** The dependencies of the suite. */
export type StartDependencies = {
  readonly options: Options
  readonly loader: Loader
  /** Settings with an empty data folder, which the suite fills. */
  readonly settings: ServerSettings
  readonly progress: (text: string) => void
}

const CONNECTIONS = 16
const PREPARE_MAX_MS = 600_000
const READY_REQUIRED_MS = 1_000

/** Fills a data folder with keys through the API, then starts a server on it repeatedly. */
export async function measureStart(dependencies: StartDependencies): Promise<StartReport> {
  const { options, settings, progress } = dependencies
  await createKeys(dependencies)
  const readyMs: number[] = []
  let rssBytes: number | undefined
  for (let start = 1; start <= options.starts; start += 1) {
    const server = await startServer(settings)
    rssBytes = findMemory(server.pids())?.rssBytes
    await server.stop()
    readyMs.push(server.readyMs)
    progress(`start ${start}: ready after ${server.readyMs.toFixed(0)} ms`)
  }
  const slowestMs = Math.max(...readyMs)
  const goal: Goal = {
    name: `Start to ready with ${options.keys} keys, slowest of ${options.starts}`,
    required: `under ${READY_REQUIRED_MS} ms`,
    measured: `${slowestMs.toFixed(0)} ms`,
    met: slowestMs < READY_REQUIRED_MS,
  }
  return { keys: options.keys, readyMs, medianMs: median(readyMs), slowestMs, rssBytes, goals: [goal] }
}

async function createKeys({ options, loader, settings, progress }: StartDependencies): Promise<void> {
  const server = await startServer(settings)
  try {
    const to = { endpoint: server.endpoint, credentials: server.credentials }
    const window = {
      endpoint: to.endpoint,
      connections: CONNECTIONS,
      warmupMs: 0,
      measureMs: PREPARE_MAX_MS,
      pids: [],
    }
    let made = 0
    while (made < options.keys) {
      const count = await loader.sign(
        { operation: 'CreateKey', keyId: '', bodies: [] },
        to,
        options.keys - made,
      )
      const result = await loader.run(window)
      if (result.errorCount > 0 || result.sent < count)
        throw new Error(`CreateKey failed: ${result.errors.join('; ')}`)
      made += result.sent
      progress(`${made} keys made, ${((result.sent * 1000) / result.elapsedMs).toFixed(0)}/s`)
    }
  } finally {
    await server.stop()
  }
}
