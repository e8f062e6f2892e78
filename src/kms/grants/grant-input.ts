import { KmsError } from '../../api/errors.ts'
import {
  type Input,
  list,
  type Members,
  oneOf,
  optional,
  pattern,
  structure,
  text,
  textMap,
} from '../../api/shapes.ts'
import type { Call } from '../../dispatch/operation.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { contextBytes } from '../cryptography/encryption-context.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID } from '../key-operation.ts'
import { encryptionContextKeys, entriesContext } from '../keys/key-context.ts'
import { checkPrincipalArn, PRINCIPAL, SERVICE_PRINCIPAL } from './grant-party.ts'
import { GRANT_OPERATIONS, type GrantConstraints, type GrantOperation } from './grant-record.ts'
import { checkConstraints } from './grant-rules.ts'

/** A grant id of a request. Source: the service model. */
export const GRANT_ID = text({ min: 1, max: 128 })

/** The input of CreateGrant. Source: the service model; that the list is not empty, its documentation. */
export const CREATE_GRANT_INPUT = {
  KeyId: KEY_ID,
  GranteePrincipal: optional(PRINCIPAL),
  GranteeServicePrincipal: optional(SERVICE_PRINCIPAL),
  RetiringPrincipal: optional(PRINCIPAL),
  RetiringServicePrincipal: optional(SERVICE_PRINCIPAL),
  Operations: list(oneOf(...GRANT_OPERATIONS), { min: 1 }),
  Constraints: optional(
    structure({
      EncryptionContextSubset: optional(textMap()),
      EncryptionContextEquals: optional(textMap()),
      SourceArn: optional(
        text({
          min: 20,
          max: 512,
          pattern: pattern('^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$'),
        }),
      ),
    }),
  ),
  GrantTokens: GRANT_TOKENS,
  Name: optional(text({ min: 1, max: 256, pattern: pattern('^[a-zA-Z0-9:/_-]+$') })),
  DryRun: DRY_RUN,
} satisfies Members

/** The input of CreateGrant. */
export type CreateGrantInput = Input<typeof CREATE_GRANT_INPUT>

/** The operations that a request lists, each once. */
export function operationsOf({ Operations }: CreateGrantInput): readonly GrantOperation[] {
  return [...new Set(Operations)]
}

/** The constraints of a request. A subset of no pairs always holds: it is none. */
export function constraintsOf({ Constraints = {} }: CreateGrantInput): GrantConstraints {
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset, SourceArn } = Constraints
  return {
    ...(equals !== undefined && { equals: [...equals] }),
    ...(subset !== undefined && subset.size > 0 && { subset: [...subset] }),
    ...(SourceArn !== undefined && { sourceArn: SourceArn }),
  }
}

/**
 * Checks that need neither the key nor the principals.
 *
 * @throws ValidationException, InvalidArnException.
 */
export function checkGrantInput(input: CreateGrantInput): void {
  const { GranteePrincipal, GranteeServicePrincipal, RetiringPrincipal, RetiringServicePrincipal } = input
  if ((GranteePrincipal === undefined) === (GranteeServicePrincipal === undefined)) throw invalid(ONE_GRANTEE)
  const retired = RetiringPrincipal !== undefined || RetiringServicePrincipal !== undefined
  if (RetiringPrincipal !== undefined && RetiringServicePrincipal !== undefined) throw invalid(ONE_RETIRING)
  const { Constraints } = input
  if (GranteeServicePrincipal !== undefined && !(retired && Constraints?.SourceArn !== undefined)) {
    throw invalid(SERVICE_GRANTEE)
  }
  checkPrincipalArn(GranteePrincipal)
  checkPrincipalArn(RetiringPrincipal)
  checkConstraints(constraintsOf(input))
  // A constraint that no encryption context can meet is a mistake, whatever its size.
  contextBytes(Constraints?.EncryptionContextEquals)
  contextBytes(Constraints?.EncryptionContextSubset)
}

const ONE_GRANTEE = 'Exactly one of GranteePrincipal and GranteeServicePrincipal must be specified.'
const ONE_RETIRING = 'RetiringPrincipal and RetiringServicePrincipal cannot be specified together.'
const SERVICE_GRANTEE =
  'A grant for a GranteeServicePrincipal needs a SourceArn constraint, and a RetiringPrincipal or RetiringServicePrincipal.'

function invalid(message: string): KmsError {
  return new KmsError('ValidationException', message)
}

const FOR_AWS_RESOURCE = entriesContext({ 'kms:grantisforawsresource': 'true' })
const NOT_FOR_AWS_RESOURCE = entriesContext({ 'kms:grantisforawsresource': 'false' })

/**
 * Whether a service makes or ends a grant for a resource that it runs. Source: AWS KMS Developer Guide, "AWS
 * KMS condition keys".
 */
export function forAwsResource({ caller }: Call): ContextLookup {
  return caller.via === undefined ? NOT_FOR_AWS_RESOURCE : FOR_AWS_RESOURCE
}

/** The condition keys of CreateGrant. */
export function createGrantContext(input: CreateGrantInput, call: Call): ContextLookup {
  const constraints = constraintsOf(input)
  const entries = entriesContext({
    'kms:grantoperations': operationsOf(input),
    'kms:granteeprincipal': input.GranteePrincipal,
    'kms:granteeserviceprincipal': input.GranteeServicePrincipal,
    'kms:retiringprincipal': input.RetiringPrincipal,
    'kms:retiringserviceprincipal': input.RetiringServicePrincipal,
    'kms:grantconstraintsourcearn': constraints.sourceArn,
  })
  return constraintContext(constraints, (name) => entries(name) ?? forAwsResource(call)(name))
}

/** The condition keys of a grant's encryption context constraints. */
export function constraintContext({ equals, subset }: GrantConstraints, more: ContextLookup): ContextLookup {
  const types = [
    ...(equals === undefined ? [] : ['EncryptionContextEquals']),
    ...(subset === undefined ? [] : ['EncryptionContextSubset']),
  ]
  const pairs = new Map([...(equals ?? []), ...(subset ?? [])])
  return encryptionContextKeys(pairs, (name) => (name === 'kms:grantconstrainttype' ? types : more(name)))
}
