import { type CompiledPolicy, compilePolicy } from '../policy/compile.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { BucketEntry } from './entries.ts'

/** Compiled policies in memory: the oldest goes first. */
const COMPILED_MAX = 1_000

/** The policies of buckets, ready to be asked: each is compiled once. */
export class BucketPolicies {
  readonly #compiled = new Map<string, CompiledPolicy>()

  /** The policy of a bucket; nothing when it has none. */
  of({
    policy,
    principalIds = {},
  }: Pick<BucketEntry, 'policy' | 'principalIds'>): CompiledPolicy | undefined {
    if (policy === undefined) return undefined
    const name = JSON.stringify([policy, principalIds])
    const known = this.#compiled.get(name)
    if (known !== undefined) return known
    const bindings = new Map(Object.entries(principalIds))
    const compiled = compilePolicy(parsePolicy(policy, { flavour: 'bucket' }), { bindings })
    const [oldest] = this.#compiled.keys()
    if (oldest !== undefined && this.#compiled.size >= COMPILED_MAX) this.#compiled.delete(oldest)
    this.#compiled.set(name, compiled)
    return compiled
  }
}
