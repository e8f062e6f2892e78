import type { ForwardedCall } from '../../dispatch/forward.ts'
import type { Outcome } from '../../dispatch/operation.ts'
import type { Records } from '../../store/records.ts'
import { serviceOfAlias, viaOf } from './aws-services.ts'
import { ALIAS, partitionOf } from './key-record.ts'

/** The dependencies of calls by services. */
export type ServiceCallDependencies = {
  readonly records: Pick<Records, 'peek' | 'get'>
  /** The dispatcher's: it admits, decides and records. */
  readonly forward: (call: ForwardedCall) => Promise<Outcome>
}

/** Members of inputs that name a key. */
const KEY_MEMBERS = ['KeyId', 'SourceKeyId', 'DestinationKeyId'] as const

/**
 * Makes a call of KMS for a service of this process, with the permissions of the service's own caller. If a
 * service names its own alias and has no key yet, the call first makes the key, by describing it.
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

/** Whether a name is the alias of the calling service, and the account has no such alias. */
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
