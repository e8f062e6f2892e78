import { parseArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { SimulationError } from '../explain/named-caller.ts'

/** The members that messages of the command name by its options. */
const MEMBERS: ReadonlyMap<string, string> = new Map([
  ['--principal', 'PrincipalArn'],
  ['--resource', 'Resource'],
  ['--session-policy', 'SessionPolicy'],
  ['--federated-by', 'FederatedBy'],
])

/** What a simulation gives. @throws ValidationException for what cannot be simulated. */
export async function simulated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof SimulationError)) throw cause
    const message = cause.message.replace(/--[a-z-]+/g, (option) => MEMBERS.get(option) ?? option)
    throw new KmsError('ValidationException', message, { cause })
  }
}

/** Whether an ARN names something of another account; other texts do not. */
export function isOfOther(text: string, account: string): boolean {
  const owner = parseArn(text)?.account
  return owner !== undefined && owner !== '' && owner !== account
}
