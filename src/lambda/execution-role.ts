import type { LambdaCall } from './call.ts'
import type { FunctionPlace, FunctionValue } from './function-record.ts'
import { invalidParameter } from './lambda-error.ts'
import type { ExecutionRole } from './roles.ts'

/** The role of a new configuration. @throws LambdaError when Lambda cannot assume it. */
export async function assumableRole(
  role: ExecutionRole | undefined,
  place: FunctionPlace,
): Promise<ExecutionRole> {
  if (role !== undefined && role.account === place.account && (await role.trusts(place))) return role
  throw invalidParameter('The role defined for the function cannot be assumed by Lambda.')
}

/**
 * Retires the grant of an environment that is no longer used, as the role that has it. A grant of a role that is gone
 * stays, and serves nobody.
 */
export async function retireGrant(
  { dependencies }: LambdaCall,
  place: FunctionPlace,
  old: Pick<FunctionValue, 'roleArn' | 'roleId' | 'environment'>,
): Promise<void> {
  const { roles, keys, log } = dependencies
  if (old.environment?.grantId === undefined) return
  try {
    const role = await roles.find(old.roleArn)
    if (role?.id !== old.roleId || !(await role.trusts(place))) return
    const session = await roles.assume(role, place)
    await keys.retire(session.caller, place, old.environment)
  } catch (error) {
    log.warn(`the grant of an earlier environment stays: ${error}`, { function: place.name })
  }
}
