/** Messages between the server and the process that calls a token's library. */

import { TOKEN_REASONS, TokenFailure, type TokenReason } from './failure.ts'
import { encodeFrame, type Frame } from './frames.ts'

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

/** The bytes and texts of a result; which of them, the call says. */
export type TokenResult = {
  readonly bytes: readonly Uint8Array[]
  readonly texts: readonly string[]
}

const TEXT_MAX_LENGTH = 1024
const ITEMS_MAX = 8

/** An answer to a call. The process runs a vendor's code, so nothing of it is taken on trust. */
export type TokenAnswer = { readonly id: number } & (
  | { readonly result: TokenResult }
  | { readonly failure: TokenFailure }
)

/** The bytes of a call with its number: its members of bytes are pieces, in the order of the header's `members`. */
export function encodeCall(id: number, call: TokenCall): Uint8Array {
  const entries: readonly (readonly [string, unknown])[] = Object.entries(call)
  const pieces = entries.filter((entry): entry is [string, Uint8Array] => isBytes(entry[1]))
  const rest = Object.fromEntries(entries.filter(([, value]) => !isBytes(value)))
  const header = { id, call: rest, members: pieces.map(([name]) => name) }
  return encodeFrame(
    header,
    pieces.map(([, bytes]) => bytes),
  )
}

/** The call of a frame. Only the parent of a process sends calls. */
export function parseCall({ header, pieces }: Frame): { readonly id: number; readonly call: TokenCall } {
  const { id, call, members } = header
  const names: readonly unknown[] = Array.isArray(members) ? members : []
  const bytes = Object.fromEntries(names.map((name, index) => [String(name), pieces[index]]))
  return { id: Number(id), call: { ...membersOf(call), ...bytes } as TokenCall }
}

/** The bytes of an answer. */
export function encodeAnswer(id: number, outcome: TokenResult | TokenFailure): Uint8Array {
  if (!(outcome instanceof TokenFailure)) return encodeFrame({ id, texts: outcome.texts }, outcome.bytes)
  const { reason, message } = outcome
  return encodeFrame({ id, failure: { reason, message: message.slice(0, TEXT_MAX_LENGTH) } }, [])
}

/** Parses an answer; nothing for anything else. */
export function parseAnswer({ header, pieces }: Frame): TokenAnswer | undefined {
  const { id, texts, failure } = header
  if (typeof id !== 'number') return undefined
  if (failure !== undefined) {
    const { reason, message: text } = membersOf(failure)
    if (!isReason(reason) || typeof text !== 'string') return undefined
    return { id, failure: new TokenFailure(reason, text.slice(0, TEXT_MAX_LENGTH)) }
  }
  if (!isListOf(texts, isText)) return undefined
  return { id, result: { bytes: pieces, texts } }
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.length <= ITEMS_MAX && value.every(isItem)
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
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
