import { assert } from '../base/assert.ts'
import type { EcdsaSpec, MlDsaSpec } from './noble-tasks.ts'
import type { PrivateSpec } from './private-spec.ts'

/** Narrows a spec to those of ECDSA. @throws AssertionError for another one. */
export function ecdsaSpec(spec: PrivateSpec): EcdsaSpec {
  const known = ECDSA_SPECS.find((name) => name === spec)
  assert(known !== undefined, `${spec} signs by ECDSA`)
  return known
}

/** Narrows a spec to those of ML-DSA. @throws AssertionError for another one. */
export function mlDsaSpec(spec: PrivateSpec): MlDsaSpec {
  const known = ML_DSA_SPECS.find((name) => name === spec)
  assert(known !== undefined, `${spec} signs by ML-DSA`)
  return known
}

const ECDSA_SPECS = ['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1'] as const
const ML_DSA_SPECS = ['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'] as const
