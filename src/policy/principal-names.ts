import type { PolicyDocument } from './document.ts'

/** The unique ids (`AIDA…`, `AROA…`) that a policy names as principals, each once. */
export function uniqueIdsIn({ statements }: PolicyDocument): readonly string[] {
  const specs = statements.flatMap(({ principals }) => principals?.values ?? [])
  return [...new Set(specs.flatMap((spec) => (spec.kind === 'UniqueId' ? [spec.id] : [])))]
}

/** The text of a policy with other names for some of its principals; the text itself when there are none. */
export function renamePrincipals(text: string, names: ReadonlyMap<string, string>): string {
  if (names.size === 0) return text
  const isPrincipal = (name: string): boolean => name === 'Principal' || name === 'NotPrincipal'
  return JSON.stringify(
    JSON.parse(text, (name, member) => (isPrincipal(name) ? withNames(member, names) : member)),
  )
}

function withNames(principal: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof principal === 'string') return names.get(principal) ?? principal
  if (Array.isArray(principal)) return principal.map((member) => withNames(member, names))
  if (typeof principal !== 'object' || principal === null) return principal
  return Object.fromEntries(Object.entries(principal).map(([kind, named]) => [kind, withNames(named, names)]))
}
