import { MAC_ALGORITHMS } from '../../api/key-specs.ts'
import { oneOf } from '../../api/shapes.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { entriesContext, requestAlias } from '../keys/key-context.ts'

/** A MAC algorithm of a request. */
export const MAC_ALGORITHM = oneOf(...MAC_ALGORITHMS)

/** Condition keys of GenerateMac and VerifyMac. */
export function macContext(input: { readonly KeyId: string; readonly MacAlgorithm: string }): ContextLookup {
  return entriesContext({
    'kms:macalgorithm': input.MacAlgorithm,
    'kms:requestalias': requestAlias(input.KeyId),
  })
}
