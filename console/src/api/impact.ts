import { queryOptions } from '@tanstack/react-query'
import { call } from './client.ts'

/** Calls of one principal on a key. */
export type KeyUser = {
  readonly Principal: string
  readonly Operation: string
  readonly Calls: number
  readonly Failures: number
  readonly Cryptographic: boolean
  /** ISO 8601. */
  readonly Last: string
}

/** What depends on a key. */
export type KeyImpact = {
  readonly users: readonly KeyUser[]
  readonly moreUsers: number
  /** What fails when the key is deleted or disabled. */
  readonly consequences: readonly string[]
  readonly grants: number
  readonly statements: number
  /** Whether the index has every recorded call. */
  readonly isCurrent: boolean
}

/** A key material, and who has decrypted under it. */
export type Material = {
  readonly MaterialId: string
  readonly State: string
  readonly Present: boolean
  readonly CreatedAt: string
  readonly CurrentAt?: string
  readonly ValidTo?: string
  readonly Decrypts: number
  readonly Principals: readonly {
    readonly Principal: string
    readonly Decrypts: number
    readonly Last: string
  }[]
}

/** Everything that depends on a key. */
export function keyImpact(region: string, KeyId: string) {
  return queryOptions({
    queryKey: ['key', region, KeyId, 'impact'],
    queryFn: async (): Promise<KeyImpact> => {
      const answer = await call('GetKeyImpact', { KeyId })
      const { Users, MoreUsers, Consequences, Grants, MoreGrants, Statements, MoreStatements, Current } =
        answer
      return {
        users: parseItems<KeyUser>(Users),
        moreUsers: MoreUsers ?? 0,
        consequences: parseItems<string>(Consequences),
        grants: parseItems(Grants).length + (MoreGrants ?? 0),
        statements: parseItems(Statements).length + (MoreStatements ?? 0),
        isCurrent: Current === true,
      }
    },
  })
}

/** The key materials of a key, the current one first. */
export function keyMaterials(region: string, KeyId: string) {
  return queryOptions({
    queryKey: ['key', region, KeyId, 'material-usage'],
    queryFn: async () => parseItems<Material>((await call('GetMaterialUsage', { KeyId })).Materials),
  })
}

/** The reference of the server describes the form of the items. */
function parseItems<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : []
}
