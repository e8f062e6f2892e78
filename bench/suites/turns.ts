import { setTimeout as delay } from 'node:timers/promises'
import { prepareFixtures } from '../fixtures.ts'
import type { WindowResult } from '../load-protocol.ts'
import type { Loader } from '../loader.ts'
import { rate } from '../measures.ts'
import type { Options } from '../options.ts'
import type { Server } from '../server.ts'

/** The dependencies of a comparison of two servers in turn. */
export type TurnsDependencies = {
  readonly options: Options
  readonly loader: Loader
  readonly progress: (text: string) => void
}

/** The number of connections of a comparison of two servers in turn. */
export const TURN_CONNECTIONS = 64
const WARMUP_MS = 500
const CALLS_PER_SECOND_MAX = 25_000
/** The pause in which one server finishes its background work before the bench measures the other. */
const PAUSE_MS = 3000

type Windows = readonly [readonly WindowResult[], readonly WindowResult[]]

/** Measures Encrypt on two servers in turn. The order alternates between rounds. */
export async function measureInTurn(
  dependencies: TurnsDependencies,
  [first, second]: readonly [Server, Server],
): Promise<Windows> {
  const windows: [WindowResult[], WindowResult[]] = [[], []]
  const sides = [await openSide(first), await openSide(second)] as const
  for (let round = 0; round < dependencies.options.rounds; round += 1) {
    for (const index of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      windows[index].push(await measureSide(dependencies, sides[index]))
      await delay(PAUSE_MS)
    }
  }
  return windows
}

type Side = Awaited<ReturnType<typeof openSide>>

async function openSide(server: Server) {
  const to = { endpoint: server.endpoint, credentials: server.credentials }
  return { server, to, fixtures: await prepareFixtures(to, undefined) }
}

async function measureSide(
  { options, loader, progress }: TurnsDependencies,
  side: Side,
): Promise<WindowResult> {
  const { server, to, fixtures } = side
  await loader.sign(fixtures.workload('Encrypt'), to, CALLS_PER_SECOND_MAX * (options.seconds + 1))
  const window = {
    endpoint: to.endpoint,
    connections: TURN_CONNECTIONS,
    warmupMs: WARMUP_MS,
    pids: server.pids(),
  }
  const result = await loader.run({ ...window, measureMs: options.seconds * 1000 })
  if (result.errorCount > 0) throw new Error(`Encrypt failed: ${result.errors.join(', ')}`)
  progress(`Encrypt x${TURN_CONNECTIONS}: ${rate(result).toFixed(0)}/s`)
  return result
}
