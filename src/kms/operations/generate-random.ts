import { KmsError } from '../../api/errors.ts'
import { integer, optional, text } from '../../api/shapes.ts'
import { accountOperation } from '../account-operation.ts'
import { RECIPIENT, secretMember } from '../recipient.ts'

/** Gives 1 to 1,024 random bytes. Source: AWS KMS API Reference, "GenerateRandom". */
export const generateRandom = accountOperation(
  {
    name: 'GenerateRandom',
    readOnly: true,
    input: {
      NumberOfBytes: optional(integer({ min: 1, max: 1024 })),
      CustomKeyStoreId: optional(text({ min: 1, max: 64 })),
      Recipient: RECIPIENT,
    },
    checkInput: (input) => {
      if (input.CustomKeyStoreId !== undefined) {
        throw new KmsError('UnsupportedOperationException', 'Custom key stores are not supported.')
      }
    },
  },
  ({ input, parts, recipient }) => {
    if (input.NumberOfBytes === undefined)
      throw new KmsError('ValidationException', 'NumberOfBytes is required.')
    const plaintext = parts.random.bytes(input.NumberOfBytes)
    return {
      output: secretMember(parts, recipient, 'Plaintext', plaintext),
      dispose: () => plaintext.fill(0),
    }
  },
)
