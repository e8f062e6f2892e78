import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useAllowed } from '../shared/may.tsx'
import { call, type OutputOf } from './client.ts'

const MAY = { action: 'holdfast:GetServerStatus', resource: 'arn:aws:holdfast:::server' }

/** What the server says of its root key and backups; empty for those who do not look after it. */
export function useServerStatus(): UseQueryResult<OutputOf<'GetServerStatus'>> {
  const enabled = useAllowed(MAY)
  return useQuery({
    queryKey: ['server-status'],
    queryFn: () => call('GetServerStatus', {}),
    enabled,
  })
}
