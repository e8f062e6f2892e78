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
  const message = 'The NextToken is not valid, or belongs to other parameters.'
  throw new KmsError('InvalidNextTokenException', message)
}
