import { compilePolicy } from '../../../src/policy/compile.ts'
import { type Decision, decide, type Policies } from '../../../src/policy/decide.ts'
import type { Flavour } from '../../../src/policy/flavour.ts'
import { parsePolicy } from '../../../src/policy/parse.ts'
import { seeded } from '../../support/seeded.ts'
import { type Answer, type Document, evaluate, type World } from './evaluator.ts'
import { randomPolicies, randomRequest } from './random.ts'

/** Requests that are put to one set of policies. */
const REQUESTS_PER_SET = 20

/** What a comparison has found. */
export type Comparison = {
  /** How often each answer came, of both alike. */
  readonly counts: Readonly<Record<Answer, number>>
  /** The first world about which the two differ. */
  readonly difference:
    | { readonly world: World; readonly decision: Decision; readonly answer: Answer }
    | undefined
}

/** Decides so many random requests with `src/policy` and with the second evaluator. */
export function compare(seed: number, decisions: number): Comparison {
  const choose = seeded(seed)
  const counts = { allowed: 0, denied: 0, 'not allowed': 0 }
  for (let done = 0; done < decisions; done += REQUESTS_PER_SET) {
    const { trust, ...documents } = randomPolicies(choose)
    const policies = compileAll(documents, trust)
    for (let asked = 0; asked < REQUESTS_PER_SET; asked += 1) {
      const world: World = { ...documents, ...randomRequest(choose, trust) }
      const decision = decide({ ...world.request, context: (key) => world.context[key] }, policies)
      const answer = evaluate(world)
      if (answerOf(decision) !== answer) return { counts, difference: { world, decision, answer } }
      counts[answer] += 1
    }
  }
  return { counts, difference: undefined }
}

function compileAll(documents: Omit<World, 'request' | 'context'>, trust: boolean): Policies {
  const compile = (document: Document, flavour: Flavour): Policies['identity'][number] =>
    compilePolicy(parsePolicy(JSON.stringify(document), { flavour }))
  const all = (list: readonly Document[]): Policies['identity'] => list.map((one) => compile(one, 'identity'))
  const { resource, boundary, session, scps, rcps } = documents
  return {
    resource: resource && compile(resource, trust ? 'trust' : 'key'),
    identity: all(documents.identity),
    boundary: boundary && compile(boundary, 'identity'),
    session: session && all(session),
    scps: scps?.map(all),
    rcps: rcps?.map(all),
    grants: documents.grants,
  }
}

function answerOf(decision: Decision): Answer | 'failed' {
  if (decision.allow) return 'allowed'
  if (decision.why.kind === 'Failed') return 'failed'
  return decision.why.kind === 'ExplicitDeny' ? 'denied' : 'not allowed'
}
