import { cpus, totalmem } from 'node:os'
import { installCleanup } from './cleanup.ts'
import { isInMemory, makeFolder } from './folder.ts'
import { type Loader, openLoader } from './loader.ts'
import { HELP, type Options, parseOptions } from './options.ts'
import { errorsOf, formatReport, goalsOf, type Machine, type Report } from './report.ts'
import { type Server, type ServerSettings, startServer } from './server.ts'
import { measureAudit } from './suites/audit.ts'
import { measureBackground } from './suites/background.ts'
import { measureDecisions } from './suites/decisions.ts'
import { measureLatency } from './suites/latency.ts'
import { measureMemory } from './suites/memory.ts'
import { measureMetrics } from './suites/metrics.ts'
import { measureNeighbours } from './suites/neighbours.ts'
import { measureS3 } from './suites/s3.ts'
import { measureSession } from './suites/session.ts'
import { measureSpecs } from './suites/specs.ts'
import { measureStart } from './suites/start.ts'
import { measureThroughput } from './suites/throughput.ts'

const WORKER_FOR_EACH_CORE = { HOLDFAST_WORKERS: 'auto' }

/** Exit statuses: the run failed or missed a goal under `--strict`; the command line is invalid. */
const FAILED = 1
const MISUSED = 2

installCleanup()
process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv)
  if (options === undefined) return MISUSED
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  const loader = openLoader()
  try {
    const report = await measure(options, loader)
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ...report, goals: goalsOf(report) }, null, 2)}\n`
        : formatReport(report),
    )
    const missed = options.strict && goalsOf(report).some(({ met }) => !met)
    return missed || errorsOf(report).length > 0 ? FAILED : 0
  } catch (error) {
    process.stderr.write(`bench: ${describe(error)}\n`)
    return FAILED
  } finally {
    loader.stop()
  }
}

function readOptions(argv: readonly string[]): Options | undefined {
  try {
    return parseOptions(argv)
  } catch (error) {
    process.stderr.write(`bench: ${describe(error)}\n`)
    return undefined
  }
}

async function measure(options: Options, loader: Loader): Promise<Report> {
  const dependencies = { options, loader, progress }
  const wanted = (suite: Options['suites'][number]) => options.suites.includes(suite)
  return {
    machine: machineOf(options),
    settings: { seconds: options.seconds, rounds: options.rounds },
    throughput: wanted('throughput')
      ? await withServer(options, (server) => measureThroughput({ ...dependencies, server }))
      : undefined,
    memory: wanted('memory')
      ? await measureMemory({ ...dependencies, withFolder: (run) => withFolder(options, run) })
      : undefined,
    start: wanted('start')
      ? await withFolder(options, (settings) => measureStart({ ...dependencies, settings }))
      : undefined,
    background: wanted('background')
      ? await withFolder(options, (on) =>
          withFolder(options, (off) => measureBackground({ ...dependencies, settings: [on, off] })),
        )
      : undefined,
    metrics: wanted('metrics')
      ? await withFolder(options, (on) =>
          withFolder(options, (off) => measureMetrics({ ...dependencies, settings: [on, off] })),
        )
      : undefined,
    audit: wanted('audit')
      ? await withFolder(options, ({ dataFolder }) => measureAudit({ options, folder: dataFolder, progress }))
      : undefined,
    specs: wanted('specs')
      ? await withServer(options, (server) =>
          withServer(
            options,
            (busyServer) => measureSpecs({ ...dependencies, server, busyServer }),
            WORKER_FOR_EACH_CORE,
          ),
        )
      : undefined,
    latency: wanted('latency')
      ? await withServer(options, (server) =>
          withServer(
            options,
            (busyServer) =>
              withLoader((other) => measureLatency({ ...dependencies, other, server, busyServer })),
            WORKER_FOR_EACH_CORE,
          ),
        )
      : undefined,
    session: wanted('session')
      ? await withServer(options, (server) => measureSession({ ...dependencies, server }))
      : undefined,
    neighbours: wanted('neighbours')
      ? await withFolder(options, ({ dataFolder }) => measureNeighbours({ ...dependencies, dataFolder }))
      : undefined,
    s3: wanted('s3')
      ? await withFolder(options, (settings) => measureS3({ ...dependencies, settings }))
      : undefined,
    decisions: wanted('decisions') ? measureDecisions(options.rounds, progress) : undefined,
  }
}

/** Runs a function with a second load process. */
async function withLoader<T>(run: (loader: Loader) => Promise<T>): Promise<T> {
  const loader = openLoader()
  try {
    return await run(loader)
  } finally {
    loader.stop()
  }
}

/** Runs a suite on a new server with an empty folder, so that no suite affects the next. */
function withServer<T>(
  options: Options,
  run: (server: Server) => Promise<T>,
  environment: ServerSettings['environment'] = {},
): Promise<T> {
  return withFolder(options, async (settings) => {
    const server = await startServer({ ...settings, environment })
    try {
      return await run(server)
    } finally {
      await server.stop()
    }
  })
}

async function withFolder<T>(options: Options, run: (settings: ServerSettings) => Promise<T>): Promise<T> {
  const folder = makeFolder(options.folder)
  try {
    return await run({ program: options.program, dataFolder: folder.path, region: options.region })
  } finally {
    folder.remove()
  }
}

function machineOf(options: Options): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    dataInMemory: isInMemory(options.folder),
  }
}

/** Writes progress to standard error. Standard output holds only the report. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n${describe(error.cause)}`
}
