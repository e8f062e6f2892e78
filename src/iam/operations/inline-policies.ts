import { KmsError } from '../../api/errors.ts'
import { list as listOf, text } from '../../api/shapes.ts'
import { countedChars } from '../../policy/flavour.ts'
import { replace } from '../../store/records.ts'
import type { EntityFacts } from '../entities/entities.ts'
import { type Family, GROUP_FAMILY, ROLE_FAMILY, USER_FAMILY } from '../entities/families.ts'
import { refuseServiceLinked } from '../entities/service-linked.ts'
import type { IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import { documentOutput } from '../iam-outputs.ts'
import { pageBy } from '../iam-paging.ts'
import type { EntityValue, InlinePolicy } from '../iam-records.ts'
import { DOCUMENT, NAME_128, PAGE, PAGING, withNamed } from '../iam-shapes.ts'
import { heldBoundary } from '../policies/boundaries.ts'
import { parseDocument } from '../policies/documents.ts'
import { checkExpected, EXPECTED_DOCUMENT, withoutExpected } from '../policies/expected-policy.ts'

/**
 * Characters of all inline policies of one entity, white space included: a bound of Holdfast's, as they share
 * a record. The quotas do not count white space.
 */
const INLINE_MAX_CHARS = 262_144

const NAME = { PolicyName: NAME_128 }
const NAME_AND_TEXT = { ...NAME, PolicyDocument: DOCUMENT, ExpectedPolicyDocument: EXPECTED_DOCUMENT }

const ONE = {
  ...{ UserName: text(), GroupName: text(), RoleName: text() },
  PolicyName: text(),
  PolicyDocument: text(),
}
const LISTED = { ...PAGE, PolicyNames: listOf(text()) }

function holderName(label: Family<EntityValue>['label'], name: string): HolderName {
  const shown: { -readonly [N in keyof HolderName]: HolderName[N] } = {}
  shown[`${label}Name`] = name
  return shown
}

type HolderName = { readonly [N in `${Family<EntityValue>['label']}Name`]?: string }

/** `PutUserPolicy` and its like. */
function put<V extends EntityValue>({ facts, label, named, find }: Family<V>): IamOperation {
  return iamOperation(
    {
      name: `Put${label}Policy`,
      readOnly: false,
      input: withNamed(named, NAME_AND_TEXT),
      find,
      context: (_, entity) => heldBoundary(entity),
      parameters: withoutExpected,
    },
    ({ input: { PolicyName: name, PolicyDocument: document, ExpectedPolicyDocument: expected }, entity }) => {
      parseDocument(document, 'identity')
      refuseServiceLinked(entity)
      const { value } = entity
      checkExpected(expected, value.inline.find((policy) => policy.name === name)?.document)
      const others = value.inline.filter((policy) => policy.name !== name)
      const inline = [...others, { name, document }]
      checkSize(inline, facts, value)
      return { changes: [replace(entity, { ...value, inline })] }
    },
  )
}

/** @throws LimitExceededException. */
function checkSize<V extends EntityValue>(
  inline: readonly InlinePolicy[],
  { name, inlineMaxChars }: EntityFacts<V>,
  value: EntityValue,
): void {
  const counted = inline.reduce((sum, { document }) => sum + countedChars(document), 0)
  const all = inline.reduce((sum, { document }) => sum + document.length, 0)
  if (counted <= inlineMaxChars && all <= INLINE_MAX_CHARS) return
  throw new KmsError(
    'LimitExceededException',
    `Maximum policy size of ${inlineMaxChars} bytes exceeded for ${name} ${value.name}`,
  )
}

/** `GetUserPolicy` and its like. */
function get<V extends EntityValue>({ facts, label, named, find }: Family<V>): IamOperation {
  return iamOperation(
    { name: `Get${label}Policy`, readOnly: true, input: withNamed(named, NAME), output: ONE, find },
    ({ input, entity }) => {
      const policy = inlinePolicy(entity.value, facts, input.PolicyName)
      return {
        output: {
          ...holderName(label, entity.value.name),
          PolicyName: policy.name,
          PolicyDocument: documentOutput(policy.document),
        },
      }
    },
  )
}

/** @throws NoSuchEntityException. */
function inlinePolicy<V extends EntityValue>(
  value: EntityValue,
  { name: kind }: EntityFacts<V>,
  policyName: string,
): InlinePolicy {
  const policy = value.inline.find(({ name }) => name === policyName)
  if (policy !== undefined) return policy
  throw new KmsError('NoSuchEntityException', `The ${kind} policy with name ${policyName} cannot be found.`)
}

/** `DeleteUserPolicy` and its like. */
function remove<V extends EntityValue>({ facts, label, named, find }: Family<V>): IamOperation {
  return iamOperation(
    {
      name: `Delete${label}Policy`,
      readOnly: false,
      input: withNamed(named, NAME),
      find,
      context: (_, entity) => heldBoundary(entity),
    },
    ({ input, entity }) => {
      refuseServiceLinked(entity)
      const gone = inlinePolicy(entity.value, facts, input.PolicyName)
      const inline = entity.value.inline.filter((policy) => policy !== gone)
      return { changes: [replace(entity, { ...entity.value, inline })] }
    },
  )
}

/** `ListUserPolicies` and its like. */
function list<V extends EntityValue>({ label, named, find }: Family<V>): IamOperation {
  return iamOperation(
    { name: `List${label}Policies`, readOnly: true, input: withNamed(named, PAGING), output: LISTED, find },
    ({ input, entity }) => {
      const { items, more } = pageBy(entity.value.inline, ({ name }) => name, input)
      return { output: { ...more, PolicyNames: items.map(({ name }) => name) } }
    },
  )
}

/** Policies that are part of one user, group or role. Source: IAM API Reference, "PutUserPolicy" and so on. */
export const INLINE_POLICY_OPERATIONS: readonly IamOperation[] = [
  ...[put(USER_FAMILY), get(USER_FAMILY), remove(USER_FAMILY), list(USER_FAMILY)],
  ...[put(GROUP_FAMILY), get(GROUP_FAMILY), remove(GROUP_FAMILY), list(GROUP_FAMILY)],
  ...[put(ROLE_FAMILY), get(ROLE_FAMILY), remove(ROLE_FAMILY), list(ROLE_FAMILY)],
]
