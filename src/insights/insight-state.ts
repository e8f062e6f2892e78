import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { LogPosition } from '../audit/log/follow.ts'
import { concatBytes, equalConstantTime } from '../base/bytes.ts'
import { readRegularFile } from '../base/regular-file.ts'
import { type HmacKey, hmacKey, hmacSha256 } from '../crypto/hmac.ts'
import type { Anomaly } from './detector/anomaly.ts'
import { type DetectorState, newDetector } from './detector/detector.ts'

/** The detector's state at some positions of the log, all of one moment. */
export type InsightState = {
  readonly format: 2
  readonly positions: Map<string, LogPosition>
  readonly detector: DetectorState
  /** Detected, but not yet seen in the log. */
  readonly outstanding: Map<string, Anomaly>
  /** Seen in the log, but not yet detected. */
  readonly early: Map<string, true>
  /** Anomalies before this time, in seconds since 1970, are not recorded. */
  readonly fromSecond: number
}

const STATE_FILE = 'state'
const MAC_BYTES = 32
/** The maximum size of the state; a year of many principals takes about 15 MB. */
const STATE_MAX_BYTES = 536_870_912
/** The derivation label, which separates this key from that of the log's chain. */
const LABEL = 'holdfast/insights/state/1'

/** An empty state; anomalies before this time are not recorded. */
export function newInsightState(fromSecond: number): InsightState {
  return {
    format: 2,
    positions: new Map(),
    detector: newDetector(),
    outstanding: new Map(),
    early: new Map(),
    fromSecond,
  }
}

/** The saved state of a folder; nothing without a readable one with a valid MAC. */
export async function readInsightState(folder: string, key: HmacKey): Promise<InsightState | undefined> {
  let bytes: Uint8Array
  try {
    bytes = await readRegularFile(join(folder, STATE_FILE), { maxBytes: STATE_MAX_BYTES })
  } catch {
    return undefined
  }
  const body = bytes.subarray(MAC_BYTES)
  if (!equalConstantTime(bytes.subarray(0, MAC_BYTES), macOf(key, body))) return undefined
  const state = parseState(deserialize(body))
  return state.format === 2 ? state : undefined
}

/** Saves the state atomically. */
export async function writeInsightState(folder: string, key: HmacKey, state: InsightState): Promise<void> {
  const body = serialize(state)
  const path = join(folder, STATE_FILE)
  await writeFile(`${path}.new`, concatBytes(macOf(key, body), body), { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
}

function macOf(key: HmacKey, body: Uint8Array): Uint8Array {
  return hmacSha256(hmacKey(hmacSha256(key, LABEL)), body)
}

/** Parses a state whose MAC is valid, so this code has written it. */
function parseState(value: unknown): InsightState {
  return value as InsightState
}
