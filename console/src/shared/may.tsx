import Button, { type ButtonProps } from '@cloudscape-design/components/button'
import { queryOptions, useQueries, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { simulateOwn } from '../api/simulate.ts'
import { useSession } from '../session/session.ts'
import { visibleText } from './plain-text.tsx'

/** An action, and the ARN of what it is for. */
export type Permit = { readonly action: string; readonly resource?: string | undefined }

/** Policies change seldom, and the server decides each call anyway. */
const STALE_MS = 60_000

function permission(region: string, arn: string, { action, resource = '*' }: Permit) {
  return queryOptions({
    queryKey: ['may', region, arn, action, resource],
    queryFn: () => simulateOwn(arn, action, resource),
    staleTime: STALE_MS,
    retry: false,
    // The root user may do whatever no control policy denies.
    enabled: !arn.endsWith(':root'),
  })
}

/**
 * Asks the simulator whether the signed-in person may do something. Returns the reason if it may not; nothing if it may, and while
 * nobody knows: the server decides then.
 */
export function useReason(permit: Permit): string | undefined {
  const { region, arn } = useSession()
  const known = useQuery(permission(region, arn, permit)).data?.known
  return known?.allowed === false ? visibleText(`${permit.action}: ${known.reason}`) : undefined
}

/** Whether a person is known to be allowed something: the root user may do whatever no control policy denies. */
export function useAllowed(permit: Permit): boolean {
  const { region, arn } = useSession()
  const answer = useQuery(permission(region, arn, permit))
  return arn.endsWith(':root') || answer.data?.known?.allowed === true
}

/** Returns those of these permissions that the person is known not to have. */
export function useForbidden(permits: readonly Permit[]): ReadonlySet<Permit> {
  const { region, arn } = useSession()
  const answers = useQueries({ queries: permits.map((permit) => permission(region, arn, permit)) })
  return new Set(permits.filter((_, index) => answers[index]?.data?.known?.allowed === false))
}

type Props = ButtonProps & { readonly permit: Permit }

/** A button that is disabled with the reason if the person may not do what it does. */
export function PermitButton({ permit, ...button }: Props): ReactNode {
  const reason = useReason(permit)
  const more = reason === undefined ? {} : { disabled: true, disabledReason: reason }
  return <Button {...button} {...more} />
}
