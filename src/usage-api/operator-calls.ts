import { KmsError } from '../api/errors.ts'
import { OperatorError } from '../iam/accounts/operator-error.ts'
import { PolicySyntaxError } from '../policy/syntax-error.ts'

/** The members that messages of commands name by their options. */
const MEMBERS: ReadonlyMap<string, string> = new Map([
  ['--name', 'Name'],
  ['--value', 'Value'],
  ['--id', 'TargetId'],
  ['--account', 'AccountId'],
])

/** What a function of the operator's commands gives. @throws ValidationException, MalformedPolicyDocumentException. */
export async function byOperator<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof PolicySyntaxError) {
      throw new KmsError('MalformedPolicyDocumentException', cause.message, { cause })
    }
    if (!(cause instanceof OperatorError)) throw cause
    const message = cause.message.replace(/--[a-z-]+/g, (option) => MEMBERS.get(option) ?? option)
    throw new KmsError('ValidationException', message, { cause })
  }
}
