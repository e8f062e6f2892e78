import { connect } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { call, exchange, textAt } from '../client.ts'
import { CROWD_ACCOUNT, CROWD_ROLE_ARN, fillFolder } from '../crowd.ts'
import { type ExpensiveCall, expensiveCalls } from '../expensive-calls.ts'
import { type Goal, median } from '../measures.ts'
import type { Options } from '../options.ts'
import { type Addressing, signRequest } from '../requests.ts'
import { type ServerSettings, startServer } from '../server.ts'
import { PROBE_VARIABLE, type Turns } from '../turn-probe.ts'

/** What the neighbours suite has found: how long single calls keep the event loop of a server with a crowded account. */
export type NeighboursReport = {
  readonly keys: number
  readonly rows: readonly NeighboursRow[]
  readonly goals: readonly Goal[]
}

/** One call, in milliseconds of CPU time of the main thread. */
type NeighboursRow = {
  readonly what: string
  readonly status: number
  readonly answerBytes: number
  /** The longest turn of the event loop at the first call, and the median of those after it. */
  readonly coldTurnMs: number
  readonly warmTurnMs: number
  /** All turns of a call that did something, the median. */
  readonly warmBusyMs: number
}

/** What the suite runs with. */
export type NeighboursParts = {
  readonly options: Options
  /** An empty data folder, which the suite fills. */
  readonly settings: ServerSettings
  readonly progress: (text: string) => void
}

const PRINCIPALS = 1000
const GRANTS = 5000
const CALLS_MAX = 30
const CALLS_MIN = 4
const CASE_MS = 1500
/** Lookups and the usage API are limited to two calls a second. */
const LIMITED_PAUSE_MS = 600
const TURN_REQUIRED_MS = 5

/** Measures the longest turn of the event loop that each of the expensive calls causes. */
export async function measureNeighbours(parts: NeighboursParts): Promise<NeighboursReport> {
  const { options, settings, progress } = parts
  const keyId = await withCalls(settings, makeKey)
  await fillFolder(settings.dataFolder, settings.region, keyId, {
    keys: options.keys,
    principals: PRINCIPALS,
  })
  progress(`${options.keys} keys, ${PRINCIPALS} users and roles`)
  await withCalls(settings, (to) => makeGrants(to, keyId))
  progress(`${GRANTS} grants`)
  const socket = join(settings.dataFolder, 'turns.sock')
  const probe = pathToFileURL(join(import.meta.dirname, '..', 'turn-probe.ts')).href
  const environment = { [PROBE_VARIABLE]: socket, NODE_OPTIONS: `--import ${probe}` }
  const rows = await withCalls({ ...settings, environment }, async (to) => {
    const turns = await openProbe(socket)
    const measured: NeighboursRow[] = []
    for (const one of expensiveCalls(keyId)) {
      const row = await measureCall(to, turns, one)
      progress(`${row.what}: ${row.coldTurnMs.toFixed(1)} ms, then ${row.warmTurnMs.toFixed(1)} ms`)
      measured.push(row)
    }
    turns.close()
    return measured
  })
  return { keys: options.keys, rows, goals: [goalOf(rows)] }
}

async function withCalls<T>(settings: ServerSettings, use: (to: Addressing) => Promise<T>): Promise<T> {
  const server = await startServer(settings)
  try {
    return await use({ endpoint: server.endpoint, credentials: server.credentials })
  } finally {
    await server.stop()
  }
}

async function makeKey(to: Addressing): Promise<string> {
  return textAt((await call(to, 'CreateKey', '{}')).output, 'KeyMetadata', 'KeyId')
}

/** Every other grant is for one role, under a constraint of its own. */
async function makeGrants(to: Addressing, keyId: string): Promise<void> {
  for (let index = 0; index < GRANTS; index += 1) {
    const other = `arn:aws:iam::${CROWD_ACCOUNT}:role/crowd-${1 + (index % (PRINCIPALS - 1))}`
    const grant = {
      KeyId: keyId,
      GranteePrincipal: index % 2 === 0 ? CROWD_ROLE_ARN : other,
      RetiringPrincipal: CROWD_ROLE_ARN,
      Operations: ['DescribeKey', 'Decrypt'],
      Constraints: { EncryptionContextSubset: { tenant: `t-${index}` } },
    }
    await call(to, 'CreateGrant', JSON.stringify(grant))
  }
}

type Probe = { readonly ask: () => Promise<string>; readonly close: () => void }

async function openProbe(path: string): Promise<Probe> {
  const socket = connect(path)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return {
    ask: () =>
      new Promise((resolve) => {
        socket.once('data', (line: Buffer) => resolve(line.toString()))
        socket.write('\n')
      }),
    close: () => socket.destroy(),
  }
}

async function measureCall(to: Addressing, probe: Probe, one: ExpensiveCall): Promise<NeighboursRow> {
  const isLimited = one.service === 'holdfast' || one.service === 'cloudtrail'
  const found: Turns[] = []
  let [status, answerBytes] = [0, 0]
  const beganAtMs = performance.now()
  while (found.length < CALLS_MIN || (found.length < CALLS_MAX && performance.now() - beganAtMs < CASE_MS)) {
    if (isLimited) await new Promise((resolve) => setTimeout(resolve, LIMITED_PAUSE_MS))
    const request = signRequest(one.operation, one.body, to, one.service)
    await probe.ask()
    const answer = await exchange(to.endpoint, request)
    found.push(parseTurns(await probe.ask()))
    status = answer.status
    answerBytes = answer.bytes.length - answer.bodyOffset
  }
  const [first, ...rest] = found
  return {
    what: one.what,
    status,
    answerBytes,
    coldTurnMs: first?.longestMs ?? 0,
    warmTurnMs: median(rest.map(({ longestMs }) => longestMs)),
    warmBusyMs: median(rest.map(({ busyMs }) => busyMs)),
  }
}

/** From the probe, which is ours. */
function parseTurns(line: string): Turns {
  return JSON.parse(line) as Turns
}

function goalOf(rows: readonly NeighboursRow[]): Goal {
  const longest = Math.max(...rows.map(({ warmTurnMs }) => warmTurnMs))
  const refused = rows.filter(({ status }) => status !== 200).map(({ what }) => what)
  const measured = refused.length > 0 ? `${refused.join(', ')} refused` : `${longest.toFixed(1)} ms`
  return {
    name: 'The longest turn of the event loop that one expensive call causes, once it is warm',
    required: `under ${TURN_REQUIRED_MS} ms`,
    measured,
    met: refused.length === 0 && longest < TURN_REQUIRED_MS,
  }
}
