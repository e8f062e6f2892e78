import { KmsError } from '../../api/errors.ts'
import { replace } from '../../store/records.ts'
import { type Family, ROLE_FAMILY, USER_FAMILY } from '../entities/families.ts'
import { refuseServiceLinked } from '../entities/service-linked.ts'
import type { IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import type { EntityValue } from '../iam-records.ts'
import { ARN, withNamed } from '../iam-shapes.ts'
import { boundaryChanges, checkBoundary, heldBoundary } from '../policies/boundaries.ts'

const BOUNDARY = { PermissionsBoundary: ARN }
const NOTHING_MORE = {}

/** `PutUserPermissionsBoundary` and its like. */
function put<V extends EntityValue>({ facts, label, named, find }: Family<V>): IamOperation {
  return iamOperation(
    {
      name: `Put${label}PermissionsBoundary`,
      readOnly: false,
      input: withNamed(named, BOUNDARY),
      find,
      context: ({ PermissionsBoundary }) => ({ 'iam:permissionsboundary': PermissionsBoundary }),
    },
    async ({ call, input: { PermissionsBoundary: boundary }, dependencies, entity }) => {
      const { account } = call.caller
      const { value } = entity
      refuseServiceLinked(entity)
      await checkBoundary(dependencies.records, account, boundary)
      const holder = { account, entity: facts.name, id: value.id }
      return {
        changes: [
          replace(entity, { ...value, boundary }),
          ...(await boundaryChanges(dependencies.records, holder, { from: value.boundary, to: boundary })),
        ],
      }
    },
  )
}

/** `DeleteUserPermissionsBoundary` and its like. */
function remove<V extends EntityValue>({ facts, label, named, find }: Family<V>): IamOperation {
  return iamOperation(
    {
      name: `Delete${label}PermissionsBoundary`,
      readOnly: false,
      input: withNamed(named, NOTHING_MORE),
      find,
      context: (_, entity) => heldBoundary(entity),
    },
    async ({ call, dependencies, entity }) => {
      const { account } = call.caller
      refuseServiceLinked(entity)
      const { boundary, ...rest } = entity.value
      if (boundary === undefined) {
        const who = `${facts.name} ${entity.value.name}`
        throw new KmsError('NoSuchEntityException', `The ${who} has no permissions boundary.`)
      }
      const holder = { account, entity: facts.name, id: entity.value.id }
      return {
        changes: [
          replace<EntityValue>(entity, rest),
          ...(await boundaryChanges(dependencies.records, holder, { from: boundary })),
        ],
      }
    },
  )
}

/** Permissions boundaries. Source: IAM API Reference, "PutUserPermissionsBoundary" and so on. */
export const PERMISSIONS_BOUNDARY_OPERATIONS: readonly IamOperation[] = [
  put(USER_FAMILY),
  remove(USER_FAMILY),
  put(ROLE_FAMILY),
  remove(ROLE_FAMILY),
]
