import { utf8 } from '../base/bytes.ts'
import { ConfigError } from '../config/setting.ts'
import { formatEncryptedValue } from '../exec/encrypted-values.ts'
import { openAwsClient, parseContext, reasonOf } from './aws-client.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { readSecret } from './secret-input.ts'

/** The limit of Encrypt. Source: AWS KMS API Reference, "Encrypt", Plaintext. */
const PLAINTEXT_MAX_BYTES = 4096

/** `holdfast exec encrypt`: prints `NAME=kms:...`, the line of a file of variables. */
export async function encryptVariable(input: CommandInput): Promise<number> {
  const [operand = ''] = input.operands
  const equals = operand.indexOf('=')
  const name = equals === -1 ? operand : operand.slice(0, equals)
  const EncryptionContext = parseContext(input.lists['context'] ?? [])
  const value =
    equals === -1
      ? await readSecret(name, PLAINTEXT_MAX_BYTES, input.output.complain)
      : operand.slice(equals + 1)
  const Plaintext = utf8(value)
  if (Plaintext.length === 0 || Plaintext.length > PLAINTEXT_MAX_BYTES)
    throw new ConfigError(
      `${name}: expected a value of 1 to ${PLAINTEXT_MAX_BYTES} bytes; got ${Plaintext.length}`,
    )
  using client = await openAwsClient(input)
  try {
    const answer = await client.call('Encrypt', {
      KeyId: input.flags['key'] ?? '',
      Plaintext,
      EncryptionContext,
    })
    input.output.print(`${name}=${formatEncryptedValue(parseCiphertext(answer))}`)
    return 0
  } catch (error) {
    input.output.complain(`holdfast: ${name}: ${reasonOf(error, client.endpoint)}`)
    return EXIT_FAILURE
  }
}

function parseCiphertext(answer: unknown): string {
  const text =
    typeof answer === 'object' && answer !== null && 'CiphertextBlob' in answer
      ? answer.CiphertextBlob
      : undefined
  if (typeof text !== 'string') throw new Error('the answer of Encrypt has no CiphertextBlob')
  return text
}
