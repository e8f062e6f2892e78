import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { notify } from './notices.tsx'

/** A call that changes a key: what is shown of it is asked for again, and a notice says that it was done. */
export function useKeyAction<I>(
  region: string,
  keyId: string,
  { run, done }: { readonly run: (input: I) => Promise<unknown>; readonly done: string },
): UseMutationResult<unknown, Error, I> {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: run,
    onSuccess: async () => {
      notify({ type: 'success', header: done })
      await queries.invalidateQueries({ queryKey: ['key', region, keyId] })
    },
  })
}
