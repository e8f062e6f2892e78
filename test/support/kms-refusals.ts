/** For tests: refused calls of KMS operations whose sample names no key, and legal calls on custom key stores. */

import type { ErrorCode } from '../../src/api/errors.ts'
import type { SampleInput } from './iam-samples.ts'
import type { SampleBed } from './sample-bed.ts'
import { connect, storeInput } from './stores.ts'

const NO_STORE = 'cks-0123456789abcdef0'

/** Inputs of refused calls by operation, where the cause is not a missing key. */
export const KMS_REFUSALS: Readonly<
  Record<string, { readonly input: SampleInput; readonly code: ErrorCode }>
> = {
  CreateKey: { input: { Policy: '{' }, code: 'MalformedPolicyDocumentException' },
  DeleteAlias: { input: { AliasName: 'alias/none' }, code: 'NotFoundException' },
  DescribeCustomKeyStores: { input: { CustomKeyStoreId: NO_STORE }, code: 'CustomKeyStoreNotFoundException' },
  GenerateRandom: {
    input: { NumberOfBytes: 32, CustomKeyStoreId: NO_STORE },
    code: 'CustomKeyStoreNotFoundException',
  },
  ListKeys: { input: { Marker: 'nowhere' }, code: 'InvalidMarkerException' },
  ListRetirableGrants: {
    input: { RetiringPrincipal: 'arn:aws:iam::000000000000:root', Marker: 'nowhere' },
    code: 'InvalidMarkerException',
  },
}

const onStore =
  (more: SampleInput = {}, prepare: (bed: SampleBed, storeId: string) => Promise<unknown> = async () => {}) =>
  async (bed: SampleBed): Promise<SampleInput> => {
    const storeId = (await bed.stores?.make()) ?? ''
    await prepare(bed, storeId)
    return { CustomKeyStoreId: storeId, ...more }
  }

/** Inputs by operation. A store needs a proxy, which not every sample server has. */
export const STORE_INPUTS: Readonly<Record<string, (bed: SampleBed) => Promise<SampleInput>>> = {
  ConnectCustomKeyStore: onStore(),
  CreateCustomKeyStore: async (bed) => {
    await bed.stores?.removeAll()
    return storeInput()
  },
  DeleteCustomKeyStore: onStore(),
  DescribeCustomKeyStores: onStore({}, ({ server }, storeId) => connect(server, storeId)),
  DisconnectCustomKeyStore: onStore({}, ({ server }, storeId) => connect(server, storeId)),
  UpdateCustomKeyStore: onStore({ NewCustomKeyStoreName: 'a new name' }),
}
