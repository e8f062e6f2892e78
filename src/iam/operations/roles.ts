import { boolean, list, optional, text } from '../../api/shapes.ts'
import { inSlices, mapInSlices } from '../../base/slices.ts'
import { countedChars, TRUST_POLICY_MAX_CHARS } from '../../policy/flavour.ts'
import { replace } from '../../store/records.ts'
import { deleteConflict, insertEntity, quotaExceeded, ROLES, removeEntity } from '../entities/entities.ts'
import { parseTags } from '../entities/entity-tags.ts'
import { onAll, ROLE_NAMED, toBeMade } from '../entities/finders.ts'
import { newUniqueId } from '../entities/ids.ts'
import { LISTED_ROLE } from '../entities/listed.ts'
import { refuseServiceLinked } from '../entities/service-linked.ts'
import { ROLE_ANSWER } from '../iam-answers.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { iamOperation, tagging } from '../iam-operation.ts'
import { roleInList, roleOutput } from '../iam-outputs.ts'
import { pageOf, summarySection } from '../iam-pages.ts'
import type { RoleValue } from '../iam-records.ts'
import {
  ARN,
  DOCUMENT,
  MAX_SESSION_SECONDS,
  NAME_64,
  PAGING,
  PATH,
  PATH_PREFIX,
  ROLE_DESCRIPTION,
  TAGS,
} from '../iam-shapes.ts'
import { boundaryChanges, checkBoundary } from '../policies/boundaries.ts'
import { bindTrust, parseDocumentSteps, shownRole } from '../policies/documents.ts'
import { checkExpected, EXPECTED_DOCUMENT, withoutExpected } from '../policies/expected-policy.ts'

const SESSION_SECONDS_BY_DEFAULT = 3600

/** A trust policy of a request. @throws MalformedPolicyDocumentException, LimitExceededException. */
async function readTrust(
  dependencies: IamDependencies,
  trust: string,
): Promise<Pick<RoleValue, 'trust' | 'bindings'>> {
  const document = await inSlices(parseDocumentSteps(trust, 'trust'), dependencies.giveWay)
  if (countedChars(trust) > TRUST_POLICY_MAX_CHARS)
    throw quotaExceeded('ACLSizePerRole', TRUST_POLICY_MAX_CHARS)
  return bindTrust(dependencies, trust, document)
}

const createRole = iamOperation(
  {
    name: 'CreateRole',
    readOnly: false,
    input: {
      Path: optional(PATH),
      RoleName: NAME_64,
      AssumeRolePolicyDocument: DOCUMENT,
      Description: optional(ROLE_DESCRIPTION),
      MaxSessionDuration: optional(MAX_SESSION_SECONDS),
      PermissionsBoundary: optional(ARN),
      Tags: optional(TAGS),
    },
    output: { Role: ROLE_ANSWER },
    find: toBeMade<{ readonly RoleName: string; readonly Path?: string | undefined }>(
      'role',
      ({ RoleName }) => RoleName,
    ),
    tags: ({ Tags }) => Tags,
    alsoNeeds: tagging('iam:TagRole'),
    context: ({ PermissionsBoundary }) => ({ 'iam:permissionsboundary': PermissionsBoundary }),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const { PermissionsBoundary: boundary, Description: description } = input
    if (boundary !== undefined) await checkBoundary(dependencies.records, account, boundary)
    const value: RoleValue = {
      format: 1,
      id: newUniqueId(dependencies.random, 'role'),
      name: input.RoleName,
      path: input.Path ?? '/',
      createdAt: call.now,
      tags: parseTags(input.Tags),
      inline: [],
      attached: [],
      ...(await readTrust(dependencies, input.AssumeRolePolicyDocument)),
      maxSessionSeconds: input.MaxSessionDuration ?? SESSION_SECONDS_BY_DEFAULT,
      profiles: [],
      ...(description !== undefined && { description }),
      ...(boundary && { boundary }),
    }
    const holder = { account, entity: 'role', id: value.id } as const
    return {
      // Leaves out what a new role cannot have yet, and what the request did not set. Source: recorded
      // answers of IAM.
      output: {
        Role: {
          ...roleOutput(account, value),
          MaxSessionDuration: input.MaxSessionDuration,
          RoleLastUsed: undefined,
        },
      },
      changes: [
        ...(await insertEntity(dependencies, ROLES, account, value)),
        ...(await boundaryChanges(dependencies.records, holder, { to: boundary })),
      ],
    }
  },
)

const getRole = iamOperation(
  {
    name: 'GetRole',
    readOnly: true,
    input: { RoleName: NAME_64 },
    output: { Role: ROLE_ANSWER },
    find: ROLE_NAMED,
  },
  async ({ call, dependencies, entity }) => {
    const role = await shownRole(dependencies.records, entity.value)
    return { output: { Role: roleOutput(call.caller.account, role) } }
  },
)

const updateRole = iamOperation(
  {
    name: 'UpdateRole',
    readOnly: false,
    input: {
      RoleName: NAME_64,
      Description: optional(ROLE_DESCRIPTION),
      MaxSessionDuration: optional(MAX_SESSION_SECONDS),
    },
    find: ROLE_NAMED,
  },
  ({ input, entity }) => {
    const { Description: description, MaxSessionDuration: maxSessionSeconds } = input
    if (maxSessionSeconds !== undefined) refuseServiceLinked(entity)
    const changed = {
      ...entity.value,
      ...(description !== undefined && { description }),
      ...(maxSessionSeconds !== undefined && { maxSessionSeconds }),
    }
    return { output: {}, changes: [replace(entity, changed)] }
  },
)

const updateRoleDescription = iamOperation(
  {
    name: 'UpdateRoleDescription',
    readOnly: false,
    input: { RoleName: NAME_64, Description: ROLE_DESCRIPTION },
    output: { Role: ROLE_ANSWER },
    find: ROLE_NAMED,
  },
  async ({ call, input, dependencies, entity }) => {
    const changed = { ...entity.value, description: input.Description }
    return {
      output: { Role: roleOutput(call.caller.account, await shownRole(dependencies.records, changed)) },
      changes: [replace(entity, changed)],
    }
  },
)

const updateAssumeRolePolicy = iamOperation(
  {
    name: 'UpdateAssumeRolePolicy',
    readOnly: false,
    input: { RoleName: NAME_64, PolicyDocument: DOCUMENT, ExpectedPolicyDocument: EXPECTED_DOCUMENT },
    find: ROLE_NAMED,
    parameters: withoutExpected,
  },
  async ({ input, dependencies, entity }) => {
    refuseServiceLinked(entity)
    const trust = await readTrust(dependencies, input.PolicyDocument)
    checkExpected(input.ExpectedPolicyDocument, (await shownRole(dependencies.records, entity.value)).trust)
    return { changes: [replace(entity, { ...entity.value, ...trust })] }
  },
)

const deleteRole = iamOperation(
  { name: 'DeleteRole', readOnly: false, input: { RoleName: NAME_64 }, find: ROLE_NAMED },
  async ({ call, dependencies, entity }) => {
    const { account } = call.caller
    const { id, boundary, attached, inline, profiles } = entity.value
    refuseServiceLinked(entity)
    if (profiles.length > 0) throw deleteConflict('remove roles from instance profile')
    if (attached.length > 0) throw deleteConflict('detach all policies')
    if (inline.length > 0) throw deleteConflict('delete policies')
    return {
      changes: [
        ...(await removeEntity(dependencies.records, ROLES, account, entity)),
        ...(await boundaryChanges(dependencies.records, { account, entity: 'role', id }, { from: boundary })),
      ],
    }
  },
)

const listRoles = iamOperation(
  {
    name: 'ListRoles',
    readOnly: true,
    input: { PathPrefix: optional(PATH_PREFIX), ...PAGING },
    output: { IsTruncated: boolean(), Marker: text(), Roles: list(ROLE_ANSWER) },
    find: onAll('role'),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const { records, giveWay } = dependencies
    const section = summarySection('roles', LISTED_ROLE, {
      records,
      partition: account,
      show: ({ summary: role }) =>
        role.path.startsWith(input.PathPrefix ?? '/') ? shownRole(records, role) : undefined,
    })
    const { items, more } = await pageOf([section], input, giveWay, ({ trust }) => trust.length)
    return {
      output: { ...more, Roles: await mapInSlices(items, (role) => roleInList(account, role), giveWay) },
    }
  },
)

/** Roles. Source: IAM API Reference, "CreateRole" and so on. */
export const ROLE_OPERATIONS: readonly IamOperation[] = [
  createRole,
  getRole,
  updateRole,
  updateRoleDescription,
  updateAssumeRolePolicy,
  deleteRole,
  listRoles,
]
