import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { parseJsonText } from '../../base/json-text.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { TokenSealer } from '../../custody/token-sealer.ts'
import type { OidcRequest } from './oidc-client.ts'

/** A sign-in that waits for the answer of its provider. The browser keeps it, sealed, in a cookie. */
export type WaitingSignIn = OidcRequest & {
  readonly step: 'waiting'
  /** The name of the provider. */
  readonly provider: string
  readonly expiresAt: EpochMs
}

/** A proven person who has to choose a role. The page keeps it, sealed. */
export type ProvenSignIn = {
  readonly step: 'proven'
  readonly provider: string
  /** The ID token. */
  readonly token: string
  /** SHA-256, in hexadecimal digits, of the cookie of the sign-in: no other browser can use this. */
  readonly cookieHash: string
  readonly expiresAt: EpochMs
}

/** Seals a step. */
export function sealStep(sealer: TokenSealer, step: WaitingSignIn | ProvenSignIn): string {
  return sealer.seal(utf8(JSON.stringify(step)))
}

/** Returns a sealed step of a kind; nothing for any other text, and for one that has expired. */
export function unsealStep<S extends WaitingSignIn | ProvenSignIn>(
  sealer: TokenSealer,
  step: S['step'],
  { sealed, now }: { readonly sealed: string | undefined; readonly now: EpochMs },
): S | undefined {
  const bytes = sealed === undefined ? undefined : sealer.unseal(sealed)
  if (bytes === undefined) return undefined
  const value = parseStep<S>(fromUtf8(bytes))
  return value.step === step && value.expiresAt > now ? value : undefined
}

/** Parses what this deployment has sealed. */
function parseStep<S>(text: string): S {
  return parseJsonText(text) as S
}
