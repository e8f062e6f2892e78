import { type CompiledPolicy, compilePolicy } from '../../policy/compile.ts'
import { parsePolicy } from '../../policy/parse.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind } from '../../store/records.ts'

/** A service or resource control policy. Partition: {@link CONTROL_POLICIES}; name: its name. */
export type ControlPolicyValue = { readonly format: 1; readonly document: string; readonly createdAt: number }

/** Policies for the principals of accounts, and for the resources of accounts. */
export type ControlType = 'scp' | 'rcp'

/** The one partition of control policies of a type. */
export const CONTROL_POLICIES = 'all'

/** The facts of a type of control policies. */
export type ControlFacts = {
  readonly kind: Kind<ControlPolicyValue>
  /** Its name in messages. */
  readonly title: string
  /**
   * The policy that allows everything. Service control policies can be without it, resource control policies
   * never.
   */
  readonly fullAccess: string
  readonly detachable: boolean
}

/** Source: AWS Organizations User Guide, "Service control policies" and "Resource control policies". */
export const CONTROLS: Readonly<Record<ControlType, ControlFacts>> = {
  scp: {
    kind: kindOfFormat1('scp'),
    title: 'service control policy',
    fullAccess: 'FullAWSAccess',
    detachable: true,
  },
  rcp: {
    kind: kindOfFormat1('rcp'),
    title: 'resource control policy',
    fullAccess: 'RCPFullAWSAccess',
    detachable: false,
  },
}

/** A target of policies: a root, a unit or an account. Names; none for the policy that allows everything. */
export type ControlTarget = {
  /** Without it, `FullAWSAccess` alone. */
  readonly scps?: readonly string[]
  /** Without `RCPFullAWSAccess`, which every target has. */
  readonly rcps?: readonly string[]
}

/** The names of a target's policies, including the one that allows everything. */
export function attachedTo(target: ControlTarget, type: ControlType): readonly string[] {
  const { fullAccess } = CONTROLS[type]
  return type === 'scp' ? (target.scps ?? [fullAccess]) : [fullAccess, ...(target.rcps ?? [])]
}

/** Whether only the policy that allows everything is attached. */
export function isOpen(target: ControlTarget, type: ControlType): boolean {
  const names = attachedTo(target, type)
  return names.length === 1 && names[0] === CONTROLS[type].fullAccess
}

const FULL_ACCESS: Readonly<Record<ControlType, CompiledPolicy>> = {
  scp: compile(
    'scp',
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
    CONTROLS.scp.fullAccess,
  ),
  rcp: compile(
    'rcp',
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}',
    CONTROLS.rcp.fullAccess,
  ),
}

const COMPILED = new WeakMap<ControlPolicyValue, CompiledPolicy>()

/** The policy that allows everything. */
export function fullAccessPolicy(type: ControlType): CompiledPolicy {
  return FULL_ACCESS[type]
}

/** A policy, compiled once for each version of its record. */
export function controlPolicy(type: ControlType, name: string, value: ControlPolicyValue): CompiledPolicy {
  const known = COMPILED.get(value)
  if (known !== undefined) return known
  const compiled = compile(type, value.document, name)
  COMPILED.set(value, compiled)
  return compiled
}

function compile(type: ControlType, text: string, name: string): CompiledPolicy {
  return compilePolicy(parsePolicy(text, { flavour: type }), { name })
}
