import { type GiveWay, inSlices, neverGiveWay } from '../../base/slices.ts'
import type { AccountPlace, CallerPolicies } from '../../dispatch/caller.ts'
import { type CompiledPolicy, compilePolicy, compilePolicySteps } from '../../policy/compile.ts'
import type { Flavour } from '../../policy/flavour.ts'
import { parsePolicy, parsePolicySteps } from '../../policy/parse.ts'
import type { Records } from '../../store/records.ts'
import type { PoliciesNow } from '../credentials/callers.ts'
import { parseIamArn, pathedArn } from '../entities/arns.ts'
import {
  type EntityValue,
  GROUP,
  POLICY,
  type PolicyValue,
  ROLE,
  type RoleValue,
  read,
  USER,
} from '../iam-records.ts'
import { placeNow } from '../organization/place.ts'
import { findManagedByAws } from './managed-by-aws.ts'
import { isCurrent, noting, type Reader, type Seen } from './seen.ts'

/** The source of the wanted policies. */
export type PolicySource = {
  readonly account: string
  /** Nothing for the root user. */
  readonly entity?: { readonly kind: 'user' | 'role'; readonly id: string }
  /** What was passed when a session was made. */
  readonly session?: { readonly inline: string | undefined; readonly arns: readonly string[] } | undefined
}

type Loaded = {
  readonly place: AccountPlace
  readonly policies: CallerPolicies
  readonly seen: readonly Seen[]
}

/**
 * The policies of a caller, made anew only when one of their records has changed.
 *
 * @param giveWay called while policies are compiled, of which a caller can have 120 KB.
 */
export function policiesNow(
  records: Records,
  source: PolicySource,
  giveWay: GiveWay = neverGiveWay,
): PoliciesNow {
  let loaded: Loaded | undefined
  return () => {
    const place = placeNow(records, source.account)
    if (loaded?.place === place && loaded.seen.every((seen) => isCurrent(records, seen)))
      return loaded.policies
    return load({ records, giveWay }, source, place).then((fresh) => {
      loaded = fresh
      return fresh.policies
    })
  }
}

type LoadDependencies = { readonly records: Records; readonly giveWay: GiveWay }

/** The dependencies of reading and compiling policies. */
type Loader = { readonly reader: Reader; readonly giveWay: GiveWay }

async function load(
  { records, giveWay }: LoadDependencies,
  { account, entity, session }: PolicySource,
  placing: ReturnType<typeof placeNow>,
): Promise<Loaded> {
  const seen: Seen[] = []
  const loader = { reader: noting(records, seen), giveWay }
  const place = await placing
  const own = entity === undefined ? NOTHING : await loadEntity(loader, account, entity)
  const passed = session === undefined ? undefined : await loadSession(loader, account, session)
  return { place, policies: { ...own, session: passed, scps: place.scps, place }, seen }
}

const NOTHING: Pick<CallerPolicies, 'identity' | 'boundary'> = { identity: [] }

async function loadEntity(
  loader: Loader,
  account: string,
  { kind, id }: NonNullable<PolicySource['entity']>,
): Promise<Pick<CallerPolicies, 'identity' | 'boundary'>> {
  const { reader, giveWay } = loader
  const record = kind === 'user' ? await reader(USER, account, id) : await reader(ROLE, account, id)
  if (record === undefined) return NOTHING
  const { value } = record
  const managed = await loadManaged(loader, account, value.attached)
  const identity = [...(await inlinePolicies(value, giveWay)), ...managed]
  for (const groupId of 'groups' in value ? value.groups : []) {
    const group = await reader(GROUP, account, groupId)
    if (group === undefined) continue
    identity.push(...(await inlinePolicies(group.value, giveWay)))
    identity.push(...(await loadManaged(loader, account, group.value.attached)))
  }
  if (value.boundary === undefined) return { identity }
  const [boundary = ALLOWS_NOTHING] = await loadManaged(loader, account, [value.boundary])
  return { identity, boundary }
}

const ALLOWS_NOTHING = compilePolicy({ version: '2012-10-17', id: undefined, statements: [] })

async function loadSession(
  loader: Loader,
  account: string,
  { inline, arns }: NonNullable<PolicySource['session']>,
): Promise<readonly CompiledPolicy[] | undefined> {
  if (inline === undefined && arns.length === 0) return undefined
  const managed = await loadManaged(loader, account, arns)
  if (inline === undefined) return managed
  return [await compileText(inline, 'session', undefined, loader.giveWay), ...managed]
}

/** The present policies of a group. */
export async function groupPolicies(
  records: Records,
  account: string,
  group: EntityValue,
  giveWay: GiveWay = neverGiveWay,
): Promise<readonly CompiledPolicy[]> {
  const reader: Reader = (kind, partition, name) => read(records, kind, partition, name)
  const managed = await loadManaged({ reader, giveWay }, account, group.attached)
  return [...(await inlinePolicies(group, giveWay)), ...managed]
}

/** A managed policy that is gone allows nothing. */
async function loadManaged(
  { reader, giveWay }: Loader,
  account: string,
  arns: readonly string[],
): Promise<readonly CompiledPolicy[]> {
  const policies: CompiledPolicy[] = []
  for (const arn of arns) {
    const known = findManagedByAws(arn)
    if (known !== undefined) {
      policies.push(known.compiled())
      continue
    }
    const parsed = parseIamArn(arn)
    const record = parsed && (await reader(POLICY, account, parsed.name.toLowerCase()))
    if (record !== undefined) policies.push(await managedPolicy(account, record.value, giveWay))
  }
  return policies
}

const INLINE = new WeakMap<EntityValue, readonly CompiledPolicy[]>()
const MANAGED = new WeakMap<PolicyValue, CompiledPolicy>()

/** The inline policies of a user, group or role, compiled once for each version of its record. */
async function inlinePolicies(value: EntityValue, giveWay: GiveWay): Promise<readonly CompiledPolicy[]> {
  const known = INLINE.get(value)
  if (known !== undefined) return known
  const compiled: CompiledPolicy[] = []
  for (const { name, document } of value.inline) {
    compiled.push(await compileText(document, 'identity', name, giveWay))
  }
  INLINE.set(value, compiled)
  return compiled
}

async function managedPolicy(account: string, value: PolicyValue, giveWay: GiveWay): Promise<CompiledPolicy> {
  const known = MANAGED.get(value)
  if (known !== undefined) return known
  const arn = pathedArn(account, 'policy', value)
  const compiled = await compileText(value.document, 'identity', arn, giveWay)
  MANAGED.set(value, compiled)
  return compiled
}

const TRUST = new WeakMap<RoleValue, CompiledPolicy>()

/** The trust policy of a role, compiled once for each version of its record. */
export function trustPolicy(role: RoleValue): CompiledPolicy {
  const known = TRUST.get(role)
  if (known !== undefined) return known
  const bindings = new Map(Object.entries(role.bindings))
  const compiled = compilePolicy(parsePolicy(role.trust, { flavour: 'trust' }), { bindings })
  TRUST.set(role, compiled)
  return compiled
}

/** A policy that was checked when it was put. @param name its name in reasons. */
async function compileText(
  text: string,
  flavour: Flavour,
  name: string | undefined,
  giveWay: GiveWay,
): Promise<CompiledPolicy> {
  const document = await inSlices(parsePolicySteps(text, { flavour }), giveWay)
  return inSlices(compilePolicySteps(document, { name }), giveWay)
}
