import { type CompiledPolicy, compilePolicy } from '../policy/compile.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { FunctionPolicy } from './function-record.ts'

/** The policy of a function as text. */
export function policyText({ statements }: Pick<FunctionPolicy, 'statements'>): string {
  return `{"Version":"2012-10-17","Id":"default","Statement":[${Object.values(statements).join(',')}]}`
}

/** The policies of functions, ready to be asked: each is compiled once for each version of its record. */
export class FunctionPolicies {
  readonly #compiled = new WeakMap<FunctionPolicy, CompiledPolicy>()

  /** The policy of a function; nothing when it has none. */
  of(policy: FunctionPolicy | undefined): CompiledPolicy | undefined {
    if (policy === undefined) return undefined
    const known = this.#compiled.get(policy)
    if (known !== undefined) return known
    const bindings = new Map(Object.entries(policy.principalIds))
    // The rules are those of bucket policies: statements name principals, actions and resources.
    const compiled = compilePolicy(parsePolicy(policyText(policy), { flavour: 'bucket' }), { bindings })
    this.#compiled.set(policy, compiled)
    return compiled
  }
}
