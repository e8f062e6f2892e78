import { present } from '../base/assert.ts'
import { usingGiven } from '../base/given-file.ts'
import type { Log } from '../base/log.ts'
import { systemClock, systemTimers } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import { parsePkcs11File, type TokenConfig } from '../config/pkcs11-file.ts'
import type { Config } from '../config/settings.ts'
import { findCertificate } from '../crypto/certificates.ts'
import { openTokens, type TokenKeys, type TokenOfFile, type Tokens } from '../pkcs11/tokens.ts'
import { openPinGuard } from './pin-guard.ts'

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
  { data, pkcs11: { timeoutMs } }: Pick<Config, 'data' | 'pkcs11'>,
  tokens: readonly TokenOfFile[],
  log: Pick<Log, 'warn'>,
): Tokens {
  return openTokens(tokens, {
    timeoutMs,
    timers: systemTimers,
    clock: systemClock,
    log,
    pins: openPinGuard(data),
  })
}

/** Opens one token by its name, for the time of its use. @throws Error with a message for the operator. */
export async function openNamedToken(
  config: Pick<Config, 'data' | 'pkcs11'>,
  name: string,
): Promise<TokenKeys & Disposable> {
  const token = (await readTokens(config)).find((one) => one.name === name)
  if (token === undefined) throw new Error(`there is no token '${name}': see ${VARIABLE}`)
  // The caller gets every failure.
  const tokens = openConfiguredTokens(config, [token], { warn: () => {} })
  const keys = present(tokens.named(name), 'the token')
  return { ...keys, [Symbol.dispose]: () => tokens[Symbol.dispose]() }
}
