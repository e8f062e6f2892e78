import type { ObjectCall, S3Answer, S3Operation } from '../call.ts'
import { encryptionChoice, encryptionHeaders } from '../encryption.ts'
import type { ObjectEntry, Tags } from '../entries.ts'
import { checksumHeaders, parseFacts, refuseNotOffered } from '../object-facts.ts'
import { openFormFile } from '../payload.ts'
import { checkPostPolicy, parsePostPolicy } from '../post-policy.ts'
import { parseTagging } from '../tags.ts'
import { formatXml } from '../xml.ts'
import { authorizeWrite, replaceObject, storeObject } from './put-object.ts'

/** POST Object: an upload by a form of a page, as its signed policy allows. */
export const postObject: S3Operation = {
  name: 'PostObject',
  readOnly: false,
  on: 'object',
  run: post,
}

type Fields = ReadonlyMap<string, string>

async function post(call: ObjectCall): Promise<S3Answer> {
  const { bucket, request, now } = call
  const { form, headers } = request
  if (form === undefined) throw new Error('the gateway reads the form first')
  const { fields, file } = form
  const range = checkPostPolicy(parsePostPolicy(fields.get('policy') ?? ''), fields, now)
  refuseNotOffered(headers)
  const choice = encryptionChoice(headers, bucket.encryption, call.customerKey())
  const tags = tagsOf(fields)
  await authorizeWrite(call, tags)
  const facts = { ...parseFacts(headers), tags }
  const payload = openFormFile(request, file.pieces, range, choice.type === 'AES256')
  const bytes = {
    pieces: payload.pieces,
    finish: () => {
      const { md5, checksum } = payload.finish()
      return { md5, checksum: checksum && ({ ...checksum, type: 'FULL_OBJECT' } as const) }
    },
  }
  const entry = await storeObject(call, { choice, bytes, facts })
  const { answer, versionHeaders } = await replaceObject(call, entry)
  const common = [
    ['ETag', `"${entry.etag}"`] as const,
    ...encryptionHeaders(entry.encryption, headers),
    ...checksumHeaders(entry),
    ...versionHeaders,
  ]
  const { headers: own = [], ...success } = successOf(call, fields, entry)
  return { ...answer, ...success, headers: [...common, ...own] }
}

function tagsOf(fields: Fields): Tags | undefined {
  const text = fields.get('tagging')
  return text === undefined || text === '' ? undefined : parseTagging(text, 'object')
}

/** Source: Amazon S3 API Reference, "POST Object", success_action_redirect and success_action_status. */
function successOf(
  { bucket, key }: ObjectCall,
  fields: Fields,
  { etag }: ObjectEntry,
): Pick<S3Answer, 'status' | 'headers' | 'body'> {
  const redirect = addressOf(fields.get('success_action_redirect') ?? fields.get('redirect'))
  if (redirect !== undefined) {
    const said = new URLSearchParams({ bucket: bucket.name, key, etag: `"${etag}"` })
    redirect.search = redirect.search === '' ? `?${said}` : `${redirect.search}&${said}`
    return { status: 303, headers: [['Location', redirect.href]] }
  }
  const location = `/${bucket.name}/${encodeURIComponent(key).replaceAll('%2F', '/')}`
  const headers = [['Location', location] as const]
  switch (fields.get('success_action_status')) {
    case '200':
      return { status: 200, headers }
    case '201': {
      const body = formatXml('PostResponse', {
        Location: location,
        Bucket: bucket.name,
        Key: key,
        ETag: `"${etag}"`,
      })
      return { status: 201, headers, body }
    }
    default:
      return { status: 204, headers }
  }
}

/** An address that a browser may be sent to; one that is none does not count. */
function addressOf(text: string | undefined): URL | undefined {
  const address = text === undefined ? undefined : (URL.parse(text) ?? undefined)
  return address?.protocol === 'https:' || address?.protocol === 'http:' ? address : undefined
}
