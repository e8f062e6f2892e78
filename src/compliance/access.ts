import { type CompiledPolicy, compilePolicy } from '../policy/compile.ts'
import type { CompiledStatement } from '../policy/compiled-statement.ts'
import type { ContextLookup } from '../policy/context.ts'
import { decide } from '../policy/decide.ts'
import { startEvaluation } from '../policy/evaluation.ts'
import { splitArn } from '../policy/pattern.ts'
import type { ReportedKey, ReportedPrincipal } from './facts.ts'

/** The operations that use a key, by its usage. Source: AWS KMS Developer Guide, "Permissions reference". */
const USES: Readonly<Record<string, readonly string[]>> = {
  ENCRYPT_DECRYPT: ['Decrypt', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo'],
  SIGN_VERIFY: ['Sign', 'Verify'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret'],
  ENCAPSULATE_DECAPSULATE: ['Decapsulate', 'Encapsulate'],
}
/** The operations that end a key, or change who may use it. */
const ADMINISTRATION = ['PutKeyPolicy', 'ScheduleKeyDeletion', 'DisableKey', 'DeleteImportedKeyMaterial']

/** The permissions of a principal on a key. */
export type Access = {
  readonly principal: ReportedPrincipal
  /** Operations that use it. */
  readonly uses: readonly string[]
  /** Operations that administer it. */
  readonly administration: readonly string[]
}

/**
 * The permissions of principals on a key, by its policy and theirs. They are decided like calls with an otherwise
 * empty request context, so a permission with a condition on the call itself does not count. Grants are ignored.
 */
export function accessTo(key: ReportedKey, principals: readonly ReportedPrincipal[]): readonly Access[] {
  const policy = compiledPolicy(key)
  return principals
    .map((principal) => {
      const may = (operation: string): boolean => isAllowed(key, policy, principal, operation)
      return { principal, uses: usesOf(key).filter(may), administration: ADMINISTRATION.filter(may) }
    })
    .filter(({ uses, administration }) => uses.length + administration.length > 0)
}

/** The operations that use a key of its usage. */
function usesOf({ usage }: Pick<ReportedKey, 'usage'>): readonly string[] {
  return USES[usage] ?? []
}

/** A key's compiled policy. */
export function compiledPolicy({ policy, bindings }: ReportedKey): CompiledPolicy {
  return compilePolicy(policy, { bindings })
}

function isAllowed(
  key: ReportedKey,
  resource: CompiledPolicy,
  { principal, policies, context, account }: ReportedPrincipal,
  operation: string,
): boolean {
  const keys = key.onKey(context)
  const known: ContextLookup = (name) => (name === 'kms:calleraccount' ? account : keys(name))
  const request = {
    principal,
    action: `kms:${operation}`,
    resource: key.arn,
    resourceAccount: key.account,
    context: known,
  }
  return decide(request, { ...policies, resource, rcps: key.rcps }).allow
}

/** Whether a statement of a key's policy covers the key as a resource. */
export function coversKey(statement: CompiledStatement, key: Pick<ReportedKey, 'arn'>): boolean {
  return statement.resources(
    { text: key.arn, parts: splitArn(key.arn) },
    startEvaluation(() => undefined),
  )
}

/**
 * Whether a statement applies to a key: it covers the key as a resource, and an operation that uses or
 * administers it.
 */
export function isAbout(
  statement: CompiledStatement,
  key: ReportedKey,
  { context }: Pick<ReportedPrincipal, 'context'>,
): boolean {
  const evaluation = startEvaluation(context)
  const operations = [...usesOf(key), ...ADMINISTRATION]
  return (
    statement.resources({ text: key.arn, parts: splitArn(key.arn) }, evaluation) &&
    operations.some((operation) => statement.actions(`kms:${operation.toLowerCase()}`, evaluation))
  )
}
