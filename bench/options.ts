import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { MEASURED_OPERATIONS, type MeasuredOperation, READING_OPERATIONS } from './requests.ts'

const SUITES = [
  'throughput',
  'memory',
  'start',
  'audit',
  'background',
  'metrics',
  'decisions',
  'specs',
  'latency',
  'session',
  'neighbours',
  's3',
] as const

/** The name of a suite. */
type Suite = (typeof SUITES)[number]

/** Another service to compare with Holdfast. */
export type Rival = {
  readonly label: string
  readonly endpoint: Endpoint
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly keyId: string | undefined
  readonly pid: number | undefined
}

/** The parsed command line. */
export type Options = {
  readonly suites: readonly Suite[]
  readonly operations: readonly MeasuredOperation[]
  readonly connections: readonly number[]
  readonly seconds: number
  readonly rounds: number
  readonly calls: number
  readonly keys: number
  readonly starts: number
  readonly events: number
  /** neighbours: a pattern that selects cases. Without it, all cases run. */
  readonly cases: string | undefined
  /** neighbours: a pattern that selects floods. Without it, all run, and none when {@link cases} selects cases. */
  readonly floods: string | undefined
  /** neighbours: runs every case once on a small account, to check that all cases work. */
  readonly slice: boolean
  /** neighbours: measures only event-loop turns, without Encrypt during every case. */
  readonly turns: boolean
  /** neighbours: the folder that keeps filled data folders for later runs. */
  readonly kept: string | undefined
  readonly region: string
  readonly program: string
  /** The parent folder of data folders. */
  readonly folder: string
  readonly rival: Rival | undefined
  readonly json: boolean
  readonly strict: boolean
  readonly help: boolean
}

/** The output of `--help`. */
export const HELP = `Usage: npm run bench -- [options]

Compares Holdfast with a floor: a bare node:http server that sends the same bytes.

  --suite NAME         throughput (default), memory, start, audit, background, metrics, decisions, specs,
                       latency, session, neighbours, s3 or all
  --operations LIST    of ${MEASURED_OPERATIONS.join(',')};
                       default all but CreateKey, because the bench does not delete its keys
  --connections LIST   default 1,16,64,256
  --seconds N          seconds per window, default 3
  --rounds N           windows per target, interleaved; the report shows medians; default 3
  --calls N            memory: Encrypt calls, default 1000000
  --keys N             start, neighbours: keys in the data folder, default 10000; memory: the suite creates
                       and uses 5 times N keys, and fills a store with 10 times N keys with 10 grants each
  --starts N           start: number of starts, default 5
  --events N           audit, neighbours: events in the log, default 1000000
  --cases PATTERN      neighbours: run only matching cases, such as '^kms PutKeyPolicy'
  --floods PATTERN     neighbours: run only matching floods, such as 'idle', and no cases without --cases
  --slice              neighbours: run every case once on a small account, to check the responses
  --turns              neighbours: measure only event-loop turns, without Encrypt during every case
  --kept DIR           neighbours: keep the filled data folder there for later runs
  --quick              1 round of 1 second at 1 and 64 connections, 100000 calls, 1000 keys, 3 starts,
                       100000 events
  --region NAME        default us-east-1
  --server FILE        the program to start, default bin/holdfast
  --folder DIR         parent of the data folders, default the system's temporary folder
  --json               print JSON
  --strict             exit with status 1 if a goal is missed
  --help               print this help

Another KMS for comparison in the throughput suite:
  --endpoint URL       its endpoint
  --label NAME         its name in the report, default its host
  --access-key ID      default $AWS_ACCESS_KEY_ID, or test
  --secret-key SECRET  default $AWS_SECRET_ACCESS_KEY, or test
  --key-id ID          a symmetric key; by default the bench creates one and schedules its deletion
  --pid N              its process ID on this machine, to measure CPU and memory
`

const FLAGS = {
  suite: { type: 'string' },
  operations: { type: 'string' },
  connections: { type: 'string' },
  seconds: { type: 'string' },
  rounds: { type: 'string' },
  calls: { type: 'string' },
  keys: { type: 'string' },
  starts: { type: 'string' },
  events: { type: 'string' },
  cases: { type: 'string' },
  floods: { type: 'string' },
  slice: { type: 'boolean', default: false },
  turns: { type: 'boolean', default: false },
  kept: { type: 'string' },
  quick: { type: 'boolean', default: false },
  region: { type: 'string', default: 'us-east-1' },
  server: { type: 'string' },
  folder: { type: 'string' },
  json: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  endpoint: { type: 'string' },
  label: { type: 'string' },
  'access-key': { type: 'string' },
  'secret-key': { type: 'string' },
  'key-id': { type: 'string' },
  pid: { type: 'string' },
} as const

type Values = ReturnType<typeof readFlags>

/**
 * Parses a command line.
 * @throws Error that names the flag and its valid values.
 */
export function parseOptions(argv: readonly string[]): Options {
  const values = readFlags(argv)
  const { quick } = values
  return {
    suites: parseSuites(values.suite ?? 'throughput'),
    operations: parseOperations(values.operations),
    connections: parseConnections(values.connections ?? (quick ? '1,64' : '1,16,64,256')),
    seconds: parseCount('seconds', values.seconds, quick ? 1 : 3, 60),
    rounds: parseCount('rounds', values.rounds, quick ? 1 : 3, 99),
    calls: parseCount('calls', values.calls, quick ? 100_000 : 1_000_000, 100_000_000),
    keys: parseCount('keys', values.keys, quick ? 1_000 : 10_000, 1_000_000),
    starts: parseCount('starts', values.starts, quick ? 3 : 5, 100),
    events: parseCount('events', values.events, quick ? 100_000 : 1_000_000, 100_000_000),
    cases: values.cases,
    floods: values.floods,
    slice: values.slice,
    turns: values.turns,
    kept: values.kept,
    region: values.region,
    program: values.server ?? join(import.meta.dirname, '..', 'bin', 'holdfast'),
    folder: values.folder ?? tmpdir(),
    rival: parseRival(values),
    json: values.json,
    strict: values.strict,
    help: values.help,
  }
}

function readFlags(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: FLAGS, strict: true, allowPositionals: false }).values
}

function parseSuites(text: string): readonly Suite[] {
  if (text === 'all') return SUITES
  return [oneOf('suite', text, SUITES)]
}

function parseOperations(text: string | undefined): readonly MeasuredOperation[] {
  if (text === undefined) return READING_OPERATIONS
  return text.split(',').map((name) => oneOf('operations', name.trim(), MEASURED_OPERATIONS))
}

function parseConnections(text: string): readonly number[] {
  return text.split(',').map((part) => parseCount('connections', part.trim(), 1, 4_096))
}

function parseRival(values: Values): Rival | undefined {
  if (values.endpoint === undefined) {
    const orphan = (['label', 'access-key', 'secret-key', 'key-id', 'pid'] as const).find(
      (name) => values[name],
    )
    if (orphan !== undefined) throw new Error(`--${orphan}: requires --endpoint`)
    return undefined
  }
  const endpoint = parseEndpoint(values.endpoint)
  return {
    label: values.label ?? endpoint.host,
    endpoint,
    accessKeyId: values['access-key'] ?? process.env['AWS_ACCESS_KEY_ID'] ?? 'test',
    secretAccessKey: values['secret-key'] ?? process.env['AWS_SECRET_ACCESS_KEY'] ?? 'test',
    keyId: values['key-id'],
    pid: values.pid === undefined ? undefined : parseCount('pid', values.pid, 1, 2 ** 31),
  }
}

function parseCount(flag: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined) return fallback
  const count = /^\d+$/.test(text) ? Number(text) : 0
  if (count < 1 || count > max)
    throw new Error(`--${flag}: a whole number from 1 to ${max} required, got ${text}`)
  return count
}

function oneOf<const T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text)
  if (found === undefined) throw new Error(`--${flag}: one of ${choices.join(', ')} required, got ${text}`)
  return found
}
