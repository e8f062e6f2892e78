import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openSampleBed } from '../../test/support/sample-bed.ts'
import type { Loader } from '../loader.ts'
import type { Goal } from '../measures.ts'
import { type CrowdedAccount, openAccount } from '../neighbours/account.ts'
import { type Beside, busyWith, compared, type EncryptPace, encryptBeside } from '../neighbours/beside.ts'
import { allCases, type Case } from '../neighbours/cases.ts'
import { makeDataSet } from '../neighbours/data-set.ts'
import { allFloods, type Flood } from '../neighbours/floods.ts'
import { type CaseTurns, measureTurns, type Repeats } from '../neighbours/measure.ts'
import { openProbe, type Probe } from '../neighbours/probe.ts'
import type { Options } from '../options.ts'
import { PROBE_VARIABLE } from '../turn-probe.ts'

/** The results of the neighbours suite: how much single callers slow down all others in a crowded account. */
export type NeighboursReport = {
  readonly keys: number
  readonly events: number
  readonly rows: readonly NeighboursRow[]
  readonly floods: readonly FloodRow[]
  readonly goals: readonly Goal[]
  /** Unexpected responses. */
  readonly errors: readonly string[]
}

/** One case: its calls one at a time, and Encrypt while the case repeats without a pause. */
type NeighboursRow = CaseTurns &
  Partial<Beside> & { readonly service: string; readonly what: string; readonly kind: Case['kind'] }

type FloodRow = Beside & { readonly what: string; readonly longestTurnMs: number }

/** The dependencies of the suite. */
export type NeighboursDependencies = {
  readonly options: Options
  readonly loader: Loader
  /** An empty folder, which the suite fills. */
  readonly dataFolder: string
  readonly progress: (text: string) => void
}

const TURN_REQUIRED_MS = 5
const P99_RATIO_REQUIRED = 3
const RATE_SHARE_REQUIRED = 1 / 3
const PRINCIPALS = 1000
const GRANTS = 5000
const REPEATS: Repeats = { calls: 8, forMs: 800 }
/** `--slice` makes one call of every case. */
const ONCE: Repeats = { calls: 1, forMs: 0 }
const SLICE = { keys: 200, principals: 250, grants: 100, events: 2000 }
/** The number of cases between two measurements of Encrypt alone. */
const CASES_BETWEEN = 25
const BESIDE_MS = 700
const FLOOD_MS = 3000

/** Measures the most expensive calls of every operation, and floods. */
export async function measureNeighbours(dependencies: NeighboursDependencies): Promise<NeighboursReport> {
  const { options, dataFolder, progress } = dependencies
  const { keys, events } = options
  const crowd = options.slice ? SLICE : { keys, principals: PRINCIPALS, grants: GRANTS, events }
  const { crowdedKey } = await makeDataSet(dataFolder, crowd, options.kept, progress)
  const socket = join(dataFolder, 'turns.sock')
  const probeFile = pathToFileURL(join(import.meta.dirname, '..', 'turn-probe.ts')).href
  const environment = { [PROBE_VARIABLE]: socket, NODE_OPTIONS: `--import ${probeFile}` }
  await using bed = await openSampleBed({ data: dataFolder, environment })
  const account = await openAccount(bed, crowdedKey)
  const probe = await openProbe(socket)
  try {
    const cases = allCases(account).filter((one) => isWanted(one, options))
    const rows = await measureCases(dependencies, account, probe, cases)
    const beside =
      options.slice || options.turns ? [] : await measureBeside(dependencies, account, cases, rows)
    const found = rows.map((row, at) => ({ ...row, ...beside[at] }))
    const floods = hasFloods(options) ? await measureFloods(dependencies, account, probe) : []
    const errors = found.flatMap(({ what, kind, wrong }) =>
      wrong === undefined ? [] : [`${what} (${kind}): ${wrong}`],
    )
    return {
      keys: crowd.keys,
      events: crowd.events,
      rows: found,
      floods,
      goals: goalsOf(found, floods),
      errors,
    }
  } finally {
    probe.close()
  }
}

function isWanted({ service, operation, kind, what }: Case, { cases, floods }: Options): boolean {
  if (cases === undefined) return floods === undefined
  return new RegExp(cases).test(`${service} ${operation} ${kind} ${what}`)
}

function hasFloods({ cases, floods, turns }: Options): boolean {
  return floods !== undefined || (cases === undefined && !turns)
}

async function measureCases(
  { options, progress }: NeighboursDependencies,
  account: CrowdedAccount,
  probe: Probe,
  cases: readonly Case[],
): Promise<readonly NeighboursRow[]> {
  const rows: NeighboursRow[] = []
  for (const [at, one] of cases.entries()) {
    const { service, operation, kind } = one
    const what = one.what === '' ? operation : `${operation}, ${one.what}`
    const repeats = options.slice ? ONCE : REPEATS
    const turns = await measureTurns(one, account, probe, { ...repeats, address: addressOf(at) })
    rows.push({ service, what, kind, ...turns })
    progress(
      `${service} ${what} (${kind}): ${turns.coldTurnMs.toFixed(1)} ms, then ${turns.warmTurnMs.toFixed(1)} ms ${turns.wrong ?? ''}`,
    )
  }
  return rows
}

/** A separate address for each case, so that the refusals of one case do not throttle another. */
function addressOf(at: number): string {
  return `127.0.${1 + Math.floor(at / ADDRESSES)}.${1 + (at % ADDRESSES)}`
}

const ADDRESSES = 250

/** Measures Encrypt during the legal cases, and during the most expensive refused case of each operation. */
async function measureBeside(
  { loader, progress }: NeighboursDependencies,
  account: CrowdedAccount,
  cases: readonly Case[],
  rows: readonly NeighboursRow[],
): Promise<readonly (Partial<Beside> | undefined)[]> {
  const alone = [await encryptBeside(account, loader, BESIDE_MS)]
  const paces: (EncryptPace | undefined)[] = []
  for (const [at, one] of cases.entries()) {
    const isMeasured = isAnswered(one) || isWorstRefused(at, cases, rows)
    const neighbour = busyWith(one, account, addressOf(at))
    paces.push(isMeasured ? await encryptBeside(account, loader, BESIDE_MS, neighbour) : undefined)
    if (at % CASES_BETWEEN === CASES_BETWEEN - 1) alone.push(await encryptBeside(account, loader, BESIDE_MS))
    if (isMeasured)
      progress(`Encrypt during ${one.operation} (${one.kind}): p99 ${paces.at(-1)?.p99Ms.toFixed(1)} ms`)
  }
  alone.push(await encryptBeside(account, loader, BESIDE_MS))
  return paces.map((pace) => pace && compared(pace, alone))
}

function isAnswered({ kind }: Case): boolean {
  return kind === 'legal' || kind === 'known'
}

function isWorstRefused(at: number, cases: readonly Case[], rows: readonly NeighboursRow[]): boolean {
  const own = cases[at]
  const others = cases.flatMap((one, index) =>
    !isAnswered(one) && one.operation === own?.operation && one.service === own.service
      ? [rows[index]?.busyMs ?? 0]
      : [],
  )
  return (rows[at]?.busyMs ?? 0) >= Math.max(...others)
}

async function measureFloods(
  { loader, options, progress }: NeighboursDependencies,
  account: CrowdedAccount,
  probe: Probe,
): Promise<readonly FloodRow[]> {
  const size = options.slice
    ? { idleConnections: 200, pipelined: 500 }
    : { idleConnections: 10_000, pipelined: 5000 }
  const windowMs = options.slice ? BESIDE_MS : FLOOD_MS
  const rows: FloodRow[] = []
  const wanted = new RegExp(options.floods ?? '')
  for (const one of allFloods(size).filter(({ what }) => wanted.test(what))) {
    const alone = await encryptBeside(account, loader, windowMs)
    const { pace, longestTurnMs } = await measureFlood(one, account, probe, (neighbour) =>
      encryptBeside(account, loader, windowMs, neighbour),
    )
    rows.push({ what: one.what, longestTurnMs, ...compared(pace, [alone]) })
    progress(`${one.what}: p99 ${pace.p99Ms.toFixed(1)} ms, ${alone.p99Ms.toFixed(1)} ms alone`)
  }
  return rows
}

async function measureFlood(
  one: Flood,
  account: CrowdedAccount,
  probe: Probe,
  beside: (neighbour: (signal: AbortSignal) => Promise<void>) => Promise<EncryptPace>,
): Promise<{ readonly pace: EncryptPace; readonly longestTurnMs: number }> {
  await probe.begin()
  const pace = await beside((signal) => one.run(account, signal))
  const { longestMs } = await probe.end()
  return { pace, longestTurnMs: longestMs }
}

function goalsOf(rows: readonly NeighboursRow[], floods: readonly FloodRow[]): readonly Goal[] {
  const measured = [...rows, ...floods]
  const [turn, p99, rate] = [
    worst(rows, ({ warmTurnMs }) => warmTurnMs),
    worst(measured, ({ p99Ratio }) => p99Ratio),
    worst(measured, ({ rateShare }) => rateShare && 1 / rateShare),
  ]
  return [
    {
      name: 'Longest event-loop turn of one call, after the first call',
      required: `under ${TURN_REQUIRED_MS} ms`,
      measured: `${turn.value.toFixed(1)} ms (${turn.what})`,
      met: turn.value < TURN_REQUIRED_MS,
    },
    {
      name: 'p99 of Encrypt during one busy caller',
      required: `under ${P99_RATIO_REQUIRED} times that without load`,
      measured: `${p99.value.toFixed(1)} times (${p99.what})`,
      met: p99.value < P99_RATIO_REQUIRED,
    },
    {
      name: 'Rate of Encrypt during one busy caller',
      required: 'above a third of that without load',
      measured: `${((100 * 1) / Math.max(rate.value, 1e-9)).toFixed(0)}% (${rate.what})`,
      met: rate.value < 1 / RATE_SHARE_REQUIRED,
    },
  ]
}

function worst<T extends { readonly what: string }>(
  rows: readonly T[],
  sizeOf: (row: T) => number | undefined,
): { readonly value: number; readonly what: string } {
  let found = { value: 0, what: 'nothing' }
  for (const row of rows) {
    const value = sizeOf(row) ?? 0
    if (value > found.value) found = { value, what: row.what }
  }
  return found
}
