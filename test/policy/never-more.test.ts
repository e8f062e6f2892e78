import assert from 'node:assert/strict'
import test from 'node:test'
import { decide } from '../../src/policy/decide.ts'
import { explainDecision } from '../../src/policy/explain.ts'
import { canBeMet, nearMisses } from '../../src/policy/right-context.ts'
import { smallestChange, withChanges, withSent } from '../../src/policy/smallest-change.ts'
import { type Seeded, seeded } from '../support/seeded.ts'
import { compileAll, requestOf } from './reference/compare.ts'
import type { Document, Statement, World } from './reference/evaluator.ts'
import { randomPolicies, randomRequest } from './reference/random.ts'

/** Random worlds for each rule. */
const WORLDS = 2000
const SEED = 11

type Documents = Omit<World, 'request' | 'context'>

type Case = {
  readonly choose: Seeded
  readonly documents: Documents
  readonly trust: boolean
  readonly allowed: (documents: Documents) => boolean
  readonly world: World
}

/** Runs a rule over random worlds; it says whether it had something to say. */
function forWorlds(seed: number, rule: (given: Case) => boolean): void {
  const choose = seeded(seed)
  let told = 0
  for (let made = 0; made < WORLDS; made += 1) {
    const { trust, bound: _, ...documents } = randomPolicies(choose)
    const world: World = { ...documents, ...randomRequest(choose, trust) }
    const allowed = (changed: Documents): boolean =>
      decide(requestOf(world), compileAll(changed, { trust })).allow
    told += Number(rule({ choose, documents, trust, allowed, world }))
  }
  assert.ok(told > WORLDS / 400, `the rule had something to say ${told} times`)
}

/** All documents of a world, each replaced. */
function mapDocuments(documents: Documents, change: (document: Document) => Document): Documents {
  const { resource, identity, boundary, session, scps, rcps } = documents
  return {
    ...documents,
    resource: resource && change(resource),
    identity: identity.map(change),
    boundary: boundary && change(boundary),
    session: session?.map(change),
    scps: scps?.map((level) => level.map(change)),
    rcps: rcps?.map((level) => level.map(change)),
  }
}

function withStatements(
  document: Document,
  change: (list: readonly Statement[]) => readonly Statement[],
): Document {
  return { ...document, Statement: change(document.Statement) }
}

test('adding a Deny anywhere never allows more', () => {
  forWorlds(SEED, ({ choose, documents, allowed }) => {
    const before = allowed(documents)
    const after = mapDocuments(documents, (document) =>
      withStatements(document, (list) =>
        choose.oneIn(2) ? [...list, { ...choose.pick(list), Effect: 'Deny' }] : list,
      ),
    )
    assert.ok(before || !allowed(after))
    return before
  })
})

test('removing an Allow anywhere never allows more', () => {
  forWorlds(SEED + 1, ({ choose, documents, allowed }) => {
    const before = allowed(documents)
    const after = mapDocuments(documents, (document) =>
      withStatements(document, (list) =>
        list.map((statement) => (choose.oneIn(2) ? withoutAllow(statement) : statement)),
      ),
    )
    assert.ok(before || !allowed(after))
    return before
  })
})

/** An Allow as one of something that is never asked: a policy has at least one statement. */
function withoutAllow(statement: Statement): Statement {
  if (statement.Effect === 'Deny') return statement
  const { NotAction: _, ...rest } = statement
  return { ...rest, Action: ['sts:SetContext'] }
}

test('removing a grant or a policy that denies nothing never allows more; one level more never does either', () => {
  forWorlds(SEED + 2, ({ documents, allowed }) => {
    const before = allowed(documents)
    const identity = documents.identity.filter(({ Statement }) =>
      Statement.some(({ Effect }) => Effect === 'Deny'),
    )
    assert.ok(before || !allowed({ ...documents, identity }))
    assert.ok(before || !allowed({ ...documents, scps: [...(documents.scps ?? []), []] }))
    assert.ok(before || !allowed({ ...documents, rcps: [...(documents.rcps ?? []), []] }))
    assert.ok(before || !allowed({ ...documents, grants: [] }))
    return before
  })
})

test('a session never exceeds its role', () => {
  forWorlds(SEED + 3, ({ documents, allowed, world }) => {
    if (world.request.principal.type !== 'AssumedRole') return false
    const role = allowed({ ...documents, session: undefined })
    const session = allowed(documents)
    assert.ok(role || !session)
    return session && documents.session !== undefined
  })
})

test('a bounded principal never exceeds one without a boundary', () => {
  forWorlds(SEED + 4, ({ documents, allowed }) => {
    const bounded = allowed(documents)
    assert.ok(allowed({ ...documents, boundary: undefined }) || !bounded)
    return bounded && documents.boundary !== undefined
  })
})

test('a grantee never exceeds the grant: it allows no one else, and nothing that is denied', () => {
  forWorlds(SEED + 5, ({ documents, world, trust, allowed }) => {
    const closed = { ...documents, resource: undefined }
    const policies = compileAll(closed, { trust })
    const { decision, grants } = explainDecision(requestOf(world), policies)
    if (trust || world.request.resource === '*') return false
    const named = grants.some(({ naming }) => naming !== 'None')
    const isKey = world.request.resource.includes(':key/')
    if (isKey) assert.ok(named || !decision.allow)
    const open = allowed(documents)
    const without = allowed({ ...documents, grants: [] })
    assert.ok(named || open === without)
    return isKey && decision.allow
  })
})

test('smallestChange is proved by replay: with all of it the request is allowed, with any part left out it is not', () => {
  forWorlds(SEED + 6, ({ documents, trust, world }) => {
    const policies = compileAll(documents, { trust })
    const asked = requestOf(world)
    const changes = smallestChange(asked, policies)
    if (changes === undefined || changes.length === 0) return false
    assert.ok(decide(withSent(asked, changes), withChanges(policies, changes)).allow)
    for (const left of changes.keys()) {
      const others: typeof changes = changes.filter((_, at) => at !== left)
      assert.ok(!decide(withSent(asked, others), withChanges(policies, others)).allow)
    }
    return true
  })
})

test('smallestChange has an answer for every refusal but those that no policy settles', () => {
  let atOdds = 0
  forWorlds(SEED + 7, ({ documents, trust, world }) => {
    const asked = requestOf(world)
    const policies = compileAll(documents, { trust })
    const changes = smallestChange(asked, policies)
    if (changes !== undefined) return false
    const { principal, resource, resourceAccount, action } = world.request
    const foreign = 'account' in principal && principal.account !== resourceAccount
    const withoutPolicy = !resource.includes(':key/') && !trust
    const noIdentity = principal.type === 'Service' || principal.type === 'WebIdentity'
    const isSettled =
      action === 'kms:RetireGrant' ||
      (foreign && action === 'kms:DisableKey') ||
      (withoutPolicy && (foreign || noIdentity))
    if (isSettled) return true
    // Statements that allow under conditions which no one call meets: nothing is proposed that drops them.
    assert.ok(nearMisses(asked, policies).some(({ statement }) => canBeMet(statement, asked, policies)))
    atOdds += 1
    return true
  })
  assert.ok(atOdds < WORLDS / 200, `${atOdds} worlds`)
})

test('the statement that settled a decision is one that matched', () => {
  forWorlds(SEED + 8, ({ world, documents, trust }) => {
    const policies = compileAll(documents, { trust })
    const { decision, policies: traces } = explainDecision(requestOf(world), policies)
    const reason = decision.allow ? decision.by : decision.why
    if (reason.kind !== 'Statement' && reason.kind !== 'ExplicitDeny') return false
    const found = traces
      .filter(({ kind }) => kind === reason.policy)
      .flatMap(({ statements }) => statements.filter(({ source }) => source === reason.statement))
    assert.ok(found.length > 0)
    for (const { matched, effect } of found) {
      assert.ok(matched)
      assert.equal(effect, decision.allow ? 'Allow' : 'Deny')
    }
    return true
  })
})
