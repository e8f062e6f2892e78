/** For tests: a legal and a refused call of every STS operation. */

import type { ErrorCode } from '../../src/api/errors.ts'
import type { SampleInput } from './iam-samples.ts'
import type { SampleCaller, StsParts } from './sample-bed.ts'

export type StsSample = {
  readonly valid?: (parts: StsParts) => SampleInput
  /** The reason why no call can succeed. */
  readonly never?: string
  readonly refused: {
    readonly input: (parts: StsParts) => SampleInput
    readonly code: ErrorCode
    readonly as?: SampleCaller
  }
}

const NO_ROLE = 'arn:aws:iam::000000000000:role/none'
const SESSION = { RoleSessionName: 'a-session', DurationSeconds: 900 }

/** Samples by operation. A test fails if an operation has none. */
export const STS_SAMPLES: Readonly<Record<string, StsSample>> = {
  AssumeRole: {
    valid: ({ roleArn }) => ({
      ...SESSION,
      RoleArn: roleArn,
      Tags: [{ Key: 'team', Value: 'a b' }],
      SourceIdentity: 'ada',
    }),
    refused: { input: () => ({ ...SESSION, RoleArn: NO_ROLE }), code: 'AccessDeniedException' },
  },
  AssumeRoleWithWebIdentity: {
    valid: ({ webRoleArn, webToken }) => ({ ...SESSION, RoleArn: webRoleArn, WebIdentityToken: webToken }),
    refused: {
      input: ({ webRoleArn }) => ({ ...SESSION, RoleArn: webRoleArn, WebIdentityToken: 'none' }),
      code: 'InvalidIdentityTokenException',
    },
  },
  DecodeAuthorizationMessage: {
    never: 'no service here gives encoded messages',
    refused: {
      input: () => ({ EncodedMessage: 'message' }),
      code: 'InvalidAuthorizationMessageException',
    },
  },
  GetAccessKeyInfo: {
    valid: ({ accessKeyId }) => ({ AccessKeyId: accessKeyId }),
    refused: {
      input: ({ accessKeyId }) => ({ AccessKeyId: accessKeyId }),
      code: 'AccessDeniedException',
      as: 'nobody',
    },
  },
  GetCallerIdentity: {
    valid: () => ({}),
    refused: { input: () => ({}), code: 'InvalidSignatureException', as: 'forger' },
  },
  GetFederationToken: {
    valid: () => ({
      Name: 'sample-name',
      DurationSeconds: 900,
      PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }],
      Tags: [{ Key: 'team', Value: 'a b' }],
    }),
    refused: { input: () => ({ Name: 'sample-name' }), code: 'AccessDeniedException', as: 'nobody' },
  },
  GetSessionToken: {
    valid: () => ({ DurationSeconds: 900 }),
    refused: {
      input: () => ({ SerialNumber: 'arn:aws:iam::000000000000:mfa/none', TokenCode: '123456' }),
      code: 'AccessDeniedException',
    },
  },
}
