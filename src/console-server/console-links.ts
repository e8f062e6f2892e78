import type { Clock, Random } from '../base/ports.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { CONSOLE_LINK, CONSOLE_LINKS, passwordTime } from '../iam/sessions/console-records.ts'
import { type Change, insert, LIST_MAX_RECORDS, type Records, remove } from '../store/records.ts'

/** A sign-in link is valid for 15 minutes. */
const LINK_LIFETIME_MS = 900_000
const SECRET_BYTES = 32
/** The maximum number of unused links. */
const LINKS_MAX = 100

/** The dependencies of sign-in links. */
export type LinkDependencies = { readonly records: Records; readonly clock: Clock; readonly random: Random }

/** The holder of a sign-in link. */
export type LinkHolder = {
  /** 12 digits. */
  readonly account: string
  /** The user's unique id; absent for the root user. */
  readonly userId?: string | undefined
}

/** A new sign-in link, and the changes that create it. */
export type NewLink = {
  /** The secret of the link. Holdfast stores only its hash. */
  readonly secret: string
  readonly expiresAt: number
  readonly changes: readonly Change[]
}

/** Creates a sign-in link, and removes expired links. @throws Error when too many links are unused. */
export async function newLink(
  { records, clock, random }: LinkDependencies,
  { account, userId }: LinkHolder,
): Promise<NewLink> {
  const now = clock.now()
  const { records: links } = await records.list(CONSOLE_LINK, {
    partition: CONSOLE_LINKS,
    limit: LIST_MAX_RECORDS,
  })
  const expired = links.filter(({ value }) => value.expiresAt <= now)
  if (links.length - expired.length >= LINKS_MAX) {
    throw new Error(
      `${LINKS_MAX} sign-in links are unused: use one of them, or wait until one expires after 15 minutes`,
    )
  }
  const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')
  const expiresAt = now + LINK_LIFETIME_MS
  const passwordAt = await passwordTime(records, account, userId)
  const added = insert(CONSOLE_LINK, CONSOLE_LINKS, linkName(secret), {
    format: 1,
    account,
    ...(userId !== undefined && { userId }),
    ...(passwordAt !== undefined && { passwordAt }),
    expiresAt,
  })
  return { secret, expiresAt, changes: [...expired.map(remove), added] }
}

/** The name of a link's record. */
export function linkName(secret: string): string {
  return sha256Hex(secret)
}

/** The address that a browser opens. The secret stands behind `#`: browsers send that to no server, and no log has it. */
export function linkAddress(endpoint: string, secret: string): string {
  return `${endpoint}/console/#link=${secret}`
}
