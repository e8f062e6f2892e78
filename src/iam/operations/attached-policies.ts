import { KmsError } from '../../api/errors.ts'
import { list as listOf, optional } from '../../api/shapes.ts'
import { replace } from '../../store/records.ts'
import { checkQuota } from '../entities/entities.ts'
import { type Family, GROUP_FAMILY, ROLE_FAMILY, USER_FAMILY } from '../entities/families.ts'
import { parsePolicyArn } from '../entities/finders.ts'
import { refuseServiceLinked } from '../entities/service-linked.ts'
import { ATTACHED_POLICY_ANSWER } from '../iam-answers.ts'
import type { IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import { pageBy } from '../iam-paging.ts'
import type { EntityValue } from '../iam-records.ts'
import { ARN, PAGE, PAGING, POLICY_PATH, withNamed } from '../iam-shapes.ts'
import { attachChanges, checkAttachable, detachChanges } from '../policies/attachments.ts'
import { heldBoundary } from '../policies/boundaries.ts'

const POLICY = { PolicyArn: ARN }
const LISTING = { PathPrefix: optional(POLICY_PATH), ...PAGING }

const ATTACHED = { ...PAGE, AttachedPolicies: listOf(ATTACHED_POLICY_ANSWER) }

/** `AttachUserPolicy` and its like. */
function attach<V extends EntityValue>({ facts, label, named, find }: Family<V>): IamOperation {
  return iamOperation(
    {
      name: `Attach${label}Policy`,
      readOnly: false,
      input: withNamed(named, POLICY),
      find,
      context: ({ PolicyArn }, entity) => ({ 'iam:policyarn': PolicyArn, ...heldBoundary(entity) }),
    },
    async ({ call, input: { PolicyArn: arn }, dependencies, entity }) => {
      const { account } = call.caller
      const { value } = entity
      refuseServiceLinked(entity)
      await checkAttachable(dependencies.records, account, arn)
      if (value.attached.includes(arn)) return {}
      const attached = [...value.attached, arn]
      const quota = { name: `iam.policies-per-${facts.name}`, title: `PoliciesPer${label}` } as const
      await checkQuota(dependencies.quotas, account, quota, attached.length)
      const holder = { account, entity: facts.name, id: value.id }
      return {
        changes: [
          replace(entity, { ...value, attached }),
          ...(await attachChanges(dependencies.records, holder, 'attached', arn)),
        ],
      }
    },
  )
}

/** `DetachUserPolicy` and its like. */
function detach<V extends EntityValue>({ facts, label, named, find }: Family<V>): IamOperation {
  return iamOperation(
    {
      name: `Detach${label}Policy`,
      readOnly: false,
      input: withNamed(named, POLICY),
      find,
      context: ({ PolicyArn }, entity) => ({ 'iam:policyarn': PolicyArn, ...heldBoundary(entity) }),
    },
    async ({ call, input: { PolicyArn: arn }, dependencies, entity }) => {
      const { account } = call.caller
      const { value } = entity
      parsePolicyArn(arn)
      refuseServiceLinked(entity)
      if (!value.attached.includes(arn)) {
        throw new KmsError('NoSuchEntityException', `Policy ${arn} was not found.`)
      }
      const holder = { account, entity: facts.name, id: value.id }
      return {
        changes: [
          replace(entity, { ...value, attached: value.attached.filter((other) => other !== arn) }),
          ...(await detachChanges(dependencies.records, holder, 'attached', arn)),
        ],
      }
    },
  )
}

/** `ListAttachedUserPolicies` and its like. */
function list<V extends EntityValue>({ label, named, find }: Family<V>): IamOperation {
  return iamOperation(
    {
      name: `ListAttached${label}Policies`,
      readOnly: true,
      input: withNamed(named, LISTING),
      output: ATTACHED,
      find,
    },
    ({ input, entity }) => {
      const policies = entity.value.attached
        .map((arn) => ({ arn, ...parsePolicyArn(arn) }))
        .filter(({ path }) => path.startsWith(input.PathPrefix ?? '/'))
      const { items, more } = pageBy(policies, ({ name, arn }) => `${name} ${arn}`, input)
      return {
        output: {
          ...more,
          AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })),
        },
      }
    },
  )
}

/** Managed policies of users, groups and roles. Source: IAM API Reference, "AttachUserPolicy" and so on. */
export const ATTACHED_POLICY_OPERATIONS: readonly IamOperation[] = [
  ...[attach(USER_FAMILY), detach(USER_FAMILY), list(USER_FAMILY)],
  ...[attach(GROUP_FAMILY), detach(GROUP_FAMILY), list(GROUP_FAMILY)],
  ...[attach(ROLE_FAMILY), detach(ROLE_FAMILY), list(ROLE_FAMILY)],
]
