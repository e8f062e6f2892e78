import { oneOf } from '../../api/shapes.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { entriesContext, requestAlias } from '../keys/key-context.ts'

/** A key encapsulation algorithm of a request. Source: the service model. */
export const KEM_ALGORITHM = oneOf('ML_KEM')

/** Condition keys of Encapsulate and Decapsulate. */
export function kemContext(input: {
  readonly KeyId: string
  readonly EncapsulationAlgorithm: string
}): ContextLookup {
  return entriesContext({
    'kms:encapsulationalgorithm': input.EncapsulationAlgorithm,
    'kms:requestalias': requestAlias(input.KeyId),
  })
}
