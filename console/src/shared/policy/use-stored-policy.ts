import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { ApiError } from '../../api/client.ts'
import type { PolicyTarget } from '../../api/policy-targets.ts'
import { useSession } from '../../session/session.ts'
import { POLICY_TEXTS } from '../../texts/en/policy.ts'
import { notify } from '../notices.tsx'

/** A policy as the server has it. */
export function useStoredPolicy({ id, load }: PolicyTarget): UseQueryResult<string> {
  const { region } = useSession()
  return useQuery({ queryKey: ['policy', region, ...id], queryFn: load })
}

/** What a save has found instead of the policy that the editing began with. */
export type Saved = { readonly theirs: string | undefined }

type Save = {
  readonly text: string
  /** What the editing began with. */
  readonly base: string
}

/** The code of the server for a policy that is not the expected one, in the two protocols. */
const CONFLICTS: ReadonlySet<string> = new Set(['ConflictException', 'Conflict'])

/** Saves a policy, unless somebody else has changed it meanwhile: the server compares, so there is no moment between. */
export function useSavePolicy(
  { id, load, save }: PolicyTarget,
  onSaved: () => void,
): UseMutationResult<Saved, Error, Save> {
  const { region } = useSession()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ text, base }: Save): Promise<Saved> => {
      try {
        await save(text, base)
      } catch (error) {
        if (error instanceof ApiError && CONFLICTS.has(error.code)) return { theirs: await load() }
        throw error
      }
      return { theirs: undefined }
    },
    onSuccess: async ({ theirs }) => {
      if (theirs !== undefined) return
      notify({ type: 'success', header: POLICY_TEXTS.saved })
      onSaved()
      await queries.invalidateQueries({ queryKey: ['policy', region, ...id] })
      await queries.invalidateQueries({ queryKey: ['key', region] })
      await queries.invalidateQueries({ queryKey: ['access'] })
    },
  })
}
