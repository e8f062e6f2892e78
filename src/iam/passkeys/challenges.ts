import { fromUtf8, parseBase64, toBase64, toHex, utf8 } from '../../base/bytes.ts'
import { parseJsonText } from '../../base/json-text.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { TokenSealer } from '../../custody/token-sealer.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { type Change, insert, type Kind, type Records, remove } from '../../store/records.ts'

/** What a challenge is for: sign-in, or a new passkey of one holder. */
export type ChallengePurpose =
  | { readonly type: 'passkey sign-in' }
  /** The user's unique id; nothing for the root user. */
  | { readonly type: 'new passkey'; readonly account: string; readonly userId: string | undefined }

/** A challenge that was used. Partition: {@link USED_CHALLENGES}; name: its nonce, in hexadecimal digits. */
type UsedChallengeValue = { readonly format: 1; readonly expiresAt: EpochMs }

const USED_CHALLENGE: Kind<UsedChallengeValue> = kindOfFormat1('iam-used-challenge')
const USED_CHALLENGES = 'all'

/** The time for a person to touch the authenticator. Source: WebAuthn Level 3, section 15.1. */
const CHALLENGE_LIFETIME_MS = 300_000
/** Used challenges that have expired, which one use removes at most. */
const REMOVED_MAX = 100
/** Where the nonce is in a sealed text: see docs/reference/formats/session-token.md. */
const NONCE = { from: 1, to: 17 }

type Sealed = { readonly purpose: ChallengePurpose; readonly expiresAt: EpochMs }

/** A new challenge, base64url. It is a sealed text: the server remembers it only once it was used. */
export function newChallenge(sealer: TokenSealer, purpose: ChallengePurpose, now: EpochMs): string {
  const sealed: Sealed = { purpose, expiresAt: now + CHALLENGE_LIFETIME_MS }
  const bytes = parseBase64(sealer.seal(utf8(JSON.stringify(sealed)))) ?? new Uint8Array(0)
  return Buffer.from(bytes).toString('base64url')
}

/**
 * The changes that use up a challenge of a purpose; nothing for any other bytes, one that has expired, and one that was used. Of
 * two commits with one challenge, the second finds a conflict.
 */
export async function useChallenge(
  { records, sealer }: { readonly records: Records; readonly sealer: TokenSealer },
  challenge: Uint8Array,
  purpose: ChallengePurpose,
  now: EpochMs,
): Promise<readonly Change[] | undefined> {
  const bytes = sealer.unseal(toBase64(challenge))
  const sealed = bytes && parseSealed(fromUtf8(bytes))
  if (sealed === undefined || sealed.expiresAt <= now || !isSame(sealed.purpose, purpose)) return undefined
  const name = toHex(challenge.subarray(NONCE.from, NONCE.to))
  if ((await records.get(USED_CHALLENGE, USED_CHALLENGES, name)) !== undefined) return undefined
  const { records: used } = await records.list(USED_CHALLENGE, {
    partition: USED_CHALLENGES,
    limit: REMOVED_MAX,
  })
  const { expiresAt } = sealed
  return [
    ...used.filter(({ value }) => value.expiresAt <= now).map(remove),
    insert(USED_CHALLENGE, USED_CHALLENGES, name, { format: 1, expiresAt }),
  ]
}

function isSame(one: ChallengePurpose, other: ChallengePurpose): boolean {
  if (one.type === 'passkey sign-in' || other.type === 'passkey sign-in') return one.type === other.type
  return one.account === other.account && one.userId === other.userId
}

/** Parses what this deployment has sealed: a challenge, or a step of another sign-in. */
function parseSealed(text: string): Sealed | undefined {
  const value = parseJsonText(text) as Partial<Sealed>
  const { purpose, expiresAt } = value
  return purpose === undefined || expiresAt === undefined ? undefined : { purpose, expiresAt }
}
