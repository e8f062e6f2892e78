import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { claimFileLock } from '../../src/store/file-lock.ts'
import { type Goal, median, rate } from '../measures.ts'
import { type ServerSettings, startServer } from '../server.ts'
import { measureInTurn, TURN_CONNECTIONS, type TurnsParts } from './turns.ts'

/** What the background suite has found: calls a second with the index kept, and without. */
export type BackgroundReport = {
  readonly withIndex: number
  readonly withoutIndex: number
  /** The median over the rounds. */
  readonly share: number
  readonly goals: readonly Goal[]
}

/** What the suite runs with: settings of two servers on two folders. */
export type BackgroundParts = TurnsParts & { readonly settings: readonly [ServerSettings, ServerSettings] }

const SHARE_REQUIRED = 0.9

/**
 * Measures Encrypt on two servers in turn. One of them keeps no index: its lock is held here, as
 * another process on the folder would hold it.
 */
export async function measureBackground(parts: BackgroundParts): Promise<BackgroundReport> {
  const [on, off] = parts.settings
  mkdirSync(join(off.dataFolder, 'index'), { recursive: true })
  const lock = claimFileLock(join(off.dataFolder, 'index', 'lock'))
  const servers = [await startServer(on), await startServer(off)] as const
  try {
    const [withIndex, without] = await measureInTurn(parts, servers)
    return reportOf(withIndex.map(rate), without.map(rate))
  } finally {
    for (const server of servers) await server.stop()
    lock?.release()
  }
}

function reportOf(on: readonly number[], off: readonly number[]): BackgroundReport {
  const share = median(on.map((value, round) => value / (off[round] ?? value)))
  const goal: Goal = {
    name: `Encrypt at ${TURN_CONNECTIONS} connections with the index kept, share of that without`,
    required: `at least ${SHARE_REQUIRED * 100}%`,
    measured: `${(share * 100).toFixed(1)}%`,
    met: share >= SHARE_REQUIRED,
  }
  return { withIndex: median(on), withoutIndex: median(off), share, goals: [goal] }
}
