import { type CompiledPolicy, compilePolicy } from '../policy/compile.ts'
import { parsePolicy } from '../policy/parse.ts'
import { kindOfFormat1 } from '../store/kind.ts'
import type { Kind } from '../store/records.ts'

/** A service control policy of the organisation. Partition: {@link SCPS}; name: its name. */
export type ScpValue = { readonly format: 1; readonly document: string; readonly createdAt: number }

/** The kind of service control policies. */
export const SCP: Kind<ScpValue> = kindOfFormat1('scp')

/** The one partition of service control policies. */
export const SCPS = 'all'

/** The policy that every account has until it is detached. Source: AWS Organizations User Guide, "SCPs". */
export const FULL_ACCESS_NAME = 'FullAWSAccess'

const FULL_ACCESS = compile(
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  FULL_ACCESS_NAME,
)

const COMPILED = new WeakMap<ScpValue, CompiledPolicy>()

/** A service control policy that an account has, compiled once. One that is gone allows nothing. */
export function scpPolicy(name: string, value: ScpValue | undefined): CompiledPolicy {
  if (name === FULL_ACCESS_NAME) return FULL_ACCESS
  if (value === undefined) return compilePolicy({ version: '2012-10-17', id: undefined, statements: [] })
  const known = COMPILED.get(value)
  if (known !== undefined) return known
  const compiled = compile(value.document, name)
  COMPILED.set(value, compiled)
  return compiled
}

function compile(text: string, name: string): CompiledPolicy {
  return compilePolicy(parsePolicy(text, { flavour: 'scp' }), { name })
}
