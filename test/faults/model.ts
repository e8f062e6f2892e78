/** For tests: keys and aliases in the state that follows from acknowledged calls. */

import { Facts } from './facts.ts'

/** A plaintext and its ciphertext under a key. */
type Encrypted = { readonly ciphertext: string; readonly plaintext: string }

/** An existing key. Its state, description, tags and policy are facts. */
export type ModelKey = {
  readonly id: string
  /** The only caller that changes the key, so that it can predict the results. */
  readonly owner: number
  readonly encrypted: Encrypted[]
}

/** The owner of a key whose state never changes. */
export const NOBODY = -1

/** The value of an absent alias or tag. */
export const NONE = ''

/** The names of facts. */
export const factOf = {
  state: (keyId: string) => `state of ${keyId}`,
  description: (keyId: string) => `description of ${keyId}`,
  policy: (keyId: string) => `policy of ${keyId}`,
  tag: (keyId: string, tag: string) => `tag ${tag} of ${keyId}`,
  /** Its value is the ID of the target key. */
  alias: (name: string) => `target of ${name}`,
}

export const CALLERS = 6
export const ALIASES_PER_CALLER = 5
/** The tags that a key may have: the first from its creation, the others from later calls. */
export const TAGS = ['born', ...Array.from({ length: CALLERS }, (_, caller) => `caller-${caller}`)]

/** The name of an alias that only one caller changes. */
export function aliasName(caller: number, index: number): string {
  return `alias/caller-${caller}/${index}`
}

export const ALIASES = Array.from({ length: CALLERS }, (_, caller) =>
  Array.from({ length: ALIASES_PER_CALLER }, (_, index) => aliasName(caller, index)),
).flat()

/** The acknowledged and the possible state of a server. */
export class Model {
  readonly facts = new Facts()
  readonly keys = new Map<string, ModelKey>()
  /** CreateKey calls without a response: the descriptions of the keys, and their callers. */
  readonly unanswered = new Map<string, number>()
  /** Keys that calls affected since the last check. */
  readonly touched = new Set<string>()
  /** The key that all callers change. */
  shared: string | undefined

  constructor() {
    for (const name of ALIASES) this.facts.settle(factOf.alias(name), NONE)
  }

  /** Adds a key in its initial state. */
  add(id: string, owner: number, description: string): void {
    this.keys.set(id, { id, owner, encrypted: [] })
    this.unanswered.delete(description)
    this.touched.add(id)
    this.facts.settle(factOf.state(id), 'Enabled')
    this.facts.settle(factOf.description(id), description)
    this.facts.settle(factOf.policy(id), FIRST_POLICY)
    for (const tag of TAGS) this.facts.settle(factOf.tag(id, tag), NONE)
    this.facts.settle(factOf.tag(id, 'born'), description)
  }

  get(id: string): ModelKey {
    const key = this.keys.get(id)
    if (key === undefined) throw new Error(`${id} is not a key of the model`)
    return key
  }

  stateOf(id: string): string {
    return this.facts.value(factOf.state(id))
  }

  targetOf(alias: string): string {
    return this.facts.value(factOf.alias(alias))
  }
}

/** The name of the policy that CreateKey sets. */
export const FIRST_POLICY = 'all'

/** A key policy that allows everything and contains a name. */
export function namedPolicy(name: string): string {
  const Principal = { AWS: 'arn:aws:iam::000000000000:root' }
  const Statement = [{ Sid: name, Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }]
  return JSON.stringify({ Version: '2012-10-17', Statement })
}

/** Parses the name in a policy. */
export function parsePolicyName(policy: unknown): string {
  const { Statement } = JSON.parse(String(policy)) as { Statement: readonly { Sid: string }[] }
  return Statement.map(({ Sid }) => Sid).join()
}
