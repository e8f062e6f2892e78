import { isIP } from 'node:net'
import { ConfigError } from '../config/setting.ts'
import { parseStoreText, STORE_EXPECTED } from '../config/store-settings.ts'

/** Source: RFC 1123, section 2.1. The last label is not a number, which would be an IP address. */
const HOST_NAME =
  /^(?:\*\.)?(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?=[A-Za-z0-9-]*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/

/** A kind of value that options and operands of commands take. */
export type Value = {
  /** The placeholder in help, in capitals: `DAYS`. */
  readonly name: string
  /** The description of a valid value, for help and messages. */
  readonly expected: string
  readonly accepts: (text: string) => boolean
  /** All valid values, where they are few. */
  readonly choices?: readonly string[]
  /** What a shell completes the value with. */
  readonly completes?: 'files' | 'folders'
  /** The value may hold a secret: messages do not repeat it. */
  readonly sensitive?: true
}

/** A value that matches a pattern. */
export function matching(name: string, expected: string, pattern: RegExp): Value {
  return { name, expected, accepts: (text) => pattern.test(text) }
}

function anyText(name: string, expected: string): Value {
  return matching(name, expected, /./s)
}

/** An account ID. */
export const ACCOUNT_ID = matching('ACCOUNT_ID', 'an account ID of 12 digits', /^[0-9]{12}$/)
/** A key, as an operator names it. */
export const KEY = anyText('KEY', 'a key ID, key ARN, alias name or alias ARN')
/** The id of a request or event. */
export const EVENT_ID = matching(
  'ID',
  'a request ID or event ID, which is a UUID',
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
)
/** The path of an input file. */
export const FILE: Value = { ...anyText('FILE', 'the path of a file'), completes: 'files' }
/** The path of a folder. */
export const FOLDER: Value = { ...anyText('FOLDER', 'the path of a folder'), completes: 'folders' }
/** A name chosen by an operator. */
export const NAME = anyText('NAME', 'a name')
/** An organizational unit. */
export const UNIT = matching('UNIT_ID', 'a unit ID, for example ou-a1b2-c3d4e5f6', /^ou-./)
/** An organizational unit or the root. */
export const PARENT = matching('PARENT_ID', 'a unit ID (ou-...) or root ID (r-...)', /^(?:ou|r)-./)
/** The target of a control policy. */
export const TARGET = matching(
  'TARGET_ID',
  'an account ID, unit ID (ou-...) or root ID (r-...)',
  /^(?:[0-9]{12}$|ou-.|r-.)/,
)
/** A principal. */
export const PRINCIPAL = matching(
  'ARN',
  'the ARN of a principal, for example arn:aws:iam::000000000000:user/alice',
  /^arn:/,
)
/** A permission. */
export const ACTION = matching(
  'ACTION',
  'SERVICE:ACTION, for example kms:Decrypt',
  /^[a-z][a-z0-9-]*:[A-Za-z0-9]+$/,
)
/** A condition key and its value. */
export const CONTEXT_ENTRY = matching('KEY=VALUE', 'KEY=VALUE', /^[^=]+=/)
/** A variable, whose value is given too or is read from standard input. */
export const VARIABLE: Value = {
  ...matching(
    'NAME[=VALUE]',
    'the name of a variable, or NAME=VALUE',
    /^[A-Za-z_][A-Za-z0-9_]*(?:=[^\0]*)?$/,
  ),
  sensitive: true,
}
/** A host name, perhaps with a wildcard as its first label, or an IP address. */
export const HOST: Value = {
  name: 'NAME',
  expected: 'a host name or an IP address',
  accepts: (text) => isIP(text) !== 0 || HOST_NAME.test(text),
}
/** A name of a file without its end. */
export const FILE_NAME = matching(
  'NAME',
  'letters, digits, dots, dashes and underscores',
  /^[A-Za-z0-9_][\w.-]{0,99}$/,
)
/** A region. */
export const REGION = matching('REGION', 'a region name, for example us-east-1', /^([a-z]+-){2,3}\d+$/)
/** A store. */
export const STORE: Value = {
  name: 'STORE',
  expected: STORE_EXPECTED,
  accepts: (text) => parseStoreText(text) !== undefined,
  sensitive: true,
}
/** A verifier key. */
export const VERIFIER_KEY = anyText('VERIFIER_KEY', 'a verifier key')

const TIME_PATTERN = /^\d{4}-\d\d-\d\d(?:T\d\d:00Z)?$/

/** A day or hour. */
export const TIME: Value = {
  name: 'TIME',
  expected: 'a day or hour in UTC, for example 2026-11-01 or 2026-11-01T08:00Z',
  accepts: (text) => TIME_PATTERN.test(text) && !Number.isNaN(Date.parse(text)),
}

const WHOLE_NUMBER = /^[0-9]{1,9}$/

/** A whole number from `min` to `max`, both included. */
export function wholeNumber(name: string, min: number, max: number): Value {
  const accepts = (text: string): boolean =>
    WHOLE_NUMBER.test(text) && Number(text) >= min && Number(text) <= max
  return { name, expected: `a whole number from ${min} to ${max}`, accepts }
}

/** One of several words. */
export function oneOf(name: string, choices: readonly string[]): Value {
  return { name, expected: choicesText(choices), accepts: (text) => choices.includes(text), choices }
}

/** One or more of several words, separated by commas. */
export function someOf(name: string, choices: readonly string[]): Value {
  return {
    name,
    expected: `one or more of ${choices.join(',')}, separated by commas`,
    accepts: (text) => text.split(',').every((word) => choices.includes(word)),
    choices,
  }
}

function choicesText(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`
}

/** The error of an invalid option or operand, in the form of all commands. */
export function wrongValue(
  name: string,
  { expected, sensitive }: Pick<Value, 'expected' | 'sensitive'>,
  got: string | undefined,
): ConfigError {
  const shown = sensitive === true ? '...' : got
  return new ConfigError(`${name}: expected ${expected}; got ${got === undefined ? 'nothing' : `'${shown}'`}`)
}

/** The shells with completion. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
