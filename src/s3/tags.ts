import type { ContextLookup } from '../policy/context.ts'
import type { Tags } from './entries.ts'
import { S3Error } from './s3-error.ts'
import { child, children, malformedXml, parseXml, textOf, type XmlValue } from './xml.ts'

/** The header of a write with the tags of its object. */
const TAGGING = 'x-amz-tagging'
/** Source: Amazon S3 User Guide, "Categorizing your objects using tags" and "Using cost allocation tags". */
const MAX = { object: 10, bucket: 50 }
const KEY_MAX_CHARS = 128
const VALUE_MAX_CHARS = 256
/** Letters, digits and spaces of all languages, and some signs. */
const TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

type Kind = keyof typeof MAX

/** The tags in the header of a write: pairs of a query. @throws S3Error InvalidArgument, InvalidTag, BadRequest. */
export function parseTagsHeader(headers: ReadonlyMap<string, string>): Tags | undefined {
  const text = headers.get(TAGGING)
  if (text === undefined || text === '') return undefined
  return checkTags([...new URLSearchParams(text)], 'object')
}

/** The tags of a document. @throws S3Error MalformedXML, InvalidTag, BadRequest. */
export function parseTagging(text: string, kind: Kind): Tags {
  const set = child(parseXml(text, 'Tagging'), 'TagSet')
  if (set === undefined) throw malformedXml()
  const pairs = children(set, 'Tag').map((tag): [string, string] => {
    const [key, value] = [textOf(tag, 'Key'), textOf(tag, 'Value')]
    if (key === undefined || value === undefined) throw malformedXml()
    return [key, value]
  })
  return checkTags(pairs, kind)
}

function checkTags(pairs: readonly (readonly [string, string])[], kind: Kind): Tags {
  if (pairs.length > MAX[kind]) {
    const what = kind === 'object' ? 'Object' : 'Bucket'
    throw new S3Error('BadRequest', `${what} tags cannot be greater than ${MAX[kind]}`)
  }
  const tags = new Map<string, string>()
  for (const [key, value] of pairs) {
    if (key === '' || key.length > KEY_MAX_CHARS || !TEXT.test(key)) {
      throw new S3Error('InvalidTag', 'The TagKey you have provided is invalid')
    }
    if (value.length > VALUE_MAX_CHARS || !TEXT.test(value)) {
      throw new S3Error('InvalidTag', 'The TagValue you have provided is invalid')
    }
    if (key.startsWith('aws:')) {
      throw new S3Error('InvalidTag', 'System tags cannot be added/updated by requester')
    }
    if (tags.has(key)) {
      throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key')
    }
    tags.set(key, value)
  }
  return Object.fromEntries(tags)
}

/** Tags in a document. */
export function formatTags(tags: Tags = {}): XmlValue {
  return { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }
}

const EXISTING = 's3:existingobjecttag/'
const REQUESTED = 's3:requestobjecttag/'

/** Condition keys of the tags that an object has. */
export function existingTagsContext(tags: Tags = {}): ContextLookup {
  return (key) => (key.startsWith(EXISTING) ? tagOf(tags, key.slice(EXISTING.length)) : undefined)
}

/** Condition keys of the tags that a request gives to an object. */
export function requestedTagsContext(tags: Tags = {}): ContextLookup {
  return (key) => {
    if (key.startsWith(REQUESTED)) return tagOf(tags, key.slice(REQUESTED.length))
    return key === 's3:requestobjecttagkeys' ? Object.keys(tags) : undefined
  }
}

/** Keys of tags in condition keys are compared without regard to case. */
function tagOf(tags: Tags, lowerName: string): string | undefined {
  return Object.entries(tags).find(([key]) => key.toLowerCase() === lowerName)?.[1]
}
