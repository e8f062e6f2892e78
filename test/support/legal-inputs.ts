/** For tests: an input of an operation that its facts allow, whether or not the named resources exist. */

import type { ShapeData } from '../../src/api/shapes.ts'
import type { Operation } from '../../src/dispatch/operation.ts'
import { policyText } from './iam.ts'
import { REGION } from './kms.ts'
import type { FormValue } from './query.ts'

const ACCOUNT = '000000000000'
const POLICY = policyText({ Effect: 'Allow', Action: 'kms:*', Resource: '*' })

/** Legal values of members whose shape does not suffice. */
export const LEGAL_VALUES: Readonly<Record<string, FormValue>> = {
  AccessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
  AccountId: '111122223333',
  AuthenticationCode1: '123456',
  AuthenticationCode2: '654321',
  ActionNames: ['kms:Encrypt'],
  AWSServiceName: 'spot.amazonaws.com',
  Day: '2026-11-25',
  DeletionTaskId: 'task/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot/1',
  AssumeRolePolicyDocument: POLICY,
  DestinationParentId: 'r-a1b2',
  EncodedMessage: 'message',
  OpenIDConnectProviderArn: `arn:aws:iam::${ACCOUNT}:oidc-provider/none.example.com`,
  OrganizationalUnitId: 'ou-a1b2-c3d4e5f6',
  PermissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
  PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/none`,
  PolicyDocument: POLICY,
  PolicyInputList: [POLICY],
  PolicySourceArn: `arn:aws:iam::${ACCOUNT}:user/none`,
  ResourceId: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/none`,
  ResourceIdList: [`arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/none`],
  RoleArn: `arn:aws:iam::${ACCOUNT}:role/none`,
  SAMLProviderArn: `arn:aws:iam::${ACCOUNT}:saml-provider/none`,
  SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/none`,
  ThumbprintList: ['a'.repeat(40)],
  Url: 'https://new.example.com',
  VersionId: 'v1',
  WebIdentityToken: 'a.b.c',
}

/** The required members of an operation, and a user name where it accepts one. */
export function legalInput({ members }: Operation): Record<string, FormValue> {
  const input: Record<string, FormValue> = {}
  for (const [name, { data, required }] of Object.entries(members)) {
    if (required || name === 'UserName') input[name] = LEGAL_VALUES[name] ?? legalValue(data)
  }
  return input
}

function legalValue(data: ShapeData): FormValue {
  switch (data.type) {
    case 'text':
      return 'none'.padEnd(data.min ?? 0, 'x')
    case 'enum':
      return data.values[0] ?? ''
    case 'integer':
      return data.min ?? 0
    case 'boolean':
      return true
    case 'list':
      return [legalValue(data.of)]
    case 'structure': {
      const members = Object.entries(data.members).filter(([, member]) => member.required)
      return Object.fromEntries(members.map(([name, member]) => [name, legalValue(member.data)]))
    }
    case 'timestamp':
      return 0
    case 'blob':
      return 'AAAA'
    case 'map':
      throw new Error(`no rule for a required member of type ${data.type}`)
  }
}
