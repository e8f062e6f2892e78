import type { Records } from '../../store/records.ts'
import { OperatorError } from '../accounts/operator-error.ts'
import { findIdByName } from './entities.ts'

/** Returns the unique id of the role that an operator names. @throws OperatorError when the role does not exist. */
export async function needRoleId(records: Records, account: string, name: string): Promise<string> {
  const id = await findIdByName(records, account, 'role', name)
  if (id !== undefined) return id
  throw new OperatorError(`role ${name}: account ${account} has no such role`)
}

/** Returns the unique id of the user that an operator names. @throws OperatorError when the user does not exist. */
export async function needUserId(records: Records, account: string, name: string): Promise<string> {
  const id = await findIdByName(records, account, 'user', name)
  if (id !== undefined) return id
  throw new OperatorError(`user ${name}: account ${account} has no such user`)
}
