import { type Given, need, parseWithin, pathSetting, read, setting } from './setting.ts'

/** The configuration of PKCS #11 tokens. */
export type Pkcs11Config = {
  /** The path of a JSON file with the tokens. */
  readonly file: string | undefined
  readonly timeoutMs: number
}

/** A network HSM answers in milliseconds, a smart card in a second; a caller waits for no more than this. */
const TIMEOUT_DEFAULT_MS = 10_000
const TIMEOUT_MIN_MS = 100
const TIMEOUT_MAX_MS = 60_000

/** The settings of PKCS #11 tokens. */
export const PKCS11_SETTINGS = {
  pkcs11: pathSetting({
    variable: 'HOLDFAST_PKCS11',
    flag: 'pkcs11',
    about: 'the PKCS #11 tokens for key stores and for unlock paths of type pkcs11: a JSON file',
  }),
  pkcs11Timeout: setting({
    variable: 'HOLDFAST_PKCS11_TIMEOUT',
    flag: 'pkcs11-timeout',
    byDefault: String(TIMEOUT_DEFAULT_MS),
    about: 'the timeout of a call to a PKCS #11 token, in milliseconds',
    expected: `a whole number from ${TIMEOUT_MIN_MS} to ${TIMEOUT_MAX_MS}`,
    parse: (text) => parseWithin(text, TIMEOUT_MIN_MS, TIMEOUT_MAX_MS),
  }),
}

/** @throws ConfigError. */
export function parsePkcs11(given: Given): Pkcs11Config {
  return {
    file: read(PKCS11_SETTINGS.pkcs11, given),
    timeoutMs: need(PKCS11_SETTINGS.pkcs11Timeout, given),
  }
}
