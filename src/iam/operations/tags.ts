import { list, type Members } from '../../api/shapes.ts'
import { type Change, replace, type Stored } from '../../store/records.ts'
import { DEVICE_NAMED } from '../credentials/mfa-device.ts'
import { mergeTags, parseTags, withoutTags } from '../entities/entity-tags.ts'
import { ROLE_FAMILY, USER_FAMILY } from '../entities/families.ts'
import { ANY_POLICY, POLICY_TO_CHANGE } from '../entities/finders.ts'
import { TAG_ANSWER } from '../iam-answers.ts'
import type { IamOperation } from '../iam-dependencies.ts'
import { type Finder, iamOperation } from '../iam-operation.ts'
import { tagsOutput } from '../iam-outputs.ts'
import { pageBy } from '../iam-paging.ts'
import type { Tag } from '../iam-records.ts'
import { ARN, NAME_128, PAGE, PAGING, SERIAL_NUMBER, TAG_KEYS, TAGS, withNamed } from '../iam-shapes.ts'
import { PROFILE_NAMED } from './instance-profiles.ts'
import { PROVIDER_NAMED } from './oidc-providers.ts'

type Tagged = { readonly tags: readonly Tag[] }

/** A kind of thing that can have tags. */
type TaggedKind<V extends Tagged> = {
  readonly label: string
  readonly named: Members
  readonly find: Finder<unknown, Stored<V>>
  /** Finds the entity for the calls that only read tags, if these take more entities than the calls that change tags. */
  readonly findToRead?: Finder<unknown, { readonly value: Tagged }>
}

const GIVEN = { Tags: TAGS }
const TAGGED = { ...PAGE, Tags: list(TAG_ANSWER) }
const KEYS = { TagKeys: TAG_KEYS }

/** The three operations on the tags of one kind. */
function tagOperations<V extends Tagged>(kind: TaggedKind<V>): readonly IamOperation[] {
  const { label, named, find } = kind
  const withTags = (entity: Stored<V>, tags: readonly Tag[]): Change =>
    replace<Tagged>(entity, { ...entity.value, tags })
  return [
    iamOperation(
      {
        name: `Tag${label}`,
        readOnly: false,
        input: withNamed(named, GIVEN),
        find,
        tags: ({ Tags }) => Tags,
      },
      ({ input, entity }) => ({
        changes: [withTags(entity, mergeTags(entity.value.tags, parseTags(input.Tags)))],
      }),
    ),
    iamOperation(
      {
        name: `Untag${label}`,
        readOnly: false,
        input: withNamed(named, KEYS),
        find,
        context: ({ TagKeys }) => ({ 'aws:tagkeys': TagKeys }),
      },
      ({ input, entity }) => ({
        changes: [withTags(entity, withoutTags(entity.value.tags, input.TagKeys))],
      }),
    ),
    iamOperation(
      {
        name: `List${label}Tags`,
        readOnly: true,
        input: withNamed(named, PAGING),
        output: TAGGED,
        find: kind.findToRead ?? find,
      },
      ({ input, entity }) => {
        const { items, more } = pageBy(entity.value.tags, ({ key }) => key, input)
        return { output: { ...more, Tags: tagsOutput(items) } }
      },
    ),
  ]
}

/** AWS's managed policies have no tags. */
const ANY_POLICY_TAGGED: Finder<unknown, { readonly value: Tagged }> = async (invocation) => {
  const subject = await ANY_POLICY(invocation)
  const { entity } = subject
  return { ...subject, entity: entity === undefined || 'value' in entity ? entity : { value: { tags: [] } } }
}

/** Tags of users, roles, managed policies, instance profiles, OIDC providers and MFA devices. Source: IAM API Reference, "TagUser" and so on. */
export const TAG_OPERATIONS: readonly IamOperation[] = [
  ...tagOperations(USER_FAMILY),
  ...tagOperations(ROLE_FAMILY),
  ...tagOperations({
    label: 'Policy',
    named: { PolicyArn: ARN },
    find: POLICY_TO_CHANGE,
    findToRead: ANY_POLICY_TAGGED,
  }),
  ...tagOperations({
    label: 'InstanceProfile',
    named: { InstanceProfileName: NAME_128 },
    find: PROFILE_NAMED,
  }),
  ...tagOperations({
    label: 'OpenIDConnectProvider',
    named: { OpenIDConnectProviderArn: ARN },
    find: PROVIDER_NAMED,
  }),
  ...tagOperations({ label: 'MFADevice', named: { SerialNumber: SERIAL_NUMBER }, find: DEVICE_NAMED }),
]
