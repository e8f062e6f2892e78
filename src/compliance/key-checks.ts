import { formatCount } from '../base/count.ts'
import { type Access, accessTo } from './access.ts'
import { type Opening, openToAccounts, openToEveryone } from './exposure.ts'
import {
  type EventEvidence,
  formatInstant,
  lastUseAmong,
  type ReportedKey,
  type ReportedPrincipal,
} from './facts.ts'
import {
  type CheckName,
  daysBefore,
  daysUntil,
  eventsOf,
  evidenceOf,
  type Finding,
  limitDetails,
  type ReportTime,
  type Severity,
} from './finding.ts'
import { unusedGrants, unusedPrincipals } from './unused.ts'

/** Imported key material that expires within this many days is reported. */
const EXPIRY_DAYS = 30

/** The findings of a report on one key. */
export function keyFindings(
  key: ReportedKey,
  principals: readonly ReportedPrincipal[],
  time: ReportTime,
): readonly Finding[] {
  const access = accessTo(key, principals)
  return [
    ...exposureFindings(key),
    ...dutyFindings(key, access),
    ...rotationFindings(key),
    ...unusedKeyFindings(key, time),
    ...unusedPermissionFindings(key, access, time),
    ...importFindings(key, time),
    ...stateFindings(key),
  ]
}

type FindingParts = {
  readonly severity: Severity
  readonly text: string
  readonly details?: readonly string[]
  readonly events?: readonly EventEvidence[]
}

function finding(check: CheckName, { arn }: ReportedKey, parts: FindingParts): Finding {
  const { severity, text, details = [], events = [] } = parts
  return { check, severity, resource: arn, text, details: limitDetails(details), events }
}

function exposureFindings(key: ReportedKey): readonly Finding[] {
  const events = policyEvents(key)
  const found: Finding[] = []
  const add = (check: CheckName, openings: readonly Opening[], open: Severity, text: string): void => {
    if (openings.length === 0) return
    const unconditional = openings.some(({ conditional }) => !conditional)
    const denies = key.policy.statements.filter(({ effect }) => effect === 'Deny').length
    const denials = formatCount(denies, 'statement that denies', 'statements that deny')
    const note = denies === 0 ? [] : [`the policy has ${denials}, which may narrow this`]
    const details = [...openings.map((opening) => opening.text), ...note]
    found.push(finding(check, key, { severity: unconditional ? open : 'low', text, details, events }))
  }
  add('open-to-everyone', openToEveryone(key), 'high', 'the key policy allows every principal')
  const others = openToAccounts(key)
  const names = [...new Set(others.flatMap(({ principals }) => principals))]
  const who = formatCount(names.length, 'principal', 'principals')
  add('open-to-accounts', others, 'medium', `open to ${who} of other accounts`)
  return found
}

function dutyFindings(key: ReportedKey, access: readonly Access[]): readonly Finding[] {
  const both = access.filter(({ uses, administration }) => uses.length > 0 && administration.length > 0)
  if (both.length === 0) return []
  const details = both.map(
    ({ principal, uses, administration }) =>
      `${principal.arn} may use it (${uses.join(' ')}) and administer it (${administration.join(' ')})`,
  )
  const text = `${both.length} principals can administer and use it`
  return [
    finding('separation-of-duties', key, { severity: 'medium', text, details, events: policyEvents(key) }),
  ]
}

function rotationFindings(key: ReportedKey): readonly Finding[] {
  const { spec, origin, state, rotation } = key
  const rotates = spec === 'SYMMETRIC_DEFAULT' && origin === 'AWS_KMS' && state !== 'PendingDeletion'
  if (!rotates || rotation !== undefined) return []
  const events = eventsOf(key.touches, 'DisableKeyRotation')
  const shown = events.length > 0 ? events : eventsOf(key.touches, ...MAKERS)
  const text = 'automatic rotation is off'
  return [finding('rotation-off', key, { severity: 'medium', text, events: shown })]
}

function unusedKeyFindings(key: ReportedKey, { day, unusedDays }: ReportTime): readonly Finding[] {
  const last = lastUseAmong(key.touches)
  const since = last === undefined ? key.createdAt : last.lastSecond * 1000
  const days = daysBefore(day, since)
  if (days < unusedDays) return []
  const text =
    last === undefined ? `never used since it was made ${days} days ago` : `not used for ${days} days`
  const events = last === undefined ? eventsOf(key.touches, ...MAKERS) : [evidenceOf(last)]
  return [finding('unused-key', key, { severity: 'low', text, events })]
}

function unusedPermissionFindings(
  key: ReportedKey,
  access: readonly Access[],
  time: ReportTime,
): readonly Finding[] {
  if (daysBefore(time.day, key.createdAt) < time.unusedDays) return []
  const unused = [...unusedPrincipals(key, access, time), ...unusedGrants(key, time)]
  if (unused.length === 0) return []
  const events = unused.flatMap(({ last }) => (last === undefined ? [] : [evidenceOf(last)]))
  const text = `${unused.length} principals may use it and have not for ${time.unusedDays} days`
  const details = unused.map((one) => one.text)
  return [finding('unused-permission', key, { severity: 'low', text, details, events })]
}

function importFindings(key: ReportedKey, { day }: ReportTime): readonly Finding[] {
  if (key.origin !== 'EXTERNAL') return []
  const events = eventsOf(key.touches, 'ImportKeyMaterial', 'DeleteImportedKeyMaterial')
  if (key.state === 'PendingImport') {
    const text = 'its material is missing: it was deleted, has expired or was never imported'
    return [finding('imported-material', key, { severity: 'high', text, events })]
  }
  const soon = key.materials.filter(
    ({ present, validTo }) => present && validTo !== undefined && daysUntil(day, validTo) <= EXPIRY_DAYS,
  )
  return soon.map(({ materialId, validTo = 0 }) => {
    const text = `imported material expires at ${formatInstant(validTo)}`
    return finding('imported-material', key, {
      severity: 'high',
      text,
      details: [`material ${materialId}`],
      events,
    })
  })
}

function stateFindings(key: ReportedKey): readonly Finding[] {
  const { state, deletionAt, touches } = key
  switch (state) {
    case 'PendingDeletion':
    case 'PendingReplicaDeletion': {
      const text =
        deletionAt === undefined
          ? 'is deleted after its replicas'
          : `is deleted at ${formatInstant(deletionAt)}`
      const events = eventsOf(touches, 'ScheduleKeyDeletion')
      return [finding('pending-deletion', key, { severity: 'medium', text, events })]
    }
    case 'Disabled': {
      const events = eventsOf(touches, 'DisableKey', 'CancelKeyDeletion')
      return [finding('disabled', key, { severity: 'low', text: 'is disabled', events })]
    }
    default:
      return []
  }
}

/** The operations that create a key. */
const MAKERS = ['CreateKey', 'ReplicateKey']

/** The call that last changed the policy of a key. */
function policyEvents(key: ReportedKey): readonly EventEvidence[] {
  const put = eventsOf(key.touches, 'PutKeyPolicy')
  return put.length > 0 ? put : eventsOf(key.touches, ...MAKERS)
}
