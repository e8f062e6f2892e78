/** Messages between the server and the process that calls a token's library. */

import { TOKEN_REASONS, TokenFailure, type TokenReason } from './failure.ts'

/** A token, and how it is used. The operator says it. */
export type TokenPlace = {
  /** The path of the library. */
  readonly module: string
  /** The label of the token; nothing when the serial number alone names it. */
  readonly label: string | undefined
  readonly serial: string | undefined
  /** The path of the file with the PIN. */
  readonly pinFile: string
}

/** What a token says of itself without a login. */
export type TokenFacts = { readonly serial: string; readonly model: string; readonly manufacturer: string }

/** What a process is asked: `open` once, first. */
export type TokenCall =
  | { readonly name: 'open'; readonly place: TokenPlace }
  | { readonly name: 'facts' }
  /** Logs in. `password`: text that has to be the PIN, or nothing. */
  | { readonly name: 'login'; readonly password: string | undefined }
  | { readonly name: 'generate'; readonly label: string; readonly id: Uint8Array }
  | ({ readonly name: 'encrypt'; readonly label: string; readonly iv: Uint8Array } & Bound)
  | ({ readonly name: 'decrypt'; readonly label: string; readonly iv: Uint8Array } & Bound)
  | { readonly name: 'destroy'; readonly label: string }
  | { readonly name: 'has'; readonly label: string }
  | { readonly name: 'random'; readonly sizeBytes: number }

type Bound = { readonly data: Uint8Array; readonly aad: Uint8Array }

/** A call with its number. */
export type TokenRequest = { readonly id: number; readonly call: TokenCall }

/** The bytes and texts of a result; which of them, the call says. */
export type TokenResult = {
  readonly bytes: readonly Uint8Array[]
  readonly texts: readonly string[]
}

/** The largest result of a call. */
const RESULT_MAX_BYTES = 131_072
const TEXT_MAX_LENGTH = 1024
const ITEMS_MAX = 8

/** An answer to a call. The process runs a vendor's code, so nothing of it is taken on trust. */
export type TokenAnswer = { readonly id: number } & (
  | { readonly result: TokenResult }
  | { readonly failure: TokenFailure }
)

/** Parses an answer; nothing for anything else. */
export function parseAnswer(message: unknown): TokenAnswer | undefined {
  const { id, result, failure } = membersOf(message)
  if (typeof id !== 'number') return undefined
  if (failure !== undefined) {
    const { reason, message: text } = membersOf(failure)
    if (!isReason(reason) || typeof text !== 'string') return undefined
    return { id, failure: new TokenFailure(reason, text.slice(0, TEXT_MAX_LENGTH)) }
  }
  const { bytes, texts } = membersOf(result)
  if (!isListOf(bytes, isBytes) || !isListOf(texts, isText)) return undefined
  return { id, result: { bytes, texts } }
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.length <= ITEMS_MAX && value.every(isItem)
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length <= RESULT_MAX_BYTES
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= TEXT_MAX_LENGTH
}

function isReason(value: unknown): value is TokenReason {
  return TOKEN_REASONS.some((reason) => reason === value)
}

function membersOf(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
