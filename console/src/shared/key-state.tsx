import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'

const TYPES: Readonly<Record<string, StatusIndicatorProps.Type>> = {
  Enabled: 'success',
  Disabled: 'stopped',
  PendingDeletion: 'warning',
  PendingReplicaDeletion: 'warning',
  PendingImport: 'pending',
  Unavailable: 'error',
  Creating: 'in-progress',
  Updating: 'in-progress',
}

/** The state of a key. */
export function KeyState({ state }: { readonly state: string | undefined }): ReactNode {
  if (state === undefined) return '–'
  const text = state
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .replaceAll(/(?<= )[A-Z]/g, (c) => c.toLowerCase())
  return <StatusIndicator type={TYPES[state] ?? 'info'}>{text}</StatusIndicator>
}
