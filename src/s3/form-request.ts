import type { Timers } from '../base/ports.ts'
import { inTime } from './body.ts'
import { boundaryOf, type PostForm, readForm } from './post-form.ts'
import { checkKeyLength, isHeader, type S3Request } from './request.ts'
import { invalidArgument, S3Error } from './s3-error.ts'

const LENGTH = /^[0-9]{1,15}$/
/** What a key has in place of the name of the file. */
const FILE_NAME = `$\{filename}`
/** Fields that stand for headers, beside those of {@link AMZ}. Source: Amazon S3 API Reference, "HTML Form Fields". */
const HEADERS: ReadonlySet<string> = new Set([
  ...['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-type'],
  'expires',
])
const AMZ = 'x-amz-'
/** Fields of the signature, and of headers that a form has no use for. */
const OF_FORM =
  /^x-amz-(?:algorithm|credential|date|security-token|signature|tagging|trailer|content-sha256|decoded-content-length|copy-source.*)$/
/** The canned ACL has another name. */
const ACL = 'acl'

/**
 * The request that a form stands for: its key and its headers are those of the fields, and its file is arriving.
 *
 * @throws S3Error. Nothing of the body is read then.
 */
export async function openForm(request: S3Request, timers: Timers): Promise<S3Request> {
  const { headers, wire, bucket = '' } = request
  const boundary = boundaryOf(headers.get('content-type'))
  if (!LENGTH.test(headers.get('content-length') ?? '')) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.')
  }
  const body = wire.body[Symbol.asyncIterator]()
  const cancel = (): void => void body.return?.().catch(() => {})
  try {
    const form = await inTime(body, () => readForm(body, boundary), timers)
    const key = keyOf(form)
    const fields = new Map([...form.fields, ['bucket', bucketOf(form, bucket)], ['key', key]])
    return { ...request, key, headers: headersOf(form), form: { ...form, fields, cancel } }
  } catch (error) {
    cancel()
    throw error
  }
}

function keyOf({ fields, file }: PostForm): string {
  const text = fields.get('key')
  if (text === undefined) {
    const message =
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
    throw invalidArgument(message, 'key', '')
  }
  const key = text.replaceAll(FILE_NAME, () => file.name)
  if (key === '') throw invalidArgument('User key must have a length greater than 0.', 'key', '')
  checkKeyLength(key)
  return key
}

/** The address names the bucket; a field may repeat it. */
function bucketOf({ fields }: PostForm, bucket: string): string {
  const named = fields.get('bucket') ?? bucket
  if (named !== bucket)
    throw invalidArgument('The field bucket is not the bucket of the address.', 'bucket', named)
  return bucket
}

function headersOf({ fields }: PostForm): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of fields) {
    const isNamed = HEADERS.has(name) || (name.startsWith(AMZ) && !OF_FORM.test(name))
    if (!isNamed && name !== ACL) continue
    if (!isHeader(name, value)) {
      throw new S3Error('InvalidArgument', `The field ${JSON.stringify(name)} cannot be a header.`)
    }
    headers.set(name === ACL ? `${AMZ}acl` : name, value)
  }
  return headers
}
