import { accountRootArn, parseArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import { pattern, text } from '../../api/shapes.ts'
import { findAwsPrincipal } from '../../policy/parse-principal.ts'
import type { GrantParty } from './grant-record.ts'

/** A principal of a request. Source: the service model. */
export const PRINCIPAL = text({ min: 1, max: 256, pattern: pattern('^[\\w+=,.@:/-]+$') })
/** A service of a request. Source: the service model. */
export const SERVICE_PRINCIPAL = text({
  min: 1,
  max: 128,
  pattern: pattern('^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$'),
})

/** Looks up principals by their ARNs and unique ids. */
export type PrincipalNames = {
  /**
   * Whether a principal of a policy exists: an account, user or role by its ARN. Not called for services and
   * `*`.
   */
  readonly principalExists: (arn: string) => Promise<boolean>
  /** The unique id of a user, role or role session that exists; accounts have none. */
  readonly principalId: (arn: string) => Promise<string | undefined>
  /**
   * The name to show for a principal whose ARN was bound to a unique id: its present ARN, or the unique id
   * when it is gone.
   */
  readonly shownName: (arn: string, id: string) => Promise<string>
  /** The ARNs of the existing principals with these unique ids. */
  readonly arnsOfIds: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

/**
 * The name by which parties are compared and found: the bound unique id, an account id, an ARN, or a
 * service's name. No two kinds share a name.
 */
export function partyName(party: GrantParty): string {
  return party.type === 'service' ? party.name : principalName(party.arn, party.id)
}

function principalName(arn: string, id: string | undefined): string {
  if (id !== undefined) return id
  const account = parseArn(arn)?.account ?? ''
  return arn === accountRootArn(account) ? account : arn
}

/** A party as a request names it. */
type NamedParty = { readonly arn: string | undefined; readonly service: string | undefined }

/**
 * Checks the form of a principal: an account, user, role or session by its ARN.
 *
 * @throws InvalidArnException.
 */
export function checkPrincipalArn(arn: string | undefined): void {
  if (arn === undefined) return
  if (arn.startsWith('arn:') && findAwsPrincipal(arn) !== undefined) return
  throw invalidPrincipal(arn)
}

/** The party of a request, bound to its unique id. @throws InvalidArnException when there is none. */
export async function findParty(
  principals: PrincipalNames,
  { arn, service }: NamedParty,
): Promise<GrantParty | undefined> {
  if (service !== undefined) return { type: 'service', name: service }
  if (arn === undefined) return undefined
  if (!(await principals.principalExists(arn))) throw invalidPrincipal(arn)
  const id = await principals.principalId(arn)
  return { type: 'principal', arn, ...(id !== undefined && { id }) }
}

/** The name of a party in a filter. It need not exist any more: then only its unique id finds it. */
export async function wantedName(
  principals: PrincipalNames,
  { arn, service }: NamedParty,
): Promise<string | undefined> {
  if (service !== undefined) return service
  return arn === undefined ? undefined : principalName(arn, await principals.principalId(arn))
}

/** A principal as lists show it: by its unique id if it is gone, or if another has its name. */
export async function shownPrincipal(
  principals: PrincipalNames,
  party: GrantParty | undefined,
): Promise<string | undefined> {
  if (party?.type !== 'principal') return undefined
  const { arn, id } = party
  return id === undefined ? arn : principals.shownName(arn, id)
}

/** A service as lists show it. */
export function shownService(party: GrantParty | undefined): string | undefined {
  return party?.type === 'service' ? party.name : undefined
}

function invalidPrincipal(arn: string): KmsError {
  return new KmsError('InvalidArnException', `ARN does not refer to a valid principal: ${arn}`)
}
