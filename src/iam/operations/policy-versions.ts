import { KmsError } from '../../api/errors.ts'
import { boolean, list, text, type ValueOf } from '../../api/shapes.ts'
import { insert, remove, replace, type Stored } from '../../store/records.ts'
import { ANY_POLICY, type AnyPolicy, POLICY_TO_CHANGE } from '../entities/finders.ts'
import { POLICY_VERSION_ANSWER } from '../iam-answers.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import { documentOutput, timestamp } from '../iam-outputs.ts'
import { pageBy } from '../iam-paging.ts'
import { POLICY_VERSION, type PolicyValue, type PolicyVersionValue, read } from '../iam-records.ts'
import { ARN, DOCUMENT, FLAG, PAGING, VERSION_ID } from '../iam-shapes.ts'
import { checkExpected, EXPECTED_DOCUMENT, withoutExpected } from '../policies/expected-policy.ts'
import { AWS_VERSION_ID } from '../policies/managed-by-aws.ts'
import { checkManagedDocument, versionPartition } from './managed-policies.ts'

/** Source: IAM User Guide, "IAM and AWS STS quotas". */
const VERSIONS_MAX = 5

const createPolicyVersion = iamOperation(
  {
    name: 'CreatePolicyVersion',
    readOnly: false,
    input: {
      PolicyArn: ARN,
      PolicyDocument: DOCUMENT,
      SetAsDefault: FLAG,
      ExpectedPolicyDocument: EXPECTED_DOCUMENT,
    },
    output: { PolicyVersion: POLICY_VERSION_ANSWER },
    find: POLICY_TO_CHANGE,
    parameters: withoutExpected,
  },
  ({ call, input, entity }) => {
    const { value } = entity
    const { PolicyDocument: document } = input
    checkManagedDocument(document)
    checkExpected(input.ExpectedPolicyDocument, value.document)
    if (value.versions.length >= VERSIONS_MAX) {
      throw new KmsError(
        'LimitExceededException',
        `A managed policy can have up to ${VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version.`,
      )
    }
    const id = `v${value.nextVersion}`
    const isDefault = input.SetAsDefault === true
    const changed: PolicyValue = {
      ...value,
      versions: [...value.versions, { id, createdAt: call.now }],
      nextVersion: value.nextVersion + 1,
      updatedAt: call.now,
      ...(isDefault && { defaultVersion: id, document }),
    }
    return {
      output: {
        PolicyVersion: { VersionId: id, IsDefaultVersion: isDefault, CreateDate: timestamp(call.now) },
      },
      changes: [
        replace(entity, changed),
        insert(POLICY_VERSION, versionPartition(call.caller.account, value), id, {
          format: 1,
          document,
          createdAt: call.now,
        }),
      ],
    }
  },
)

const getPolicyVersion = iamOperation(
  {
    name: 'GetPolicyVersion',
    readOnly: true,
    input: { PolicyArn: ARN, VersionId: VERSION_ID },
    output: { PolicyVersion: POLICY_VERSION_ANSWER },
    find: ANY_POLICY,
  },
  async ({ call, input, dependencies, entity, arn }) => {
    const id = input.VersionId
    if (!('value' in entity)) {
      if (id !== AWS_VERSION_ID) throw noSuchVersion(arn, id)
      return { output: { PolicyVersion: managedVersion(entity, entity.document) } }
    }
    const version = await versionOf(dependencies, { account: call.caller.account, entity, arn, id })
    return {
      output: {
        PolicyVersion: {
          Document: documentOutput(version.value.document),
          VersionId: id,
          IsDefaultVersion: entity.value.defaultVersion === id,
          CreateDate: timestamp(version.value.createdAt),
        },
      },
    }
  },
)

function managedVersion(
  policy: Exclude<AnyPolicy, Stored<PolicyValue>>,
  document?: string,
): ValueOf<typeof POLICY_VERSION_ANSWER> {
  return {
    Document: document && documentOutput(document),
    VersionId: AWS_VERSION_ID,
    IsDefaultVersion: true,
    CreateDate: timestamp(policy.createdAt),
  }
}

type VersionPlace = {
  readonly account: string
  readonly entity: Stored<PolicyValue>
  readonly arn: string
  readonly id: string
}

/** @throws NoSuchEntityException. */
async function versionOf(
  dependencies: IamDependencies,
  { account, entity, arn, id }: VersionPlace,
): Promise<Stored<PolicyVersionValue>> {
  const version = await read(
    dependencies.records,
    POLICY_VERSION,
    versionPartition(account, entity.value),
    id,
  )
  if (version === undefined) throw noSuchVersion(arn, id)
  return version
}

function noSuchVersion(arn: string, id: string): KmsError {
  return new KmsError(
    'NoSuchEntityException',
    `Policy ${arn} version ${id} does not exist or is not attachable.`,
  )
}

const listPolicyVersions = iamOperation(
  {
    name: 'ListPolicyVersions',
    readOnly: true,
    input: { PolicyArn: ARN, ...PAGING },
    output: { IsTruncated: boolean(), Marker: text(), Versions: list(POLICY_VERSION_ANSWER) },
    find: ANY_POLICY,
  },
  ({ input, entity }) => {
    if (!('value' in entity)) {
      return { output: { IsTruncated: false, Versions: [managedVersion(entity)] } }
    }
    const { versions, defaultVersion } = entity.value
    // Newest first: numbers count down from a fixed width.
    const { items, more } = pageBy(versions, ({ id }) => String(NEWEST - Number(id.slice(1))), input)
    return {
      output: {
        ...more,
        Versions: items.map(({ id, createdAt }) => ({
          VersionId: id,
          IsDefaultVersion: id === defaultVersion,
          CreateDate: timestamp(createdAt),
        })),
      },
    }
  },
)

const NEWEST = 9_999_999_999

const setDefaultPolicyVersion = iamOperation(
  {
    name: 'SetDefaultPolicyVersion',
    readOnly: false,
    input: { PolicyArn: ARN, VersionId: VERSION_ID },
    find: POLICY_TO_CHANGE,
  },
  async ({ call, input, dependencies, entity, arn }) => {
    const { account } = call.caller
    const { value } = await versionOf(dependencies, { account, entity, arn, id: input.VersionId })
    const changed = {
      ...entity.value,
      defaultVersion: input.VersionId,
      document: value.document,
      updatedAt: call.now,
    }
    return { changes: [replace(entity, changed)] }
  },
)

const deletePolicyVersion = iamOperation(
  {
    name: 'DeletePolicyVersion',
    readOnly: false,
    input: { PolicyArn: ARN, VersionId: VERSION_ID },
    find: POLICY_TO_CHANGE,
  },
  async ({ call, input, dependencies, entity, arn }) => {
    const { account } = call.caller
    const version = await versionOf(dependencies, { account, entity, arn, id: input.VersionId })
    if (entity.value.defaultVersion === input.VersionId) {
      throw new KmsError('DeleteConflictException', 'Cannot delete the default version of a policy.')
    }
    const versions = entity.value.versions.filter(({ id }) => id !== input.VersionId)
    return { changes: [remove(version), replace(entity, { ...entity.value, versions })] }
  },
)

/** Versions of managed policies. Source: IAM API Reference, "CreatePolicyVersion" and so on. */
export const POLICY_VERSION_OPERATIONS: readonly IamOperation[] = [
  createPolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
  deletePolicyVersion,
]
