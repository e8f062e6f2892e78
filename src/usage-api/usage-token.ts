import { KmsError } from '../api/errors.ts'
import { sha256Hex } from '../crypto/hash.ts'

/** Where a page begins: the range of the first page, and the values of the last line of the page before. */
export type UsagePlace = {
  readonly range: { readonly fromMs: number; readonly toMs: number }
  readonly after: string
}

const TOKEN = /^(\d{1,15})\.(\d{1,15})\.([0-9a-f]{64})\.([\s\S]*)$/

/** A place as a text for the caller. @param asked the parameters that it belongs to. */
export function formatUsageToken({ range, after }: UsagePlace, asked: Uint8Array): string {
  const { fromMs, toMs } = range
  return Buffer.from(`${fromMs}.${toMs}.${sha256Hex(asked)}.${after}`).toString('base64url')
}

/** The place of a token. @throws InvalidNextTokenException for what is none, or belongs to other parameters. */
export function parseUsageToken(token: string | undefined, asked: Uint8Array): UsagePlace | undefined {
  if (token === undefined) return undefined
  const [, from, to, of, after] = TOKEN.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (from !== undefined && to !== undefined && after !== undefined && of === sha256Hex(asked))
    return { range: { fromMs: Number(from), toMs: Number(to) }, after }
  const message = 'The NextToken is not valid, or belongs to other parameters.'
  throw new KmsError('InvalidNextTokenException', message)
}
