import { atOnce, type Steps } from '../base/slices.ts'
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
  return atOnce(accessSteps(key, principals))
}

/** The same, an operation of a principal at a time. */
export function* accessSteps(
  key: ReportedKey,
  principals: readonly ReportedPrincipal[],
): Steps<readonly Access[]> {
  const policy = compiledPolicy(key)
  const access: Access[] = []
  for (const principal of principals) {
    const allowed = new Set<string>()
    for (const operation of operationsOn(key)) {
      yield
      if (isAllowed(key, policy, principal, operation)) allowed.add(operation)
    }
    if (allowed.size === 0) continue
    const may = (operation: string): boolean => allowed.has(operation)
    access.push({ principal, uses: usesOf(key).filter(may), administration: ADMINISTRATION.filter(may) })
  }
  return access
}

/** The operations that use a key, and those that administer it. */
export function operationsOn(key: Pick<ReportedKey, 'usage'>): readonly string[] {
  return [...usesOf(key), ...ADMINISTRATION]
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
  return (
    statement.resources({ text: key.arn, parts: splitArn(key.arn) }, evaluation) &&
    operationsOn(key).some((operation) => statement.actions(`kms:${operation.toLowerCase()}`, evaluation))
  )
}
