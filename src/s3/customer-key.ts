import { equalConstantTime, parseBase64, toBase64 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import { runningHash } from '../crypto/running-hash.ts'
import type { Release } from './locks.ts'
import type { S3Request } from './request.ts'
import { invalidArgument, S3Error } from './s3-error.ts'
import { DATA_KEY_BYTES } from './stream-format.ts'

/** A key that a customer sends with each request about an object. It is never stored, logged or recorded. */
export type CustomerKey = {
  readonly secret: Secret
  /** In base64, as the client has sent it. */
  readonly md5: string
}

/** The headers of a customer's key, and those of the key of a copy's source. */
export const CUSTOMER = 'x-amz-server-side-encryption-customer-'
/** See {@link CUSTOMER}. */
export const SOURCE_CUSTOMER = 'x-amz-copy-source-server-side-encryption-customer-'
const NAMES = ['algorithm', 'key', 'key-md5'] as const
const DEMAND = 'Requests specifying Server Side Encryption with Customer provided keys must provide'

/**
 * The key of a customer, which the caller of this function clears; nothing when the request has none. Source: Amazon S3
 * User Guide, "Using server-side encryption with customer-provided keys (SSE-C)"; recorded answers for the texts.
 *
 * @throws S3Error. It never repeats the key.
 */
function parseCustomerKey(
  headers: ReadonlyMap<string, string>,
  prefix: typeof CUSTOMER | typeof SOURCE_CUSTOMER,
): CustomerKey | undefined {
  const [algorithm, key, md5] = NAMES.map((name) => headers.get(prefix + name))
  if (algorithm === undefined && key === undefined && md5 === undefined) return undefined
  const refuse = (what: string): never => {
    throw invalidArgument(what, `${prefix}algorithm`, algorithm ?? 'null')
  }
  if (algorithm === undefined) return refuse(`${DEMAND} a valid encryption algorithm.`)
  if (algorithm !== 'AES256') {
    throw new S3Error(
      'InvalidEncryptionAlgorithmError',
      'The Encryption request you specified is not valid. Supported value: AES256.',
      { elements: { ArgumentName: 'x-amz-server-side-encryption', ArgumentValue: algorithm } },
    )
  }
  const bytes = key === undefined ? undefined : parseBase64(key)
  if (bytes?.length !== DATA_KEY_BYTES) return refuse(`${DEMAND} an appropriate secret key.`)
  const secret = new Secret(bytes)
  const sum = runningHash('md5')
  secret.reveal((revealed) => sum.update(revealed))
  const expected = toBase64(sum.digest())
  if (md5 === expected) return { secret, md5 }
  secret[Symbol.dispose]()
  if (md5 === undefined) return refuse(`${DEMAND} the client calculated MD5 of the secret key.`)
  return refuse('The calculated MD5 hash of the key did not match the hash that was provided.')
}

/** What is needed of a call. */
type KeyCall = {
  readonly request: Pick<S3Request, 'headers'>
  readonly defer: (release: Release) => void
}

/** Reads the key of a customer once, and clears it at the end of the call. */
export function customerKeyOf(
  { request, defer }: KeyCall,
  prefix: typeof CUSTOMER | typeof SOURCE_CUSTOMER,
): () => CustomerKey | undefined {
  let known: { readonly customerKey: CustomerKey | undefined } | undefined
  return () => {
    if (known !== undefined) return known.customerKey
    const customerKey = parseCustomerKey(request.headers, prefix)
    known = { customerKey }
    if (customerKey !== undefined) defer(() => customerKey.secret[Symbol.dispose]())
    return customerKey
  }
}

/** Whether a stored value is that of a key. */
export function isChecked(stored: string, computed: Uint8Array): boolean {
  const bytes = parseBase64(stored)
  return bytes !== undefined && bytes.length === computed.length && equalConstantTime(bytes, computed)
}
