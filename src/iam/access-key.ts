import { accountRootArn } from '../api/arn.ts'
import type { Random } from '../base/ports.ts'
import type { Credential, FindCredential } from '../dispatch/caller.ts'
import { kindOfFormat1 } from '../store/kind.ts'
import type { Kind, Records } from '../store/records.ts'

/** An access key. Partition: {@link ACCESS_KEYS}; name: the access key id. */
export type AccessKeyValue = {
  readonly format: 1
  readonly account: string
  /** Whom it belongs to. */
  readonly principal: 'root'
  readonly secretAccessKey: string
  readonly createdAt: number
}

/** The kind of access keys. */
export const ACCESS_KEY: Kind<AccessKeyValue> = kindOfFormat1('access-key')

/** The one partition of access keys: an id is unique in the whole deployment. */
export const ACCESS_KEYS = 'all'

const ID_PREFIX = 'AKIA'
const ID_RANDOM_BYTES = 10
const SECRET_RANDOM_BYTES = 30
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** An access key with its secret, as it is handed over once. */
export type NewAccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** A fresh access key in AWS's form: `AKIA` and 16 base32 digits, and 40 characters of base64. */
export function newAccessKey(random: Random): NewAccessKey {
  return {
    accessKeyId: ID_PREFIX + base32(random.bytes(ID_RANDOM_BYTES)),
    secretAccessKey: Buffer.from(random.bytes(SECRET_RANDOM_BYTES)).toString('base64'),
  }
}

/** RFC 4648 base32 without padding; the size is a multiple of 5 bytes. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += BASE32[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return text
}

/** Credentials by their record's value: equal versions share one. */
const CREDENTIALS = new WeakMap<AccessKeyValue, Credential>()

/** Finds access keys in the records. */
export function credentialFinder(records: Records): FindCredential {
  return async (accessKeyId) => {
    const record =
      records.peek(ACCESS_KEY, ACCESS_KEYS, accessKeyId) ??
      (await records.get(ACCESS_KEY, ACCESS_KEYS, accessKeyId))
    if (record === undefined) return undefined
    const known = CREDENTIALS.get(record.value)
    if (known !== undefined) return known
    const credential = credentialOf(accessKeyId, record.value)
    CREDENTIALS.set(record.value, credential)
    return credential
  }
}

function credentialOf(accessKeyId: string, value: AccessKeyValue): Credential {
  const { account } = value
  const arn = accountRootArn(account)
  const identity = { type: 'Root', principalId: account, arn, accountId: account, accessKeyId }
  return {
    secretAccessKey: value.secretAccessKey,
    caller: {
      account,
      arn,
      accessKeyId,
      principal: { type: 'Root', account, arn },
      identityJson: JSON.stringify(identity),
    },
  }
}
