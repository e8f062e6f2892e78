import { parseArn } from '../api/arn.ts'
import type { TouchRow } from '../store/index-port.ts'
import type { Access } from './access.ts'
import { isCryptographic, lastUseAmong, type ReportedKey } from './facts.ts'
import { daysBefore, type ReportTime } from './finding.ts'

/** An unused permission: its holder and its last use. */
export type Unused = { readonly text: string; readonly last: TouchRow | undefined }

/** Principals that policies allow to use a key, without recent use. */
export function unusedPrincipals(
  { touches }: ReportedKey,
  access: readonly Access[],
  time: ReportTime,
): readonly Unused[] {
  return access
    .filter(({ uses }) => uses.length > 0)
    .flatMap(({ principal: { arn }, uses }) => {
      const last = lastUseAmong(touches.filter(({ principal }) => principal === arn))
      return isRecent(last, time) ? [] : [{ text: `${arn} (${uses.join(' ')}): ${ageOf(last, time)}`, last }]
    })
}

/** Grants that allow the use of a key, older than that time, without recent use by the grantee. */
export function unusedGrants({ grants, touches }: ReportedKey, time: ReportTime): readonly Unused[] {
  return grants
    .filter(({ createdAt }) => daysBefore(time.day, createdAt) >= time.unusedDays)
    .filter(({ operations }) => operations.some(isCryptographic))
    .flatMap(({ id, grantee }) => {
      const last = lastUseAmong(touches.filter((touch) => isBy(touch, grantee)))
      return isRecent(last, time) ? [] : [{ text: `grant ${id} to ${grantee}: ${ageOf(last, time)}`, last }]
    })
}

function isRecent(last: TouchRow | undefined, { day, unusedDays }: ReportTime): boolean {
  return last !== undefined && daysBefore(day, last.lastSecond * 1000) < unusedDays
}

function ageOf(last: TouchRow | undefined, { day }: ReportTime): string {
  return last === undefined ? 'never' : `${daysBefore(day, last.lastSecond * 1000)} days ago`
}

/** Whether a grantee may have made a call: an account stands for all its principals, a role for its sessions. */
function isBy({ principal, account }: TouchRow, grantee: string): boolean {
  if (principal === grantee) return true
  const arn = parseArn(grantee)
  if (arn === undefined) return false
  if (arn.resource === 'root') return account === arn.account
  const [kind, role = ''] = arn.resource.split('/')
  if (arn.service !== 'sts' || kind !== 'assumed-role') return false
  const caller = parseArn(principal)
  const isRole = caller?.account === arn.account && caller.resource.startsWith('role/')
  return isRole && caller.resource.slice(caller.resource.lastIndexOf('/') + 1) === role
}
