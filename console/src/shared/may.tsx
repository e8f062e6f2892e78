import Button, { type ButtonProps } from '@cloudscape-design/components/button'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '../api/client.ts'
import { patiently } from '../api/what-if.ts'
import { useSession } from '../session/session.ts'
import { visibleText } from './plain-text.tsx'

/** An action, and the ARN of what it is for. */
export type Permit = { readonly action: string; readonly resource?: string | undefined }

/** Policies change seldom, and the server decides each call anyway. */
const STALE_MS = 60_000

/**
 * Asks the simulator whether the signed-in person may do something. Returns the reason if it may not; nothing if it may, and while
 * nobody knows: the server decides then.
 */
export function useReason({ action, resource = '*' }: Permit): string | undefined {
  const { region, arn } = useSession()
  const { data } = useQuery({
    queryKey: ['may', region, arn, action, resource],
    queryFn: () =>
      patiently(() => call('SimulateCall', { PrincipalArn: arn, Action: action, Resource: resource })),
    staleTime: STALE_MS,
    retry: false,
    enabled: !arn.endsWith(':root'),
  })
  const permission = data?.Permission
  return permission?.Allowed === false ? visibleText(`${action}: ${permission.Reason}`) : undefined
}

type Props = ButtonProps & { readonly permit: Permit }

/** A button that is disabled with the reason if the person may not do what it does. */
export function PermitButton({ permit, ...button }: Props): ReactNode {
  const reason = useReason(permit)
  const more = reason === undefined ? {} : { disabled: true, disabledReason: reason }
  return <Button {...button} {...more} />
}
