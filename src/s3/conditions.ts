import type { EpochMs } from '../base/ports.ts'
import { parseHttpDate } from '../sigv4/timestamp.ts'
import type { ObjectEntry } from './entries.ts'
import { S3Error } from './s3-error.ts'

/** Names of the headers with conditions. */
const READ = {
  match: 'if-match',
  noneMatch: 'if-none-match',
  modifiedSince: 'if-modified-since',
  unmodifiedSince: 'if-unmodified-since',
}
const COPY_SOURCE: typeof READ = {
  match: 'x-amz-copy-source-if-match',
  noneMatch: 'x-amz-copy-source-if-none-match',
  modifiedSince: 'x-amz-copy-source-if-modified-since',
  unmodifiedSince: 'x-amz-copy-source-if-unmodified-since',
}

/**
 * Whether a read gets the object, or learns that it is unchanged. Source: RFC 9110, section 13.2.2; Amazon S3 API
 * Reference, "GetObject".
 *
 * @throws S3Error PreconditionFailed.
 */
export function checkRead(headers: ReadonlyMap<string, string>, entry: ObjectEntry): 'send' | 'unchanged' {
  const { matches, isChanged } = evaluate(headers, entry, READ)
  if (!matches) throw failed('At least one of the pre-conditions you specified did not hold')
  return isChanged ? 'send' : 'unchanged'
}

/** The same for the source of a copy, which must also have changed. @throws S3Error PreconditionFailed. */
export function checkCopySource(headers: ReadonlyMap<string, string>, entry: ObjectEntry): void {
  const { matches, isChanged } = evaluate(headers, entry, COPY_SOURCE)
  if (!matches || !isChanged) throw failed('At least one of the pre-conditions you specified did not hold')
}

/**
 * Checks the conditions of a write. Source: Amazon S3 User Guide, "Conditional writes".
 *
 * @throws S3Error PreconditionFailed, NoSuchKey, NotImplemented.
 */
export function checkWrite(headers: ReadonlyMap<string, string>, entry: ObjectEntry | undefined): void {
  const match = headers.get(READ.match)
  const noneMatch = headers.get(READ.noneMatch)
  if (noneMatch !== undefined && noneMatch !== '*') {
    throw new S3Error('NotImplemented', 'If-None-Match of a write must be *.')
  }
  if (noneMatch !== undefined && entry !== undefined) {
    throw failed('At least one of the pre-conditions you specified did not hold', 'If-None-Match')
  }
  if (match === undefined) return
  if (entry === undefined) throw new S3Error('NoSuchKey', 'The specified key does not exist.')
  if (!lists(match, entry.etag)) {
    throw failed('At least one of the pre-conditions you specified did not hold', 'If-Match')
  }
}

type Evaluated = { readonly matches: boolean; readonly isChanged: boolean }

function evaluate(headers: ReadonlyMap<string, string>, entry: ObjectEntry, names: typeof READ): Evaluated {
  const match = headers.get(names.match)
  const noneMatch = headers.get(names.noneMatch)
  const unmodifiedSince = dateOf(headers.get(names.unmodifiedSince))
  const modifiedSince = dateOf(headers.get(names.modifiedSince))
  const second = entry.modifiedAt - (entry.modifiedAt % 1000)
  const matches =
    match === undefined
      ? unmodifiedSince === undefined || second <= unmodifiedSince
      : lists(match, entry.etag)
  const isChanged =
    noneMatch === undefined
      ? modifiedSince === undefined || second > modifiedSince
      : !lists(noneMatch, entry.etag)
  return { matches, isChanged }
}

/** A date that is not one does not count. */
function dateOf(text: string | undefined): EpochMs | undefined {
  return text === undefined ? undefined : parseHttpDate(text)
}

function lists(text: string, etag: string): boolean {
  return text.split(',').some((item) => {
    const tag = item.trim().replace(/^W\//, '')
    return tag === '*' || tag === etag || tag === `"${etag}"`
  })
}

function failed(message: string, condition?: string): S3Error {
  return new S3Error(
    'PreconditionFailed',
    message,
    condition === undefined ? {} : { elements: { Condition: condition } },
  )
}
