import { aliasArn, PARTITION, parseArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'

/** A well-formed key identifier; the key may not exist. */
export type Identifier =
  | { readonly type: 'key'; readonly account: string; readonly keyId: string }
  | {
      readonly type: 'alias'
      readonly account: string
      /** With its prefix. */
      readonly name: string
    }

const KEY_ID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/
const ACCOUNT = /^[0-9]{12}$/
/** The prefix of every alias name. */
export const ALIAS_PREFIX = 'alias/'

/**
 * Parses a key identifier: a key id, key ARN, alias name or alias ARN. Ids and names without ARN are the
 * caller's own.
 *
 * @throws NotFoundException when the text cannot name a key here; InvalidArnException.
 */
export function parseIdentifier(text: string, account: string, region: string): Identifier {
  if (text.startsWith('arn:')) return parseKeyArn(text, region)
  if (text.startsWith(ALIAS_PREFIX)) return { type: 'alias', account, name: text }
  if (KEY_ID.test(text)) return { type: 'key', account, keyId: text }
  throw invalidKeyId(text)
}

/** The error for an alias where only a key is accepted. Source: recorded answers of AWS KMS. */
export function aliasUnsupported(): KmsError {
  return new KmsError('InvalidArnException', 'Key Aliases are not supported for this operation.')
}

/** The error for a text that cannot name a key. */
function invalidKeyId(text: string): KmsError {
  return new KmsError('NotFoundException', `Invalid keyId '${text}'`)
}

/** The error for a key that does not exist. */
export function keyNotFound(arn: string): KmsError {
  return new KmsError('NotFoundException', `Key '${arn}' does not exist`)
}

/** The error for an alias that does not exist. */
export function aliasNotFound(region: string, account: string, name: string): KmsError {
  return new KmsError('NotFoundException', `Alias ${aliasArn(region, account, name)} is not found.`)
}

function parseKeyArn(text: string, region: string): Identifier {
  const arn = parseArn(text)
  const wellFormed =
    arn !== undefined && arn.partition === PARTITION && arn.service === 'kms' && ACCOUNT.test(arn.account)
  if (!wellFormed) throw invalidArn(text)
  if (arn.region !== region) throw new KmsError('NotFoundException', `Invalid arn ${arn.region}`)
  if (arn.resource.startsWith(ALIAS_PREFIX)) {
    return { type: 'alias', account: arn.account, name: arn.resource }
  }
  const keyId = arn.resource.startsWith('key/') ? arn.resource.slice('key/'.length) : undefined
  if (keyId === undefined) throw invalidArn(text)
  if (!KEY_ID.test(keyId)) throw invalidKeyId(keyId)
  return { type: 'key', account: arn.account, keyId }
}

function invalidArn(text: string): KmsError {
  return new KmsError('InvalidArnException', `'${text}' is not a valid key or alias ARN.`)
}
