import type { CalledService } from '../sign.ts'
import { CROWD_ACCOUNT, CROWD_POLICY_ARN, CROWD_ROLE_ARN } from './names.ts'
import { keyPolicy, largePolicy } from './policies.ts'

/** A call that could block the event loop in a crowded account. */
export type ExpensiveCall = {
  readonly what: string
  readonly service: CalledService
  readonly operation: string
  readonly body: string
}

/** The most expensive known inputs of operations whose cost grows with the account or the input. */
export function expensiveCalls(keyId: string): readonly ExpensiveCall[] {
  const KeyId = keyId
  return [
    json('kms', 'Encrypt', { KeyId, Plaintext: 'AAAA' }),
    json('kms', 'ListKeys', { Limit: 1000 }),
    json('kms', 'ListAliases', { Limit: 100 }),
    json('kms', 'ListGrants', { KeyId, Limit: 100 }),
    json('kms', 'ListGrants', { KeyId, Limit: 100, GranteePrincipal: CROWD_ROLE_ARN }, 'of a grantee'),
    json('kms', 'ListRetirableGrants', { RetiringPrincipal: CROWD_ROLE_ARN, Limit: 100 }),
    json('kms', 'PutKeyPolicy', { KeyId, Policy: keyPolicy(220) }, '32 KB'),
    json('kms', 'GetKeyPolicy', { KeyId }, '32 KB'),
    json('kms', 'CreateKey', {}),
    json('holdfast', 'GetKeyImpact', { KeyId }),
    json('holdfast', 'GetMaterialUsage', { KeyId }),
    json('holdfast', 'GetUsage', {
      StartTime: lastDay(),
      GroupBy: ['hour', 'key', 'principal', 'operation'],
    }),
    json('cloudtrail', 'LookupEvents', {}),
    ...['ListUsers', 'ListRoles', 'ListGroups', 'ListPolicies', 'GetAccountAuthorizationDetails'].flatMap(
      (operation) => [
        form(operation, { MaxItems: 1000 }, '1,000 items'),
        form(operation, { MaxItems: 1 }, '1 item'),
      ],
    ),
    form('ListRoles', { MaxItems: 1000, PathPrefix: '/none/' }, 'of another path'),
    form('ListEntitiesForPolicy', { PolicyArn: CROWD_POLICY_ARN, MaxItems: 1000 }, '1,000 items'),
    form('ListEntitiesForPolicy', { PolicyArn: CROWD_POLICY_ARN, MaxItems: 1 }, '1 item'),
    form('GetAccountSummary', {}),
    form('SimulateCustomPolicy', { ...pairs(), ...policies(5, 30_000), MaxItems: 1000 }, '10,000 pairs'),
    form('SimulateCustomPolicy', { ...one(), ...policies(5, 130_000) }, '650 KB of policies'),
    form('SimulatePrincipalPolicy', { PolicySourceArn: CROWD_ROLE_ARN, ...pairs(), MaxItems: 1000 }),
    form('GetContextKeysForCustomPolicy', policies(5, 130_000), '650 KB of policies'),
  ]
}

function json(service: CalledService, operation: string, input: object, what = ''): ExpensiveCall {
  return { what, service, operation, body: JSON.stringify(input) }
}

function form(
  operation: string,
  members: Readonly<Record<string, string | number>>,
  what = '',
): ExpensiveCall {
  const body = new URLSearchParams({ Action: operation, Version: '2010-05-08' })
  for (const [name, value] of Object.entries(members)) body.set(name, String(value))
  return { what, service: 'iam', operation, body: body.toString() }
}

function numbered(count: number, textOf: (index: number) => string, name: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${name}.member.${index + 1}`, textOf(index)]),
  )
}

function pairs(): Record<string, string> {
  return {
    ...numbered(100, (index) => `kms:Action${index}`, 'ActionNames'),
    ...numbered(100, (index) => `arn:aws:kms:us-east-1:${CROWD_ACCOUNT}:key/${index}`, 'ResourceArns'),
  }
}

function one(): Record<string, string> {
  return numbered(1, () => 'kms:Encrypt', 'ActionNames')
}

function policies(count: number, chars: number): Record<string, string> {
  return numbered(count, () => largePolicy(chars), 'PolicyInputList')
}

/** One day of calls. At this call rate, a longer period has more counts than one response may sum up. */
function lastDay(): number {
  return Math.floor(Date.now() / 1000) - 86_400
}
