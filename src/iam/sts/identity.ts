import { KmsError } from '../../api/errors.ts'
import { pattern, text } from '../../api/shapes.ts'
import type { Call, Permission } from '../../dispatch/operation.ts'
import { accountOfKeyId } from '../entities/ids.ts'
import { NO_CHECK, stsOperation } from './sts-operation.ts'

/** Who calls. It needs no permission. Source: STS API Reference, "GetCallerIdentity". */
export const getCallerIdentity = stsOperation(
  {
    name: 'GetCallerIdentity',
    readOnly: true,
    federated: true,
    input: {},
    output: { Account: text(), Arn: text(), UserId: text() },
  },
  ({ call: { caller } }) => ({
    permissions: [],
    check: NO_CHECK,
    run: () => ({
      output: { UserId: String(caller.keys('aws:userid')), Account: caller.account, Arn: caller.arn },
    }),
  }),
)

function permission(call: Call, action: string): Permission {
  const { account } = call.caller
  return { action, resource: '*', account, policy: undefined, context: () => undefined }
}

/** The account of an access key. Source: STS API Reference, "GetAccessKeyInfo". */
export const getAccessKeyInfo = stsOperation(
  {
    name: 'GetAccessKeyInfo',
    readOnly: true,
    input: { AccessKeyId: text({ min: 16, max: 128, pattern: pattern('[\\w]*') }) },
    output: { Account: text() },
  },
  ({ call, input }) => ({
    permissions: [permission(call, 'sts:GetAccessKeyInfo')],
    check: NO_CHECK,
    run: () => {
      const account = accountOfKeyId(input.AccessKeyId)
      if (account === undefined) throw new KmsError('ValidationException', 'Invalid AccessKeyId')
      return { output: { Account: account } }
    },
  }),
)

/**
 * Would decode the messages that some services give with a refusal. None does here, so every message is one that
 * cannot be decoded. Source: STS API Reference, "DecodeAuthorizationMessage".
 */
export const decodeAuthorizationMessage = stsOperation(
  {
    name: 'DecodeAuthorizationMessage',
    readOnly: true,
    input: { EncodedMessage: text({ min: 1, max: 10_240 }) },
    output: { DecodedMessage: text() },
  },
  ({ call }) => ({
    permissions: [permission(call, 'sts:DecodeAuthorizationMessage')],
    check: NO_CHECK,
    run: () => {
      throw new KmsError('InvalidAuthorizationMessageException', 'Message is not valid')
    },
  }),
)
