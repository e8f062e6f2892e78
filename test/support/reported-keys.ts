/** For tests: keys, their calls and principals, as the input of reports. */

import type { ReportedKey, ReportedPrincipal } from '../../src/compliance/facts.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import type { TouchRow } from '../../src/store/index-port.ts'

/** The account of all tests. */
export const ACCOUNT = '111122223333'
/** The region of all tests. */
const REGION = 'eu-west-1'
/** 2026-11-25T00:00:00Z, in seconds since 1970. */
export const TODAY = Date.UTC(2026, 10, 25) / 1000
/** One day in seconds. */
export const DAY = 86_400

/** The ARN of a user in the tests' account. */
export function userArn(name: string, account: string = ACCOUNT): string {
  return `arn:aws:iam::${account}:user/${name}`
}

/** Formats a policy with these statements as text. */
export function policyText(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

/** The default key policy. */
export const DEFAULT_POLICY: string = policyText({
  Sid: 'Default',
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'kms:*',
  Resource: '*',
})

/** A key without calls. */
export function testKey(more: Partial<ReportedKey> = {}): ReportedKey {
  const { keyId = '00000000-0000-4000-8000-000000000001', policyText: text = DEFAULT_POLICY } = more
  return {
    arn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`,
    account: ACCOUNT,
    region: REGION,
    keyId,
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    state: 'Enabled',
    description: '',
    createdAt: (TODAY - 365 * DAY) * 1000,
    aliases: [],
    policyText: text,
    policy: parsePolicy(text, { flavour: 'key' }),
    bindings: new Map(),
    rcps: undefined,
    onKey: (keys) => keys,
    rotation: undefined,
    deletionAt: undefined,
    multiRegion: undefined,
    keyStore: undefined,
    materials: [],
    grants: [],
    touches: [],
    ...more,
  }
}

/** Calls of a user on a key, by default one day ago. */
export function testTouch(more: Partial<TouchRow> = {}): TouchRow {
  return {
    account: ACCOUNT,
    principal: userArn('ada'),
    source: 'kms.amazonaws.com',
    operation: 'Decrypt',
    material: '',
    opened: true,
    address: '192.0.2.1',
    failed: false,
    calls: 1,
    firstSecond: TODAY - DAY,
    lastSecond: TODAY - DAY,
    eventId: 'e1',
    ...more,
  }
}

/** A user with an inline policy. */
export function testUser(name: string, text: string, account: string = ACCOUNT): ReportedPrincipal {
  const arn = userArn(name, account)
  const identity = [compilePolicy(parsePolicy(text, { flavour: 'identity' }), { name: 'own' })]
  return {
    arn,
    account,
    principal: { type: 'User', account, arn },
    policies: { identity },
    context: (key) => (key === 'aws:principalarn' ? arn : undefined),
  }
}

/** A grant to a user. */
export function testGrant(grantee: string): ReportedKey['grants'][number] {
  return {
    id: 'a'.repeat(64),
    name: undefined,
    grantee,
    retiring: undefined,
    operations: ['Decrypt'],
    createdAt: TODAY * 1000,
    constrained: false,
  }
}
