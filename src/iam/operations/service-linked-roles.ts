import { KmsError } from '../../api/errors.ts'
import { optional, pattern, text } from '../../api/shapes.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { type Change, insert, type Kind, replace } from '../../store/records.ts'
import { iamArn } from '../entities/arns.ts'
import { findByName, insertEntity, noSuchEntity, ROLES, removeEntity } from '../entities/entities.ts'
import { ROLE_NAMED } from '../entities/finders.ts'
import { newUniqueId } from '../entities/ids.ts'
import {
  isServiceLinked,
  SERVICE_ROLE_PATH,
  serviceRoleName,
  serviceRoleTrust,
} from '../entities/service-linked.ts'
import { ROLE_ANSWER } from '../iam-answers.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import { roleOutput } from '../iam-outputs.ts'
import { type RoleValue, read } from '../iam-records.ts'
import { NAME_64, NAME_128, ROLE_DESCRIPTION } from '../iam-shapes.ts'

/** Deletions whose status can be requested. Partition: {@link DELETIONS}; name: the account. */
type DeletionsValue = {
  readonly format: 1
  /** Ids of tasks, the latest last. */
  readonly tasks: readonly string[]
}

const DELETION: Kind<DeletionsValue> = kindOfFormat1('iam-role-deletions')
const DELETIONS = 'all'

/** Deletions of one account that are kept: clients ask within seconds. */
const DELETIONS_MAX = 100

const SESSION_SECONDS = 3600

const SUFFIX = text({ min: 1, max: 64, pattern: pattern('[\\w+=,.@-]+') })
const TASK_ID = text({ min: 1, max: 1000 })

const createServiceLinkedRole = iamOperation(
  {
    name: 'CreateServiceLinkedRole',
    readOnly: false,
    input: {
      AWSServiceName: NAME_128,
      Description: optional(ROLE_DESCRIPTION),
      CustomSuffix: optional(SUFFIX),
    },
    output: { Role: ROLE_ANSWER },
    find: ({ call, input }) => {
      const name = serviceRoleName(input.AWSServiceName, input.CustomSuffix)
      const path = servicePath(input.AWSServiceName)
      return { arn: iamArn(call.caller.account, `role${path}${name}`), entity: null }
    },
    context: ({ AWSServiceName }) => ({ 'iam:awsservicename': AWSServiceName }),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const { AWSServiceName: service, Description: description } = input
    const name = serviceRoleName(service, input.CustomSuffix)
    if ((await findByName(dependencies.records, ROLES, account, name)) !== undefined) throw taken(name)
    const value: RoleValue = {
      format: 1,
      id: newUniqueId(dependencies.random, 'role'),
      name,
      path: servicePath(service),
      createdAt: call.now,
      tags: [],
      inline: [],
      attached: [],
      trust: serviceRoleTrust(service),
      bindings: {},
      maxSessionSeconds: SESSION_SECONDS,
      profiles: [],
      ...(description !== undefined && { description }),
    }
    const { MaxSessionDuration: _duration, RoleLastUsed: _use, ...role } = roleOutput(account, value)
    return { output: { Role: role }, changes: await insertEntity(dependencies, ROLES, account, value) }
  },
)

function servicePath(service: string): string {
  return `${SERVICE_ROLE_PATH}${service}/`
}

/** Source: recorded answers of IAM. */
function taken(name: string): KmsError {
  return new KmsError(
    'InvalidInputException',
    `Service role name ${name} has been taken in this account, please try a different suffix.`,
  )
}

/** Nothing in Holdfast uses such a role, so it is gone when its task is made. */
const deleteServiceLinkedRole = iamOperation(
  {
    name: 'DeleteServiceLinkedRole',
    readOnly: false,
    input: { RoleName: NAME_64 },
    output: { DeletionTaskId: text() },
    find: ROLE_NAMED,
  },
  async ({ call, input, dependencies, entity }) => {
    const { account } = call.caller
    if (!isServiceLinked(entity)) throw noSuchEntity('role', input.RoleName)
    const { path, name } = entity.value
    const task = `task${path}${name}/${dependencies.random.uuid()}`
    return {
      output: { DeletionTaskId: task },
      changes: [
        ...(await removeEntity(dependencies.records, ROLES, account, entity)),
        await remembering(dependencies, account, task),
      ],
    }
  },
)

async function remembering({ records }: IamDependencies, account: string, task: string): Promise<Change> {
  const present = await read(records, DELETION, DELETIONS, account)
  const tasks = [...(present?.value.tasks ?? []), task].slice(-DELETIONS_MAX)
  const value: DeletionsValue = { format: 1, tasks }
  return present === undefined ? insert(DELETION, DELETIONS, account, value) : replace(present, value)
}

const getDeletionStatus = iamOperation(
  {
    name: 'GetServiceLinkedRoleDeletionStatus',
    readOnly: true,
    input: { DeletionTaskId: TASK_ID },
    output: { Status: text() },
    find: async ({ call, input, dependencies }) => {
      const { account } = call.caller
      const { DeletionTaskId: task } = input
      const role = /^task(\/aws-service-role\/[^/]+\/[^/]+)\/[^/]+$/.exec(task)?.[1]
      if (role === undefined) throw new KmsError('InvalidInputException', `Invalid DeletionTaskId: ${task}`)
      const known = await read(dependencies.records, DELETION, DELETIONS, account)
      const entity = known?.value.tasks.includes(task) === true ? task : undefined
      const missing = () =>
        new KmsError('NoSuchEntityException', `The deletion task with id ${task} cannot be found.`)
      return { arn: iamArn(account, `role${role}`), entity, missing }
    },
  },
  () => ({ output: { Status: 'SUCCEEDED' } }),
)

/** Service-linked roles. Source: IAM API Reference, "CreateServiceLinkedRole" and so on. */
export const SERVICE_LINKED_ROLE_OPERATIONS: readonly IamOperation[] = [
  createServiceLinkedRole,
  deleteServiceLinkedRole,
  getDeletionStatus,
]
