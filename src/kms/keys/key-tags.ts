import { KmsError } from '../../api/errors.ts'
import type { Input } from '../../api/shapes.ts'
import { list, structure, text } from '../../api/shapes.ts'
import type { ContextLookup } from '../../policy/context.ts'
import type { Tag } from './key-record.ts'

/** Source: AWS KMS Developer Guide, "Quotas". */
const TAGS_MAX = 50

const TAG = structure({
  TagKey: text({ min: 1, max: 128 }),
  TagValue: text({ max: 256 }),
})

/** Tags of a request. Source: the service model. */
export const TAG_LIST = list(TAG)

type TagInput = Input<{ TagKey: ReturnType<typeof text>; TagValue: ReturnType<typeof text> }>

/** Characters that AWS allows in the keys and values of tags. */
const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const RESERVED_PREFIX = 'aws:'

/**
 * The tags of a request.
 *
 * @throws TagException for duplicate keys, reserved keys and characters that are not allowed.
 */
export function parseTags(given: readonly TagInput[]): readonly Tag[] {
  const seen = new Set<string>()
  for (const { TagKey, TagValue } of given) {
    if (seen.has(TagKey)) throw new KmsError('TagException', 'Duplicate tag keys')
    seen.add(TagKey)
    if (TagKey.toLowerCase().startsWith(RESERVED_PREFIX)) {
      throw new KmsError('TagException', 'Tags beginning with aws: are reserved')
    }
    checkCharacters(TagKey, 'key')
    checkCharacters(TagValue, 'value')
  }
  return given.map(({ TagKey, TagValue }) => ({ key: TagKey, value: TagValue }))
}

function checkCharacters(text: string, what: string): void {
  if (TAG_CHARACTERS.test(text)) return
  throw new KmsError('TagException', `A tag ${what} holds a character that is not allowed`)
}

/**
 * Merges tags: a known key keeps its place and takes the new value.
 *
 * @throws TagException when there would be more than {@link TAGS_MAX}.
 */
export function mergeTags(present: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map(present.map((tag) => [tag.key, tag.value]))
  for (const tag of added) merged.set(tag.key, tag.value)
  if (merged.size > TAGS_MAX) throw new KmsError('TagException', 'Too many tags')
  return [...merged].map(([key, value]) => ({ key, value }))
}

/** `aws:RequestTag/<key>` and `aws:TagKeys`. */
export function requestTagKeys(tags: readonly TagInput[] | undefined, more: ContextLookup): ContextLookup {
  if (tags === undefined) return more
  return (name) => {
    if (name === 'aws:tagkeys') return tags.map((tag) => tag.TagKey)
    if (!name.startsWith(REQUEST_TAG_PREFIX)) return more(name)
    const wanted = name.slice(REQUEST_TAG_PREFIX.length)
    return tags.find((tag) => tag.TagKey.toLowerCase() === wanted)?.TagValue
  }
}

const REQUEST_TAG_PREFIX = 'aws:requesttag/'
