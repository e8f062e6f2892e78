import { parseBase64 } from '../../base/bytes.ts'
import type { Random } from '../../base/ports.ts'
import { Secret } from '../../base/secret.ts'
import { UsageError } from '../../base/usage-error.ts'
import type { Parameters } from './envelope.ts'
import type { PathContext, PathMethod } from './path-method.ts'
import { ROOT_KEY_BYTES, SealError } from './root.ts'

/** A key management service, and the credentials for it. */
type KmsPlace = {
  /** `https://` or, on loopback, `http://`, without a path. */
  readonly endpoint: string
  readonly region: string
  /** The profile of the credentials; nothing for the default ones. */
  readonly profile: string | undefined
}

/** Calls an operation of a key management service once. */
export type CallKms = (
  place: KmsPlace,
  operation: 'Encrypt' | 'Decrypt',
  input: { readonly [name: string]: string | Uint8Array | { readonly [name: string]: string } },
) => Promise<unknown>

const LOOPBACK = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/
const SECURE = /^https:\/\/[A-Za-z0-9.-]+(?::\d+)?$|^https:\/\/\[[0-9a-fA-F:]+\](?::\d+)?$/
const REGION = /^([a-z]+-){2,3}\d+$/

/**
 * The path `kms`: a key of any service that speaks the AWS KMS API encrypts a random key, with an encryption context
 * that names deployment and path.
 */
export function kmsMethod(call: CallKms, random: Random): PathMethod {
  return {
    isUnattended: true,
    create: async (context, given) => {
      const { keyId = '', region = '' } = given
      if (keyId === '') throw new UsageError('--key-id: expected the ID, ARN or alias of a key; got nothing')
      const parameters = { keyId, region, endpoint: given['endpoint'] ?? awsEndpoint(region) }
      const all = { ...parameters, ...(given['profile'] === undefined ? {} : { profile: given['profile'] }) }
      const key = new Secret(random.bytes(ROOT_KEY_BYTES))
      // A copy, since the secret is not kept by others.
      const plaintext = key.reveal((bytes) => Uint8Array.from(bytes))
      const answer = await call(placeOf(all), 'Encrypt', {
        KeyId: keyId,
        Plaintext: plaintext,
        EncryptionContext: contextOf(context),
      })
      plaintext.fill(0)
      const { CiphertextBlob: blob, KeyId: arn } = membersOf(answer)
      if (typeof blob !== 'string' || parseBase64(blob) === undefined)
        throw new SealError('the service gave no ciphertext')
      // The ARN of the answer: an alias could name another key later.
      return { parameters: { ...all, ...(typeof arn === 'string' ? { keyId: arn } : {}), blob }, key }
    },
    open: async (context, parameters) => {
      const blob = parseBase64(parameters['blob'] ?? '')
      if (blob === undefined) throw new SealError('its ciphertext is damaged')
      const answer = await call(placeOf(parameters), 'Decrypt', {
        KeyId: parameters['keyId'] ?? '',
        CiphertextBlob: blob,
        EncryptionContext: contextOf(context),
      })
      const { Plaintext: plaintext } = membersOf(answer)
      const key = typeof plaintext === 'string' ? parseBase64(plaintext) : undefined
      if (key?.length !== ROOT_KEY_BYTES)
        throw new SealError(`the service gave no key of ${ROOT_KEY_BYTES} bytes`)
      const copy = new Secret(Uint8Array.from(key))
      key.fill(0)
      return copy
    },
  }
}

function contextOf({ deployment, id }: PathContext): { readonly [name: string]: string } {
  return { 'holdfast:deployment': deployment, 'holdfast:path': id }
}

function awsEndpoint(region: string): string {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return `https://kms.${region}.${suffix}`
}

/** @throws UsageError for an endpoint at which others would read the key on its way. */
function placeOf({ endpoint = '', region = '', profile }: Parameters): KmsPlace {
  if (!REGION.test(region))
    throw new UsageError(`--key-region: expected a region, for example eu-central-1; got '${region}'`)
  if (!SECURE.test(endpoint) && !LOOPBACK.test(endpoint))
    throw new UsageError(
      `--endpoint: expected https://HOST[:PORT], or http:// with a loopback address; got '${endpoint}'`,
    )
  return { endpoint, region, profile }
}

function membersOf(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
