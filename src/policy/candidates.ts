import type { CompiledStatement } from './compiled-statement.ts'
import type { Evaluation } from './evaluation.ts'
import type { Resource } from './match.ts'

/** Statements that may matter to a request, by effect, each in the policy's order. */
type Candidates = {
  readonly denies: readonly CompiledStatement[]
  readonly allows: readonly CompiledStatement[]
}

/** What a request is about, as far as statements are found by it. */
type Topic = {
  readonly actionLowerCased: string
  readonly resource: Resource
  readonly evaluation: Evaluation
}

/** Finds the statements of a policy that may matter. */
export type FindCandidates = (topic: Topic) => Candidates

/** Actions that a policy remembers: as many as KMS has. Beyond it candidates are looked for each time. */
const REMEMBERED_ACTIONS_MAX = 64

/**
 * Finds statements by their action, and among those the ones that list ARNs without wildcards by the ARN. What
 * comes out covers the action; its resources are still to be asked.
 */
export function candidatesOf(statements: readonly CompiledStatement[]): FindCandidates {
  const remembered = new Map<string, ByResource>()
  return ({ actionLowerCased, resource, evaluation }) => {
    const known = remembered.get(actionLowerCased)
    if (known !== undefined) return known(resource.text)
    const about = statements.filter((statement) => statement.actions(actionLowerCased, evaluation))
    const found = byResource(about)
    if (remembered.size < REMEMBERED_ACTIONS_MAX) remembered.set(actionLowerCased, found)
    return found(resource.text)
  }
}

type ByResource = (resource: string) => Candidates

function byResource(statements: readonly CompiledStatement[]): ByResource {
  const anywhere = statements.filter(({ onlyOn }) => onlyOn === undefined)
  const rest = byEffect(anywhere)
  const named = new Map<string, CompiledStatement[]>()
  for (const statement of statements) {
    for (const arn of new Set(statement.onlyOn)) {
      const list = named.get(arn)
      if (list === undefined) named.set(arn, [statement])
      else list.push(statement)
    }
  }
  if (named.size === 0) return () => rest
  return (resource) => {
    const found = named.get(resource)
    if (found === undefined) return rest
    return byEffect([...anywhere, ...found].sort((a, b) => a.source.index - b.source.index))
  }
}

function byEffect(statements: readonly CompiledStatement[]): Candidates {
  return {
    denies: statements.filter(({ effect }) => effect === 'Deny'),
    allows: statements.filter(({ effect }) => effect === 'Allow'),
  }
}
