import { usingGiven } from '../base/given-file.ts'
import type { Log } from '../base/log.ts'
import { systemClock, systemTimers } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import { parsePkcs11File, type TokenConfig } from '../config/pkcs11-file.ts'
import type { Config } from '../config/settings.ts'
import { findCertificate } from '../crypto/certificates.ts'
import { openTokens, type TokenOfFile, type Tokens } from '../pkcs11/tokens.ts'

const VARIABLE = 'HOLDFAST_PKCS11'

/** The PKCS #11 tokens of the settings. The file chooses which code runs, so only its owner may write it. @throws UsageError. */
export async function readTokens({
  pkcs11: { file },
}: Pick<Config, 'pkcs11'>): Promise<readonly TokenOfFile[]> {
  if (file === undefined) return []
  return usingGiven({ name: VARIABLE, path: file }, async () => {
    const tokens = parsePkcs11File(await readRegularText(file, { own: true }))
    return Promise.all(tokens.map(withTrustAnchor))
  })
}

async function withTrustAnchor({ cluster, ...token }: TokenConfig): Promise<TokenOfFile> {
  if (cluster === undefined) return { ...token, cluster }
  const { trustAnchorFile, ...rest } = cluster
  if (trustAnchorFile === undefined) return { ...token, cluster: { ...rest, trustAnchor: undefined } }
  const trustAnchor = await usingGiven({ name: VARIABLE, path: trustAnchorFile }, async () => {
    const found = findCertificate(await readRegularText(trustAnchorFile))
    if (found === undefined) throw new Error('there is no PEM certificate in it')
    return found
  })
  return { ...token, cluster: { ...rest, trustAnchor } }
}

/** Opens tokens for use. */
export function openConfiguredTokens(
  { pkcs11: { timeoutMs } }: Pick<Config, 'pkcs11'>,
  tokens: readonly TokenOfFile[],
  log: Log,
): Tokens {
  return openTokens(tokens, { timeoutMs, timers: systemTimers, clock: systemClock, log })
}
