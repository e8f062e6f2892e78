import type { ForwardedCall } from '../../dispatch/forward.ts'
import type { Outcome } from '../../dispatch/operation.ts'
import type { Records } from '../../store/records.ts'
import { serviceOfAlias, viaOf } from './aws-services.ts'
import { ALIAS, partitionOf } from './key-record.ts'

/** What calls of services work with. */
export type ServiceCallDependencies = {
  readonly records: Pick<Records, 'peek' | 'get'>
  /** The dispatcher's: it admits, decides and records. */
  readonly forward: (call: ForwardedCall) => Promise<Outcome>
}

/** Members of inputs that name a key. */
const KEY_MEMBERS = ['KeyId', 'SourceKeyId', 'DestinationKeyId'] as const

/**
 * Makes a call of KMS for a service of this process, with the rights of the service's own caller. A service that names
 * its own alias has its key made first, by describing it, when there is none yet.
 *
 * @throws KmsError.
 */
export async function callForService(
  dependencies: ServiceCallDependencies,
  call: ForwardedCall,
): Promise<Outcome> {
  for (const member of KEY_MEMBERS) {
    const name = call.input[member]
    if (typeof name === 'string' && (await hasNoKey(dependencies, call, name))) {
      await dependencies.forward({ ...call, operation: 'DescribeKey', input: { KeyId: name } })
    }
  }
  return dependencies.forward(call)
}

/** Whether a name is the alias of the service that calls, and there is no such alias in the account. */
async function hasNoKey(
  { records }: ServiceCallDependencies,
  call: ForwardedCall,
  name: string,
): Promise<boolean> {
  const service = serviceOfAlias(name)
  if (service === undefined || viaOf(service) !== call.via) return false
  const partition = partitionOf(call.caller.account, call.region)
  if (records.peek(ALIAS, partition, name) !== undefined) return false
  return (await records.get(ALIAS, partition, name)) === undefined
}
