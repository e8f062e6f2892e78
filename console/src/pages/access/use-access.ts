import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useSession } from '../../session/session.ts'
import { notify } from '../../shared/notices.tsx'
import { ACCESS_TEXTS } from '../../texts/en/access.ts'

/** The queries whose answers a change of the account's access changes. */
export const CHANGES: readonly string[] = ['access']

/** Asks for something of the account's access; every change on these pages asks for it again. */
export function useAccess<T>(name: readonly string[], load: () => Promise<T>): UseQueryResult<T> {
  const { account } = useSession()
  return useQuery({ queryKey: [...CHANGES, account, ...name], queryFn: load })
}

/** Changes something of the account's access, and says that it is done. */
export function useAccessChange<I = void>(
  run: (input: I) => Promise<unknown>,
  onDone: () => void = () => undefined,
): UseMutationResult<unknown, Error, I> {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: run,
    onSuccess: async () => {
      notify({ type: 'success', header: ACCESS_TEXTS.done })
      onDone()
      await queries.invalidateQueries({ queryKey: CHANGES })
    },
  })
}
