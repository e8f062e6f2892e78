import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cases } from '../../../test/support/campaign.ts'
import { bedKey, codeOf, type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import {
  ACCOUNT,
  FEDERATED,
  KEY,
  ROLE_ARN,
  ROOT,
  SESSION,
  SESSION_ARN,
  USER,
  USER_ARN,
} from '../../../test/support/policies.ts'
import type { Output } from '../../api/json.ts'
import { defaultKeyPolicy } from '../../policy/key-policy.ts'

/**
 * Random grants and revocations, with calls of several principals in between: each is allowed exactly if a
 * deliberately simple model says so, which knows nothing of records, indexes or policies.
 */

type Context = Readonly<Record<string, string>>
type ModelGrant = {
  readonly grantee: string
  readonly operations: readonly string[]
  readonly constraints: { readonly kind: 'none' | 'equals' | 'subset'; readonly pairs: Context }
}

const CALLERS = { [USER_ARN]: USER, [SESSION_ARN]: SESSION } as const
/** Who is covered by a grant to whom. */
const COVERED_BY: Readonly<Record<string, readonly string[]>> = {
  [USER_ARN]: [USER_ARN],
  [SESSION_ARN]: [SESSION_ARN, ROLE_ARN],
}
const OPERATIONS = ['Encrypt', 'GenerateDataKey', 'DescribeKey'] as const

const context = fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2'), { maxKeys: 2 })
const grant = fc.record({
  grantee: fc.constantFrom(USER_ARN, SESSION_ARN, ROLE_ARN),
  operations: fc.subarray([...OPERATIONS], { minLength: 1 }),
  constraints: fc.record({
    kind: fc.constantFrom('none' as const, 'equals' as const, 'subset' as const),
    pairs: context,
  }),
})
const step = fc.oneof(
  fc.record({ type: fc.constant('grant' as const), grant }),
  fc.record({ type: fc.constant('revoke' as const), which: fc.nat() }),
  fc.record({
    type: fc.constant('call' as const),
    caller: fc.constantFrom(USER_ARN, SESSION_ARN),
    operation: fc.constantFrom(...OPERATIONS),
    given: context,
  }),
)

function allowed(grants: Iterable<ModelGrant>, caller: string, operation: string, given: Context): boolean {
  for (const { grantee, operations, constraints } of grants) {
    if (!COVERED_BY[caller]?.includes(grantee) || !operations.includes(operation)) continue
    if (operation === 'DescribeKey' || constraints.kind === 'none') return true
    const has = Object.entries(constraints.pairs).every(([name, value]) => given[name] === value)
    const same = Object.keys(given).length === Object.keys(constraints.pairs).length
    if (has && (constraints.kind === 'subset' || same)) return true
  }
  return false
}

function constraintsOf({ kind, pairs }: ModelGrant['constraints']): Output {
  if (kind === 'none') return {}
  return {
    Constraints: { [kind === 'equals' ? 'EncryptionContextEquals' : 'EncryptionContextSubset']: pairs },
  }
}

const INPUTS = {
  Encrypt: (EncryptionContext: Context): Output => ({ Plaintext: 'AAAA', EncryptionContext }),
  GenerateDataKey: (EncryptionContext: Context): Output => ({ KeySpec: 'AES_256', EncryptionContext }),
  DescribeKey: (): Output => ({}),
}

async function createGrant(bed: KmsBed, keyId: string, made: ModelGrant): Promise<string> {
  const { grantee, operations, constraints } = made
  const input = { KeyId: keyId, GranteePrincipal: grantee, Operations: operations }
  const { GrantId } = await bed.call(ROOT, 'CreateGrant', { ...input, ...constraintsOf(constraints) })
  return String(GrantId)
}

type Bench = { readonly bed: KmsBed; readonly keyId: string; readonly model: Map<string, ModelGrant> }
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Takes one step, in the service and in the model. */
async function take({ bed, keyId, model }: Bench, next: Step): Promise<void> {
  switch (next.type) {
    case 'grant':
      model.set(await createGrant(bed, keyId, next.grant), next.grant)
      return
    case 'revoke': {
      const GrantId = [...model.keys()][next.which % Math.max(1, model.size)]
      if (GrantId === undefined) return
      await bed.call(ROOT, 'RevokeGrant', { KeyId: keyId, GrantId })
      model.delete(GrantId)
      return
    }
    case 'call': {
      const { caller, operation, given } = next
      const input = { KeyId: keyId, ...INPUTS[operation](given) }
      const code = await codeOf(bed.call(CALLERS[caller], operation, input))
      const expected = allowed(model.values(), caller, operation, given)
      assert.equal(code, expected ? undefined : 'AccessDeniedException')
    }
  }
}

test('a grantee may do exactly what the grants that are there say, after any grants and revocations', async () => {
  await using bed = await openKmsBed()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const keyId = await bedKey(bed, JSON.parse(defaultKeyPolicy(ACCOUNT)))
      const model = new Map<string, ModelGrant>()
      for (const next of steps) await take({ bed, keyId, model }, next)
    }),
    { numRuns: cases({ slice: 10, whole: 40 }) },
  )
})

const ALL = ['Encrypt', 'GenerateDataKey', 'DescribeKey', 'CreateGrant'] as const

test('whoever a grantee passes its grant on to exceeds it in nothing', async () => {
  await using bed = await openKmsBed()
  const childOf = fc.record({
    ...{ operations: fc.subarray([...ALL], { minLength: 1 }) },
    constraints: fc.record({
      kind: fc.constantFrom('none' as const, 'equals' as const, 'subset' as const),
      pairs: context,
    }),
  })
  await fc.assert(
    fc.asyncProperty(grant, childOf, context, async (parent, child, given) => {
      const keyId = await bedKey(bed, JSON.parse(defaultKeyPolicy(ACCOUNT)))
      const from = { ...parent, grantee: USER_ARN, operations: [...parent.operations, 'CreateGrant'] }
      await createGrant(bed, keyId, from)
      const input = { KeyId: keyId, GranteePrincipal: ROLE_ARN, Operations: child.operations }
      const passed = { ...input, ...constraintsOf(child.constraints) }
      const refused = await codeOf(bed.call(USER, 'CreateGrant', passed))
      if (refused !== undefined) {
        assert.equal(refused, 'AccessDeniedException')
        return
      }
      for (const operation of OPERATIONS) {
        const use = { KeyId: keyId, ...INPUTS[operation](given) }
        if ((await codeOf(bed.call(SESSION, operation, use))) !== undefined) continue
        assert.equal(await codeOf(bed.call(USER, operation, use)), undefined, operation)
      }
    }),
    { numRuns: cases({ slice: 25, whole: 100 }) },
  )
})

test('nobody but its grantee gets anything from a grant', async () => {
  await using bed = await openKmsBed()
  const keyId = await bedKey(bed, JSON.parse(defaultKeyPolicy(ACCOUNT)))
  await createGrant(bed, keyId, {
    grantee: `arn:aws:iam::${ACCOUNT}:user/somebody`,
    operations: [...ALL],
    constraints: { kind: 'none', pairs: {} },
  })
  const input = { KeyId: KEY.slice(0, KEY.lastIndexOf('/') + 1) + keyId, Plaintext: 'AAAA' }
  for (const caller of [USER, SESSION, FEDERATED]) {
    assert.equal(await codeOf(bed.call(caller, 'Encrypt', input)), 'AccessDeniedException')
  }
})
