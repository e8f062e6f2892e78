import { useQuery } from '@tanstack/react-query'
import { ApiError, call } from '../api/client.ts'
import { useSession } from '../session/session.ts'
import { useForbidden } from '../shared/may.tsx'

/** The accounts that the person may see: its own when it may not list them. */
export function useAccounts(): readonly string[] {
  const { account } = useSession()
  const list = { action: 'holdfast:ListAccounts' }
  const isForbidden = useForbidden([list]).size > 0
  const { data } = useQuery({
    queryKey: ['switch-accounts', account],
    enabled: !isForbidden,
    retry: false,
    queryFn: async () => {
      try {
        return ((await call('ListAccounts', {})).Accounts ?? []).map(({ AccountId = '' }) => AccountId)
      } catch (error) {
        if (error instanceof ApiError) return []
        throw error
      }
    },
  })
  return [...new Set([account, ...(data ?? [])])]
}
