import { KmsError } from '../../api/errors.ts'
import { blob, integer, optional } from '../../api/shapes.ts'
import { accountOperation } from '../account-operation.ts'
import { RECIPIENT, secretMember } from '../cryptography/recipient.ts'
import { getStore } from '../key-stores/custom-key-store.ts'
import { STORE_ID } from '../key-stores/store-input.ts'

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
    if (input.CustomKeyStoreId !== undefined) {
      const scope = { records: dependencies.records, account: call.caller.account, region: call.region }
      await getStore(scope, input.CustomKeyStoreId)
      // Only a CloudHSM key store generates random bytes, and Holdfast has none.
      throw new KmsError('UnsupportedOperationException')
    }
    if (input.NumberOfBytes === undefined)
      throw new KmsError('ValidationException', 'NumberOfBytes is required.')
    const plaintext = dependencies.random.bytes(input.NumberOfBytes)
    return {
      output: secretMember(dependencies, recipient, 'Plaintext', plaintext),
      dispose: () => plaintext.fill(0),
    }
  },
)
