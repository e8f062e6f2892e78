import type { TouchRow } from '../store/index-port.ts'
import { formatSecond, lastUseAmong, type ReportedKey } from './facts.ts'

/** What fails without a key, by its usage. */
const LOSSES: Readonly<Record<string, string>> = {
  ENCRYPT_DECRYPT: 'data and data keys that are encrypted under it cannot be decrypted',
  SIGN_VERIFY: 'nothing can be signed with it; its public key still verifies, if it was downloaded before',
  GENERATE_VERIFY_MAC: 'MACs that it made cannot be verified, and no new ones made',
  KEY_AGREEMENT: 'secrets that were agreed on with its public key cannot be derived again',
  ENCAPSULATE_DECAPSULATE: 'secrets that were encapsulated for its public key cannot be decapsulated',
}
/** The maximum number of names in a sentence. */
const LISTED_MAX = 3

/** Sentences that say what fails when a key is deleted or disabled. */
export function consequencesOf(key: ReportedKey): readonly string[] {
  return [
    LOSSES[key.usage],
    useSentence(key.touches),
    aliasSentence(key.aliases),
    grantSentence(key),
    ...regionSentences(key),
    storeSentence(key.keyStore),
    stateSentence(key),
  ].filter((sentence) => sentence !== undefined)
}

function useSentence(touches: readonly TouchRow[]): string {
  const last = lastUseAmong(touches)
  if (last === undefined)
    return 'nobody has ever used it: no successful cryptographic call is in the audit log'
  const { principal, operation, lastSecond } = last
  return `it was last used at ${formatSecond(lastSecond)}, by ${principal} for ${operation}`
}

function aliasSentence(aliases: readonly string[]): string | undefined {
  if (aliases.length === 0) return undefined
  return `calls by ${listed(aliases)} fail; deleting the key deletes its aliases`
}

function grantSentence({ grants }: ReportedKey): string | undefined {
  if (grants.length === 0) return undefined
  const grantees = [...new Set(grants.map(({ grantee }) => grantee))].sort()
  return `${grants.length} grants no longer allow anything, to ${listed(grantees)}; deleting the key deletes them`
}

function regionSentences({ multiRegion, region }: ReportedKey): readonly string[] {
  if (multiRegion === undefined) return []
  const others = [multiRegion.primary, ...multiRegion.replicas].filter((one) => one !== region)
  if (others.length === 0)
    return ['it is a multi-Region key without replicas: no other region has its material']
  const same = `the keys of the same set in ${listed(others)} still decrypt what it has encrypted`
  if (multiRegion.primary !== region) return [same]
  return [
    same,
    'it is the primary key: it is deleted only after its replicas, and its material is not rotated meanwhile',
  ]
}

function storeSentence(keyStore: ReportedKey['keyStore']): string | undefined {
  if (keyStore === undefined) return undefined
  const { id, externalId } = keyStore
  if (externalId === '')
    return `its key in key store ${id} is destroyed in the token of the store, after the deletion`
  return `the external key ${externalId} of key store ${id} stays where it is, and cannot decrypt alone what was encrypted here`
}

function stateSentence({ state }: ReportedKey): string | undefined {
  return state === 'Enabled' ? undefined : `its state is ${state}: cryptographic calls fail already`
}

function listed(names: readonly string[]): string {
  const more = names.length - LISTED_MAX
  return more > 0 ? `${names.slice(0, LISTED_MAX).join(', ')} and ${more} more` : names.join(', ')
}
