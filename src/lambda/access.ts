import type { Permission } from '../dispatch/operation.ts'
import type { ContextLookup } from '../policy/context.ts'
import type { Stored } from '../store/records.ts'
import type { LambdaCall } from './call.ts'
import {
  checkQualifier,
  FUNCTION,
  type FunctionValue,
  functionArn,
  type NamedFunction,
  parseFunctionName,
  partitionOf,
  type Tag,
} from './function-record.ts'
import { functionNotFound } from './lambda-error.ts'
import type { ExecutionRole } from './roles.ts'

/** Lambda as a principal. */
export const LAMBDA_PRINCIPAL = 'lambda.amazonaws.com'

/** A function that a call names, and its record if there is one. */
export type Found = {
  readonly named: NamedFunction
  readonly record: Stored<FunctionValue> | undefined
}

/** Finds the function that a call names. */
export async function findFunction(call: LambdaCall, name: string, qualifier?: string): Promise<Found> {
  const { caller, region, dependencies } = call
  const named = parseFunctionName(name, { account: caller.account, region }, qualifier)
  const { records } = dependencies
  const partition = partitionOf(named)
  const record =
    records.peek(FUNCTION, partition, named.name) ?? (await records.get(FUNCTION, partition, named.name))
  if (record !== undefined) {
    call.involve({ account: named.account, arn: functionArn(named), type: 'AWS::Lambda::Function' })
  }
  return { named, record }
}

/** The record of a function that is there. @throws LambdaError ResourceNotFoundException. */
export function present({ named, record }: Found): Stored<FunctionValue> {
  if (record === undefined) throw functionNotFound(named.arn)
  checkQualifier(named)
  return record
}

/** The permission to do something with a function. */
export function permissionOn(
  { named, record }: Found,
  action: string,
  { dependencies }: LambdaCall,
  more: ContextLookup = () => undefined,
): Permission {
  const tags = record?.value.tags ?? []
  return {
    action: `lambda:${action}`,
    resource: named.arn,
    account: named.account,
    policy: dependencies.policies.of(record?.value.policy),
    context: (key) => {
      if (key.startsWith(RESOURCE_TAG)) return tagValue(tags, key.slice(RESOURCE_TAG.length))
      return key === 'lambda:functionarn' ? functionArn(named) : more(key)
    },
  }
}

const RESOURCE_TAG = 'aws:resourcetag/'
const REQUEST_TAG = 'aws:requesttag/'

/** The condition keys of tags in a request. */
export function requestTags(tags: readonly Tag[]): ContextLookup {
  return (key) => {
    if (key === 'aws:tagkeys') return tags.map((tag) => tag.key)
    return key.startsWith(REQUEST_TAG) ? tagValue(tags, key.slice(REQUEST_TAG.length)) : undefined
  }
}

function tagValue(tags: readonly Tag[], lowerCasedKey: string): string | undefined {
  return tags.find(({ key }) => key.toLowerCase() === lowerCasedKey)?.value
}

/** The permission for an action without a resource. */
export function permissionOnAll({ caller }: LambdaCall, action: string): Permission {
  return {
    action: `lambda:${action}`,
    resource: '*',
    account: caller.account,
    policy: undefined,
    context: () => undefined,
  }
}

/**
 * The permission to pass a role to Lambda. Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS
 * service".
 */
export function passingRole(
  { caller }: LambdaCall,
  roleArn: string,
  role: ExecutionRole | undefined,
  named: NamedFunction,
): Permission {
  const tags = role?.tags ?? []
  return {
    action: 'iam:PassRole',
    resource: roleArn,
    account: role?.account ?? caller.account,
    policy: undefined,
    context: (key) => {
      if (key === 'iam:passedtoservice') return LAMBDA_PRINCIPAL
      if (key === 'iam:associatedresourcearn') return functionArn(named)
      if (!/^(?:aws|iam):resourcetag\//.test(key)) return undefined
      return tagValue(tags, key.slice(key.indexOf('/') + 1))
    },
  }
}
