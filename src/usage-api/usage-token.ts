import { KmsError } from '../api/errors.ts'
import { sha256Hex } from '../crypto/hash.ts'

/** The start of a page: the range of the first page, and the last line of the previous page. */
export type UsagePlace = {
  readonly range: { readonly fromMs: number; readonly toMs: number }
  readonly after: string
}

const TOKEN = /^(\d{1,15})\.(\d{1,15})\.([0-9a-f]{64})\.([\s\S]*)$/

/** Encodes a place for the caller. @param asked the parameters that it belongs to. */
export function formatUsageToken({ range, after }: UsagePlace, asked: Uint8Array): string {
  const { fromMs, toMs } = range
  return Buffer.from(`${fromMs}.${toMs}.${sha256Hex(asked)}.${after}`).toString('base64url')
}

/** Decodes a token. @throws InvalidNextTokenException for an invalid one, or one for other parameters. */
export function parseUsageToken(token: string | undefined, asked: Uint8Array): UsagePlace | undefined {
  if (token === undefined) return undefined
  const [, from, to, of, after] = TOKEN.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (from !== undefined && to !== undefined && after !== undefined && of === sha256Hex(asked))
    return { range: { fromMs: Number(from), toMs: Number(to) }, after }
  throw invalidToken()
}

const EVENT_KEY = /^[1-9]\d{0,15}$/

/** The key of an event of the index, after which a page begins. @throws InvalidNextTokenException. */
export function parseEventKey(text: string): number {
  if (EVENT_KEY.test(text)) return Number(text)
  throw invalidToken()
}

/** Returns the error for a token that the service did not create for this call. */
export function invalidToken(cause?: unknown): KmsError {
  const message = 'The NextToken is not valid, or belongs to other parameters.'
  return new KmsError('InvalidNextTokenException', message, { cause })
}
