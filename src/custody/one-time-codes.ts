import { HOTP, Secret, TOTP } from 'otpauth'
import type { EpochMs, Random } from '../base/ports.ts'

/** Source: RFC 6238, section 5.2, and what authenticator apps take without being told. */
const PERIOD_MS = 30_000
const DIGITS = 6
const ALGORITHM = 'SHA1'
/** Source: RFC 4226, section 4, requirement 6: the size of a secret that it recommends, 160 bits. */
const SEED_BYTES = 20

/** Steps before and after the current one whose codes are valid. Source: RFC 6238, section 5.2. */
const WINDOW_STEPS = 1
/** Steps before and after the current one in which two codes in a row synchronize a device. Source: RFC 6238, section 6. */
const SYNC_WINDOW_STEPS = 20

/** The state of a device: its secret, and the use of its codes. */
export type CodeState = {
  /** Base32. */
  readonly seed: string
  /** How many steps the clock of the device is ahead. */
  readonly driftSteps: number
  /** The last step whose code was used: a code works once, and none works that is older. */
  readonly lastStep: number
}

/** The seed of a new device: base32 without padding. */
export function newSeed(random: Random): string {
  const bytes = Uint8Array.from(random.bytes(SEED_BYTES))
  const secret = new Secret({ buffer: bytes.buffer })
  const seed = secret.base32
  bytes.fill(0)
  return seed
}

/** The text of a device's QR code. @param label whose device it is. Source: the Key URI format of authenticator apps. */
export function seedUri(seed: string, issuer: string, label: string): string {
  const secret = Secret.fromBase32(seed)
  return new TOTP({ issuer, label, secret, algorithm: ALGORITHM, digits: DIGITS }).toString()
}

/** The state of a device after the use of a code; nothing when the code is wrong, too old, or was used before. */
export function useCode(state: CodeState, code: string, now: EpochMs): CodeState | undefined {
  const step = stepOf(code, state.seed, stepAt(now) + state.driftSteps, WINDOW_STEPS)
  return step === undefined || step <= state.lastStep ? undefined : { ...state, lastStep: step }
}

/**
 * The state of a device after two codes in a row, which also tell how far its clock is off; nothing when they are not
 * codes of this device in a row, or when one of them was used before.
 */
export function synchronize(
  state: CodeState,
  codes: readonly [first: string, second: string],
  now: EpochMs,
): CodeState | undefined {
  const present = stepAt(now)
  for (let step = present - SYNC_WINDOW_STEPS; step <= present + SYNC_WINDOW_STEPS; step += 1) {
    const isRow = isCodeOf(codes[0], state.seed, step - 1) && isCodeOf(codes[1], state.seed, step)
    if (!isRow || step - 1 <= state.lastStep) continue
    const drift = step - present
    return { ...state, lastStep: step, driftSteps: Math.abs(drift) <= WINDOW_STEPS ? 0 : drift }
  }
  return undefined
}

function stepAt(now: EpochMs): number {
  return TOTP.counter({ period: PERIOD_MS / 1000, timestamp: now })
}

function stepOf(code: string, seed: string, around: number, window: number): number | undefined {
  for (let step = around - window; step <= around + window; step += 1) {
    if (isCodeOf(code, seed, step)) return step
  }
  return undefined
}

function isCodeOf(token: string, seed: string, counter: number): boolean {
  if (counter < 0) return false
  const secret = Secret.fromBase32(seed)
  return HOTP.validate({ token, secret, algorithm: ALGORITHM, digits: DIGITS, counter, window: 0 }) === 0
}
