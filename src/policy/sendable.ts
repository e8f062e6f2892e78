import { isKeyArn } from './key-actions.ts'

/**
 * Condition keys, in lower case, that say who calls and what is called: no other call of the same principal to the
 * same resource has another value. Tags and aliases are not among them: they can be given.
 *
 * Source: IAM User Guide, "AWS global condition context keys".
 */
const SETTLED: ReadonlySet<string> = new Set([
  ...['aws:principalarn', 'aws:principalaccount', 'aws:principaltype', 'aws:principalisawsservice'],
  ...[
    'aws:principalorgid',
    'aws:principalorgpaths',
    'aws:principalservicename',
    'aws:principalservicenameslist',
  ],
  ...['aws:userid', 'aws:username', 'aws:resourceaccount', 'aws:resourceorgid', 'aws:resourceorgpaths'],
  ...['aws:federatedprovider', 'aws:assumedroot', 'aws:requestedregion', 'kms:calleraccount'],
])

/**
 * Global condition keys, in lower case, that a call can be given another value of. Nothing gives one to the others, such
 * as those about VPCs: see docs/reference/divergences.md.
 */
const GIVEN =
  /^aws:(?:(?:principaltag|requesttag|resourcetag)\/|(?:currenttime|epochtime|multifactorauth(?:age|present)|referer|securetransport|sourceidentity|sourceip|tagkeys|tokenissuetime|useragent|viaawsservice|calledvia(?:first|last)?)$)/

/** Facts of a key, but parameters of the call that makes one. */
const KEY_FACTS: ReadonlySet<string> = new Set([
  ...['kms:keyspec', 'kms:keyusage', 'kms:keyorigin', 'kms:multiregion', 'kms:multiregionkeytype'],
  ...['kms:customermasterkeyspec', 'kms:customermasterkeyusage'],
])

const DATA_KEYS = 'generatedatakey(?:pair)?(?:withoutplaintext)?'
const CONTEXT_ACTIONS = `encrypt|decrypt|reencrypt(?:from|to)|${DATA_KEYS}|creategrant`

/**
 * The actions whose calls have a condition key of AWS KMS, both in lower case; a key that is not here may be in any.
 * Source: AWS KMS Developer Guide, "AWS KMS condition keys".
 */
const ONLY_IN: readonly (readonly [RegExp, RegExp])[] = [
  [/^kms:encryptioncontext(?::|keys$)/, actions(CONTEXT_ACTIONS)],
  [/^kms:encryptionalgorithm$/, actions(`encrypt|decrypt|reencrypt(?:from|to)|${DATA_KEYS}`)],
  [/^kms:(?:signingalgorithm|messagetype)$/, actions('sign|verify')],
  [/^kms:macalgorithm$/, actions('(?:generate|verify)mac')],
  [/^kms:keyagreementalgorithm$/, actions('derivesharedsecret')],
  [/^kms:encapsulationalgorithm$/, actions('encapsulate|decapsulate')],
  [/^kms:datakeypairspec$/, actions('generatedatakeypair(?:withoutplaintext)?')],
  [/^kms:reencryptonsamekey$/, actions('reencrypt(?:from|to)')],
  [/^kms:(?:expirationmodel|validto)$/, actions('importkeymaterial')],
  [/^kms:wrapping/, actions('getparametersforimport')],
  [/^kms:(?:grant(?:constraint|operations|ee)|retiring)/, actions('creategrant')],
  [/^kms:grantisforawsresource$/, actions('(?:create|revoke)grant|listgrants')],
  [/^kms:primaryregion$/, actions('updateprimaryregion')],
  [/^kms:replicaregion$/, actions('replicatekey')],
  [/^kms:rotationperiodindays$/, actions('enablekeyrotation')],
  [/^kms:schedulekeydeletion/, actions('schedulekeydeletion')],
  [/^kms:bypasspolicylockoutsafetycheck$/, actions('createkey|putkeypolicy|replicatekey')],
  [/^kms:recipientattestation:/, actions(`decrypt|derivesharedsecret|generaterandom|${DATA_KEYS}`)],
  [/^aws:(?:requesttag\/|tagkeys$)/, /^(?!kms:)|^kms:(?:createkey|replicatekey|(?:un)?tagresource)$/],
]

function actions(names: string): RegExp {
  return new RegExp(`^kms:(?:${names})$`)
}

/** Whether another call with the same action of the same principal on the same resource may have another value. */
export function isSendable(lowerKey: string, action: string, resource: string): boolean {
  if (SETTLED.has(lowerKey) || (lowerKey.startsWith('aws:') && !GIVEN.test(lowerKey))) return false
  if (KEY_FACTS.has(lowerKey) && isKeyArn(resource)) return false
  const only = ONLY_IN.find(([key]) => key.test(lowerKey))
  return only === undefined || only[1].test(action.toLowerCase())
}
