import { formatCount } from '../base/count.ts'
import { printable } from '../base/printable.ts'
import type { ChangeGroup, Tally } from './changes.ts'
import type { WhatIf } from './what-if.ts'

/** The effect of a proposed policy, with the facts of the evaluation. */
export type WhatIfReport = Omit<WhatIf, 'next'> & {
  readonly key: string
  readonly days: number
  /** The ARN of the policy's author. */
  readonly principal: string
  readonly locksOut: boolean
  /** Whether the index had reached the end of the audit log. */
  readonly current: boolean
}

/** Formats the effect on recorded calls for people. */
export function formatWhatIf(report: WhatIfReport): readonly string[] {
  const { key, days, calls, decided, changes, otherChanges } = report
  const refused = changes.filter(({ becomes }) => becomes === 'refused')
  const allowed = changes.filter(({ becomes }) => becomes === 'allowed')
  return [
    `key      ${printable(key)}`,
    `policy   ${formatValidity(report)}`,
    `calls    ${formatCount(calls, 'call')} in the last ${formatCount(days, 'day')}; ${decided} decided by both policies`,
    '',
    ...section('Allowed now, and REFUSED by the new policy', refused),
    ...section('Refused now, and ALLOWED by the new policy', allowed),
    ...(otherChanges === 0
      ? []
      : [`${formatCount(otherChanges, 'more call')} would change, in more groups than are told apart`, '']),
    ...(changes.length === 0 ? ['No call would change.', ''] : []),
    ...caveats(report),
  ]
}

function formatValidity({ locksOut, principal }: WhatIfReport): string {
  const who = printable(principal)
  return locksOut
    ? `valid, but PutKeyPolicy refuses it from ${who}, who could not change it again`
    : `valid, and ${who} passes the policy lockout safety check`
}

function section(title: string, groups: readonly ChangeGroup[]): readonly string[] {
  if (groups.length === 0) return []
  const calls = groups.reduce((sum, group) => sum + group.calls, 0)
  return [`${title}: ${formatCount(calls, 'call')}`, ...groups.flatMap(formatGroup), '']
}

function formatGroup({
  principal,
  action,
  calls,
  first,
  last,
  reason,
  eventIds,
}: ChangeGroup): readonly string[] {
  const when = first === last ? first : `${first} to ${last}`
  return [
    `  ${formatCount(calls, 'call')} of ${action} by ${printable(principal)}`,
    `    ${when}`,
    `    ${printable(reason)}`,
    `    for example event ${eventIds.join(', ')}`,
  ]
}

function caveats({ movedOn, notDecided, notExact, current }: WhatIfReport): readonly string[] {
  return [
    ...tallies('Calls that could not be decided again', notDecided),
    ...tallies('Calls that were decided without something that is not recorded', notExact),
    ...(movedOn === 0
      ? []
      : [
          `${formatCount(movedOn, 'call')} ended otherwise then than the policies of today decide: policies have changed since`,
        ]),
    ...(current ? [] : ['The index is behind the audit log: the latest calls are missing.']),
    'Users, groups, roles, service control policies and grants are taken as they are now.',
  ]
}

function tallies(title: string, list: readonly Tally[]): readonly string[] {
  if (list.length === 0) return []
  const calls = list.reduce((sum, tally) => sum + tally.calls, 0)
  return [
    `${title}: ${calls}`,
    ...list.map(
      ({ what, calls: some, eventIds }) => `  ${some}: ${printable(what)} (event ${eventIds.join(', ')})`,
    ),
  ]
}
