import type { Members } from '../../api/shapes.ts'
import { type Change, replace, type Stored } from '../../store/records.ts'
import { ROLE_FAMILY, USER_FAMILY } from '../families.ts'
import { POLICY_NAMED } from '../finders.ts'
import { type Finder, iamOperation } from '../operation.ts'
import { tagsOutput } from '../outputs.ts'
import { pageBy } from '../paging.ts'
import type { IamOperation } from '../parts.ts'
import type { Tag } from '../records.ts'
import { ARN, PAGING, TAG_KEYS, TAGS } from '../shapes.ts'
import { mergeTags, parseTags, withoutTags } from '../tags.ts'

type Tagged = { readonly tags: readonly Tag[] }

/** What can have tags. */
type TaggedKind<V extends Tagged> = {
  readonly label: string
  readonly named: Members
  readonly find: Finder<unknown, Stored<V>>
}

const GIVEN = { Tags: TAGS }
const KEYS = { TagKeys: TAG_KEYS }

/** The three operations on the tags of one kind. */
function tagOperations<V extends Tagged>({ label, named, find }: TaggedKind<V>): readonly IamOperation[] {
  const withTags = (entity: Stored<V>, tags: readonly Tag[]): Change =>
    replace<Tagged>(entity, { ...entity.value, tags })
  return [
    iamOperation<typeof GIVEN, Stored<V>>(
      {
        name: `Tag${label}`,
        readOnly: false,
        input: { ...named, ...GIVEN },
        find,
        tags: ({ Tags }) => Tags,
      },
      ({ input, entity }) => ({
        changes: [withTags(entity, mergeTags(entity.value.tags, parseTags(input.Tags)))],
      }),
    ),
    iamOperation<typeof KEYS, Stored<V>>(
      {
        name: `Untag${label}`,
        readOnly: false,
        input: { ...named, ...KEYS },
        find,
        context: ({ TagKeys }) => ({ 'aws:tagkeys': TagKeys }),
      },
      ({ input, entity }) => ({
        changes: [withTags(entity, withoutTags(entity.value.tags, input.TagKeys))],
      }),
    ),
    iamOperation<typeof PAGING, Stored<V>>(
      {
        name: `List${label}Tags`,
        readOnly: true,
        input: { ...named, ...PAGING },
        find,
      },
      ({ input, entity }) => {
        const { items, more } = pageBy(entity.value.tags, ({ key }) => key, input)
        return { output: { ...more, Tags: tagsOutput(items) } }
      },
    ),
  ]
}

/** Tags of users, roles and managed policies. Source: IAM API Reference, "TagUser" and so on. */
export const TAG_OPERATIONS: readonly IamOperation[] = [
  ...tagOperations(USER_FAMILY),
  ...tagOperations(ROLE_FAMILY),
  ...tagOperations({ label: 'Policy', named: { PolicyArn: ARN }, find: POLICY_NAMED }),
]
