import { toBase64 } from '../../base/bytes.ts'
import type { EpochMs, Random } from '../../base/ports.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind, Records } from '../../store/records.ts'

/** The credential of callers of the proxy. Partition: the account; name: the access key ID. */
export type ProxyCredentialValue = {
  readonly format: 1
  readonly createdAt: EpochMs
  readonly secretAccessKey: string
}

/** The kind of proxy credentials. */
export const PROXY_CREDENTIAL: Kind<ProxyCredentialValue> = kindOfFormat1('proxy-credential')

/** The maximum number of credentials: the current one and its replacement. */
export const PROXY_CREDENTIALS_MAX = 2

/** A new credential with its secret, which is shown once. */
export type NewProxyCredential = { readonly accessKeyId: string; readonly secretAccessKey: string }

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ID_DIGITS = 26
const SECRET_BYTES = 33

/** Generates a credential in the form that a custom key store requires. Source: the service model of AWS KMS. */
export function newProxyCredential(random: Random): NewProxyCredential {
  return {
    accessKeyId: [...random.bytes(ID_DIGITS)].map((byte) => BASE32.charAt(byte % BASE32.length)).join(''),
    secretAccessKey: toBase64(random.bytes(SECRET_BYTES)),
  }
}

/** The credential that a request names, or nothing. The same object for the same record. */
export async function findProxyCredential(
  records: Records,
  account: string,
  accessKeyId: string,
): Promise<ProxyCredentialValue | undefined> {
  const record =
    records.peek(PROXY_CREDENTIAL, account, accessKeyId) ??
    (await records.get(PROXY_CREDENTIAL, account, accessKeyId))
  return record?.value
}
