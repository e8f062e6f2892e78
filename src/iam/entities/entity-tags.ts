import { KmsError } from '../../api/errors.ts'
import type { Tag } from '../iam-records.ts'
import { quotaExceeded } from './entities.ts'

/** Source: IAM User Guide, "IAM and AWS STS quotas". */
const TAGS_MAX = 50
const RESERVED_PREFIX = 'aws:'

type GivenTag = { readonly Key: string; readonly Value: string }

/**
 * The tags of a request.
 *
 * @throws InvalidInputException for keys that differ only in case, and for reserved ones.
 */
export function parseTags(given: readonly GivenTag[] | undefined): readonly Tag[] {
  const seen = new Set<string>()
  for (const { Key } of given ?? []) {
    const key = Key.toLowerCase()
    if (seen.has(key))
      throw invalid('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
    if (key.startsWith(RESERVED_PREFIX)) throw invalid('Tag keys cannot begin with aws:, which is reserved.')
    seen.add(key)
  }
  return (given ?? []).map(({ Key, Value }) => ({ key: Key, value: Value }))
}

/** Merges tags; keys that differ only in case are the same. @throws LimitExceededException. */
export function mergeTags(present: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map(present.map((tag) => [tag.key.toLowerCase(), tag]))
  for (const tag of added) merged.set(tag.key.toLowerCase(), tag)
  if (merged.size > TAGS_MAX) throw quotaExceeded('TagsPerResource', TAGS_MAX)
  return [...merged.values()]
}

/** Tags without those of these keys. */
export function withoutTags(present: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  const gone = new Set(keys.map((key) => key.toLowerCase()))
  return present.filter(({ key }) => !gone.has(key.toLowerCase()))
}

function invalid(message: string): KmsError {
  return new KmsError('InvalidInputException', message)
}
