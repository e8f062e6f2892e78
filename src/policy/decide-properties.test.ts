import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  ACCOUNT,
  ALIAS,
  FEDERATED,
  FEDERATED_ARN,
  type Fields,
  FOREIGN_ROOT,
  FOREIGN_USER,
  KEY,
  OTHER,
  policy,
  ROLE_ARN,
  ROOT,
  request,
  SERVICE,
  SESSION,
  SESSION_ARN,
  USER,
  USER_ARN,
} from '../../test/support/policies.ts'
import { type CompiledPolicy, compilePolicy } from './compile.ts'
import { type AccessRequest, decide } from './decide.ts'
import type { Flavour } from './flavour.ts'

const statement = fc.record({
  Effect: fc.constantFrom('Allow', 'Deny'),
  Action: fc.constantFrom('kms:*', 'kms:Encrypt', 'kms:Sign', '*'),
  Resource: fc.constantFrom('*', KEY, ALIAS, 'arn:aws:kms:*:*:key/*'),
  Condition: fc.constantFrom(
    {},
    { StringEquals: { 'a:b': 'x' } },
    { StringNotEquals: { 'a:b': 'x' } },
    { 'ForAllValues:StringLike': { 'a:c': 'y*' } },
  ),
})
const statements = fc.array(statement, { maxLength: 4 })
const names = fc.constantFrom('*', ACCOUNT, OTHER, USER_ARN, ROLE_ARN, SESSION_ARN, FEDERATED_ARN)
const keyStatements = fc.array(
  fc.tuple(statement, names).map(([fields, name]) => ({ ...fields, Principal: { AWS: name } })),
  { maxLength: 4 },
)
const requests = fc
  .tuple(
    fc.constantFrom(ROOT, FOREIGN_ROOT, USER, FOREIGN_USER, SESSION, FEDERATED, SERVICE),
    fc.constantFrom(undefined, 'x', 'y', ['y1', 'z']),
  )
  .map(([principal, value]) => request(principal, { context: () => value }))

type Lists = { readonly resource: readonly Fields[]; readonly others: readonly (readonly Fields[])[] }

const NO_STATEMENTS = compilePolicy({ version: '2012-10-17', id: undefined, statements: [] })

function policyOf(flavour: Flavour, list: readonly Fields[]): CompiledPolicy {
  return list.length === 0 ? NO_STATEMENTS : policy(flavour, ...list)
}

/** Whether the request is allowed; the other lists are identity, boundary, session and control policies. */
function allows(asked: AccessRequest, lists: Lists): boolean {
  const [identity, boundary, session, control] = lists.others.map((list) => policyOf('identity', list))
  const decision = decide(asked, {
    resource: policyOf('key', lists.resource),
    identity: identity === undefined ? [] : [identity],
    boundary,
    session: session === undefined ? undefined : [session],
    scps: control === undefined ? undefined : [[control]],
  })
  return decision.allow
}

const setups = fc.record({ resource: keyStatements, others: fc.array(statements, { maxLength: 4 }) })

const additions = fc.record({ more: statements, where: fc.nat(4), name: names })

test('adding a Deny to any policy never allows more', () => {
  fc.assert(
    fc.property(requests, setups, additions, (asked, lists, { more, where, name }) => {
      const denies = more.map((fields) => ({ ...fields, Effect: 'Deny' }))
      const after: Lists = {
        resource:
          where === 4
            ? [...lists.resource, ...denies.map((fields) => ({ ...fields, Principal: { AWS: name } }))]
            : lists.resource,
        others: lists.others.map((list, index) => (index === where ? [...list, ...denies] : list)),
      }
      assert.ok(allows(asked, lists) || !allows(asked, after))
    }),
    { numRuns: 1000 },
  )
})

test('removing an Allow from any policy never allows more', () => {
  const without = <T extends Fields>(list: readonly T[], at: number): T[] =>
    list.filter((fields, index) => index !== at || fields['Effect'] !== 'Allow')
  fc.assert(
    fc.property(requests, setups, fc.nat(4), fc.nat(3), (asked, lists, where, at) => {
      const after: Lists = {
        resource: where === 4 ? without(lists.resource, at) : lists.resource,
        others: lists.others.map((list, index) => (index === where ? without(list, at) : list)),
      }
      assert.ok(allows(asked, lists) || !allows(asked, after))
    }),
    { numRuns: 1000 },
  )
})
