/** For tests: clients that do what applications do. */

import { setTimeout as delay } from 'node:timers/promises'
import { openHistogram } from '../../bench/histogram.ts'
import type { Seeded } from '../support/seeded.ts'
import { Lane, type LaneDependencies } from './lane.ts'

/** What honest clients work with. */
export type HonestDependencies = LaneDependencies & {
  readonly keyIds: readonly string[]
  readonly random: Seeded
  readonly goesOn: () => boolean
}

/** What honest clients have met. */
export type HonestReport = {
  readonly calls: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
  /** Answers other than 200, and ciphertexts that became something else. */
  readonly failures: readonly string[]
  /** Connections that the server has closed while a call waited. */
  readonly cutOff: number
}

const CLIENTS = 4
/** A client waits so long between its calls: its load is small. */
const PAUSE_MS = 20
const FAILURES_KEPT = 20

/** Encrypts and decrypts until it is to stop. */
export async function runHonest(dependencies: HonestDependencies): Promise<HonestReport> {
  const histogram = openHistogram()
  const failures: string[] = []
  const lanes = Array.from({ length: CLIENTS }, () => new Lane(dependencies))
  let longestMs = 0
  const call = async (lane: Lane, operation: string, input: Readonly<Record<string, string>>) => {
    const answer = await lane.call(operation, input)
    if (answer === undefined) return undefined
    histogram.add(answer.tookMs * 1000)
    longestMs = Math.max(longestMs, answer.tookMs)
    if (answer.status === 200) return answer.body
    fail(`${operation}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return undefined
  }
  const fail = (what: string): void => {
    if (failures.length < FAILURES_KEPT) failures.push(what)
  }
  await Promise.all(
    lanes.map(async (lane) => {
      while (dependencies.goesOn()) {
        const Plaintext = Buffer.from(String(dependencies.random.below(1_000_000_000))).toString('base64')
        const sealed = await call(lane, 'Encrypt', {
          KeyId: dependencies.random.pick(dependencies.keyIds),
          Plaintext,
        })
        await delay(PAUSE_MS)
        if (sealed === undefined) continue
        const opened = await call(lane, 'Decrypt', { CiphertextBlob: String(sealed['CiphertextBlob']) })
        if (opened !== undefined && opened['Plaintext'] !== Plaintext) fail('another plaintext came back')
        await delay(PAUSE_MS)
      }
      lane.close()
    }),
  )
  return {
    calls: histogram.count(),
    p50Ms: histogram.percentileUs(0.5) / 1000,
    p99Ms: histogram.percentileUs(0.99) / 1000,
    longestMs,
    failures,
    cutOff: lanes.reduce((sum, lane) => sum + lane.cutOff, 0),
  }
}
