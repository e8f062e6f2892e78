import { assert } from '../base/assert.ts'
import type { EcdsaSpec, MlDsaSpec } from './noble-tasks.ts'
import type { PrivateSpec } from './private-spec.ts'

/** The spec as one that signs by ECDSA. @throws AssertionError when it does not. */
export function ecdsaSpec(spec: PrivateSpec): EcdsaSpec {
  const known = ECDSA_SPECS.find((name) => name === spec)
  assert(known !== undefined, `${spec} signs by ECDSA`)
  return known
}

/** The spec as one of ML-DSA. @throws AssertionError when it is not. */
export function mlDsaSpec(spec: PrivateSpec): MlDsaSpec {
  const known = ML_DSA_SPECS.find((name) => name === spec)
  assert(known !== undefined, `${spec} signs by ML-DSA`)
  return known
}

const ECDSA_SPECS = ['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1'] as const
const ML_DSA_SPECS = ['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'] as const
