import { compilePolicy } from '../../../src/policy/compile.ts'
import { type AccessRequest, type Decision, decide, type Policies } from '../../../src/policy/decide.ts'
import type { Flavour } from '../../../src/policy/flavour.ts'
import { parsePolicy } from '../../../src/policy/parse.ts'
import { seeded } from '../../support/seeded.ts'
import { type Answer, type Document, evaluate, type Statement, type World } from './evaluator.ts'
import { BINDINGS, randomPolicies, randomRequest } from './random.ts'

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
    const { trust, bound, ...documents } = randomPolicies(choose)
    const policies = compileAll(documents, { trust, bound })
    for (let asked = 0; asked < REQUESTS_PER_SET; asked += 1) {
      const world: World = { ...documents, ...randomRequest(choose, trust) }
      const decision = decide(requestOf(world), policies)
      const answer = evaluate(bound ? withIds(world) : world)
      if (answerOf(decision) !== answer) return { counts, difference: { world, decision, answer } }
      counts[answer] += 1
    }
  }
  return { counts, difference: undefined }
}

type Facts = { readonly trust: boolean; readonly bound?: boolean }

/** The documents of a world in compiled form. */
export function compileAll(
  documents: Omit<World, 'request' | 'context'>,
  { trust, bound = false }: Facts,
): Policies {
  const compile = (document: Document, flavour: Flavour): Policies['identity'][number] =>
    compilePolicy(parsePolicy(JSON.stringify(document), { flavour }), bound ? { bindings: BINDINGS } : {})
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

/** A policy whose ARNs were bound says what one with the ids in their places says. */
function withIds(world: World): World {
  const { resource } = world
  if (resource === undefined) return world
  return { ...world, resource: { ...resource, Statement: resource.Statement.map(bindStatement) } }
}

function bindStatement(statement: Statement): Statement {
  const { Principal, NotPrincipal } = statement
  return {
    ...statement,
    ...(Principal === undefined ? {} : { Principal: bindNames(Principal) }),
    ...(NotPrincipal === undefined ? {} : { NotPrincipal: bindNames(NotPrincipal) }),
  }
}

function bindNames(names: NonNullable<Statement['Principal']>): NonNullable<Statement['Principal']> {
  if (names === '*') return names
  const bind = (list: readonly string[]): readonly string[] => list.map((name) => BINDINGS.get(name) ?? name)
  return Object.fromEntries(Object.entries(names).map(([type, list]) => [type, bind(list)]))
}

/** The request of a world as `decide` takes it. */
export function requestOf(world: World): AccessRequest {
  return { ...world.request, context: (key) => world.context[key] }
}

function answerOf(decision: Decision): Answer | 'failed' {
  if (decision.allow) return 'allowed'
  if (decision.why.kind === 'Failed') return 'failed'
  return decision.why.kind === 'ExplicitDeny' ? 'denied' : 'not allowed'
}
