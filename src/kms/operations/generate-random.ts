import { KmsError } from '../../api/errors.ts'
import { blob, integer, optional } from '../../api/shapes.ts'
import { tooFast } from '../../dispatch/failures.ts'
import type { Call } from '../../dispatch/operation.ts'
import { accountOperation } from '../account-operation.ts'
import { RECIPIENT, secretMember } from '../cryptography/recipient.ts'
import { keysOfCluster } from '../key-stores/cluster.ts'
import { getStore, isClusterStore } from '../key-stores/custom-key-store.ts'
import { STORE_ID } from '../key-stores/store-input.ts'
import { askToken } from '../key-stores/token-errors.ts'
import { notConnected } from '../keys/key-state.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'

/** Returns 1 to 1,024 random bytes. Source: AWS KMS API Reference, "GenerateRandom". */
export const generateRandom = accountOperation(
  {
    name: 'GenerateRandom',
    readOnly: true,
    input: {
      NumberOfBytes: optional(integer({ min: 1, max: 1024 })),
      CustomKeyStoreId: optional(STORE_ID),
      Recipient: RECIPIENT,
    },
    output: { CiphertextForRecipient: blob(), Plaintext: blob() },
  },
  async ({ call, input, dependencies, recipient }) => {
    const plaintext =
      input.CustomKeyStoreId === undefined
        ? dependencies.random.bytes(sizeOf(input))
        : await randomInStore(dependencies, call, input.CustomKeyStoreId, input)
    return {
      output: secretMember(dependencies, recipient, 'Plaintext', plaintext),
      dispose: () => plaintext.fill(0),
    }
  },
)

function sizeOf({ NumberOfBytes }: { readonly NumberOfBytes?: number | undefined }): number {
  if (NumberOfBytes === undefined) throw new KmsError('ValidationException', 'NumberOfBytes is required.')
  return NumberOfBytes
}

/**
 * Random bytes of the token of a store.
 *
 * @throws UnsupportedOperationException for an external key store, CustomKeyStoreInvalidStateException, ThrottlingException.
 */
async function randomInStore(
  { records, tokens, quotas }: KmsDependencies,
  { caller: { account }, region }: Call,
  storeId: string,
  input: Parameters<typeof sizeOf>[0],
): Promise<Uint8Array> {
  const { name, value } = await getStore({ records, account, region }, storeId)
  // Only a CloudHSM key store generates random bytes.
  if (!isClusterStore(value)) throw new KmsError('UnsupportedOperationException')
  if (value.connection.state !== 'CONNECTED')
    throw new KmsError('CustomKeyStoreInvalidStateException', notConnected('AWS_CLOUDHSM'))
  if (!(await quotas.admitStore(account, region, name))) throw tooFast('kms')
  const { cluster } = value
  const sizeBytes = sizeOf(input)
  const asking = async () => keysOfCluster(tokens, account, cluster.id).random(sizeBytes)
  return askToken('random', asking())
}
