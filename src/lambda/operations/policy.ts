import { accountRootArn } from '../../api/arn.ts'
import { oneOf, optional, pattern, text } from '../../api/shapes.ts'
import { namedPrincipals, parsePolicy } from '../../policy/parse.ts'
import { renamePrincipals } from '../../policy/principal-names.ts'
import { isServicePrincipal } from '../../policy/service-principal.ts'
import { PolicySyntaxError } from '../../policy/syntax-error.ts'
import { replace } from '../../store/records.ts'
import { type Found, findFunction, permissionOn, present } from '../access.ts'
import { type LambdaCall, lambdaOperation } from '../call.ts'
import { FUNCTION_NAME, QUALIFIER } from '../configuration.ts'
import { policyText } from '../function-policies.ts'
import type { FunctionPolicy } from '../function-record.ts'
import { invalidParameter, LambdaError } from '../lambda-error.ts'

/** Source: AWS Lambda Developer Guide, "Lambda quotas". */
const POLICY_MAX_BYTES = 20_480
const STATEMENT_ID = text({ min: 1, max: 100, pattern: pattern('([a-zA-Z0-9-_]+)') })
const REVISION = optional(text({ max: 64 }))
const NAMED = { FunctionName: FUNCTION_NAME, Qualifier: QUALIFIER }

const ADD = {
  ...NAMED,
  StatementId: STATEMENT_ID,
  Action: text({ max: 256, pattern: pattern('(lambda:[*]|lambda:[a-zA-Z]+|[*])') }),
  Principal: text({ min: 1, max: 2048, pattern: pattern('[^\\s]+') }),
  SourceArn: optional(text({ max: 2048, pattern: pattern('arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:.*') })),
  SourceAccount: optional(text({ max: 12, pattern: pattern('\\d{12}') })),
  PrincipalOrgID: optional(text({ min: 12, max: 34, pattern: pattern('o-[a-z0-9]{10,32}') })),
  EventSourceToken: optional(text({ max: 256, pattern: pattern('[a-zA-Z0-9._\\-]+') })),
  FunctionUrlAuthType: optional(oneOf('NONE', 'AWS_IAM')),
  RevisionId: REVISION,
}

/** Adds a statement to the policy of a function. Source: Lambda API Reference, "AddPermission". */
export const addPermission = lambdaOperation({
  name: 'AddPermission',
  eventName: 'AddPermission20150331v2',
  readOnly: false,
  body: 'json',
  members: ADD,
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName, input.Qualifier)
    const { dependencies } = call
    return {
      permissions: [
        permissionOn(found, 'AddPermission', call, (key) =>
          key === 'lambda:principal' ? input.Principal : undefined,
        ),
      ],
      run: async () => {
        const record = present(found)
        ofOwner(call, found)
        const { policy } = record.value
        checkRevision(input.RevisionId, policy)
        if (policy !== undefined && Object.hasOwn(policy.statements, input.StatementId)) {
          throw new LambdaError(
            'ResourceConflictException',
            `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
          )
        }
        if (input.EventSourceToken !== undefined || input.FunctionUrlAuthType !== undefined) {
          throw invalidParameter('EventSourceToken and FunctionUrlAuthType are not offered by Holdfast.')
        }
        const statement = JSON.stringify(statementOf(input, found.named.arn))
        const next: FunctionPolicy = {
          statements: { ...policy?.statements, [input.StatementId]: statement },
          principalIds: { ...policy?.principalIds, ...(await principalIdsOf(call, statement)) },
          revisionId: dependencies.random.uuid(),
        }
        if (Buffer.byteLength(policyText(next)) > POLICY_MAX_BYTES) {
          throw new LambdaError(
            'PolicyLengthExceededException',
            'The final policy size is bigger than the limit (20480).',
          )
        }
        return {
          answer: { status: 201, body: { Statement: statement } },
          changes: [replace(record, { ...record.value, policy: next })],
          event: { response: { statement } },
        }
      },
    }
  },
})

/** Only principals of the account of a function change its policy. */
function ofOwner({ caller }: LambdaCall, { named }: Found): void {
  if (caller.account === named.account) return
  throw new LambdaError(
    'AccessDeniedException',
    `User: ${caller.arn} is not authorized to change the policy of resource: ${named.arn}`,
  )
}

/** @throws LambdaError PreconditionFailedException. */
function checkRevision(given: string | undefined, policy: FunctionPolicy | undefined): void {
  if (given === undefined || given === policy?.revisionId) return
  throw new LambdaError(
    'PreconditionFailedException',
    'The RevisionId provided does not match the latest RevisionId of the policy.',
  )
}

type Granted = {
  readonly StatementId: string
  readonly Action: string
  readonly Principal: string
  readonly SourceArn?: string | undefined
  readonly SourceAccount?: string | undefined
  readonly PrincipalOrgID?: string | undefined
}

function statementOf(input: Granted, resource: string): object {
  const { SourceArn, SourceAccount, PrincipalOrgID } = input
  const equal = {
    ...(SourceAccount !== undefined && { 'AWS:SourceAccount': SourceAccount }),
    ...(PrincipalOrgID !== undefined && { 'aws:PrincipalOrgID': PrincipalOrgID }),
  }
  const conditions = {
    ...(Object.keys(equal).length > 0 && { StringEquals: equal }),
    ...(SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': SourceArn } }),
  }
  return {
    Sid: input.StatementId,
    Effect: 'Allow',
    Principal: principalOf(input.Principal),
    Action: input.Action,
    Resource: resource,
    ...(Object.keys(conditions).length > 0 && { Condition: conditions }),
  }
}

function principalOf(text: string): unknown {
  if (text === '*') return '*'
  if (/^\d{12}$/.test(text)) return { AWS: accountRootArn(text) }
  if (text.startsWith('arn:')) return { AWS: text }
  if (isServicePrincipal(text)) return { Service: text }
  throw invalidPrincipal()
}

function invalidPrincipal(): LambdaError {
  return invalidParameter('The provided principal was invalid. Please check the principal and try again.')
}

/** The unique ids of the users and roles that a statement names. @throws LambdaError for those that do not exist. */
async function principalIdsOf(
  { dependencies: { principals } }: LambdaCall,
  statement: string,
): Promise<Readonly<Record<string, string>>> {
  const ids: Record<string, string> = {}
  for (const arn of namedPrincipals(parseStatement(statement))) {
    if (!(await principals.exists(arn))) throw invalidPrincipal()
    const id = await principals.idOf(arn)
    if (id !== undefined) ids[arn] = id
  }
  return ids
}

function parseStatement(statement: string) {
  try {
    return parsePolicy(`{"Version":"2012-10-17","Statement":[${statement}]}`, { flavour: 'bucket' })
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw invalidPrincipal()
    throw error
  }
}

/** Removes a statement from the policy of a function. Source: Lambda API Reference, "RemovePermission". */
export const removePermission = lambdaOperation({
  name: 'RemovePermission',
  eventName: 'RemovePermission20150331v2',
  readOnly: false,
  body: 'none',
  members: { ...NAMED, StatementId: STATEMENT_ID, RevisionId: REVISION },
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName, input.Qualifier)
    return {
      permissions: [permissionOn(found, 'RemovePermission', call)],
      run: async () => {
        const record = present(found)
        ofOwner(call, found)
        const { policy } = record.value
        checkRevision(input.RevisionId, policy)
        if (policy === undefined || !Object.hasOwn(policy.statements, input.StatementId)) throw noPolicy()
        const left = Object.entries(policy.statements).filter(([sid]) => sid !== input.StatementId)
        const statements = Object.fromEntries(left)
        const revisionId = call.dependencies.random.uuid()
        const next = left.length === 0 ? undefined : { ...policy, statements, revisionId }
        return {
          answer: { status: 204 },
          changes: [replace(record, { ...record.value, policy: next })],
        }
      },
    }
  },
})

function noPolicy(): LambdaError {
  return new LambdaError('ResourceNotFoundException', 'The resource you requested does not exist.')
}

/** Shows the policy of a function. Source: Lambda API Reference, "GetPolicy". */
export const getPolicy = lambdaOperation({
  name: 'GetPolicy',
  eventName: 'GetPolicy20150331v2',
  readOnly: true,
  body: 'none',
  members: NAMED,
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName, input.Qualifier)
    return {
      permissions: [permissionOn(found, 'GetPolicy', call)],
      run: async () => {
        const { policy } = present(found).value
        if (policy === undefined) throw noPolicy()
        const names = new Map<string, string>()
        for (const [arn, id] of Object.entries(policy.principalIds)) {
          const shown = await call.dependencies.principals.shownName(arn, id)
          if (shown !== arn) names.set(arn, shown)
        }
        const shown = renamePrincipals(policyText(policy), names)
        return { answer: { body: { Policy: shown, RevisionId: policy.revisionId } } }
      },
    }
  },
})
