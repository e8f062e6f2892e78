import { queryOptions } from '@tanstack/react-query'
import { call, type OutputOf } from './client.ts'
import { patiently } from './what-if.ts'

/** A recorded call and what policies say of it now. */
export type ExplainedCall = NonNullable<OutputOf<'ExplainCall'>['Calls']>[number]
/** One permission that a call needs. */
export type Permission = NonNullable<NonNullable<ExplainedCall['Now']>['Permissions']>[number]

/** A kind of policy. */
type PolicyKind = 'scp' | 'rcp' | 'resource' | 'identity' | 'boundary' | 'session'

/** One part of the smallest change. Source: docs/reference/explain.md, "JSON". */
export type Change =
  | {
      readonly Kind: 'SendContext'
      readonly Keys: readonly { readonly Key: string; readonly Value?: string | readonly string[] }[]
    }
  | {
      readonly Kind: 'AddAllow'
      readonly Policy: PolicyKind
      readonly Resource: string
      readonly Add: string
    }
  | { readonly Kind: 'LiftDeny'; readonly Policy: PolicyKind; readonly Statement: StatementPlace }

/** Where a statement is. */
type StatementPlace = { readonly Policy?: string; readonly Index: number; readonly Sid?: string }

/** What one policy says of a permission. */
export type PolicyTrace = {
  readonly Kind: PolicyKind
  readonly Name?: string
  readonly AttachedTo?: string
  readonly Outcome: 'Allow' | 'Deny' | 'Silent'
  readonly Statements?: readonly {
    readonly Source: StatementPlace
    readonly Effect: string
    readonly Matched: boolean
    readonly Misses: readonly {
      readonly Element: string
      readonly Operator?: string
      readonly Key?: string
      readonly Wanted: readonly string[]
      readonly Found?: readonly string[]
    }[]
  }[]
}

/** Explains the calls that a request ID or event ID names. */
export function explanationOf(region: string, Id: string) {
  return queryOptions({
    queryKey: ['explain', region, Id],
    queryFn: () => patiently(() => call('ExplainCall', { Id })),
  })
}

/** The smallest change of a permission; nothing if there is none. */
export function changesOf({ SmallestChange }: Permission): readonly Change[] {
  return parseChanges(SmallestChange)
}

/** What each policy says of a permission. */
export function tracesOf({ Policies }: Permission): readonly PolicyTrace[] {
  return parseTraces(Policies)
}

/** The server has made them from the same facts. */
function parseChanges(value: unknown): readonly Change[] {
  return (value ?? []) as readonly Change[]
}

/** The server has made them from the same facts. */
function parseTraces(value: unknown): readonly PolicyTrace[] {
  return (value ?? []) as readonly PolicyTrace[]
}
