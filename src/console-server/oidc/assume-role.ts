import { KmsError } from '../../api/errors.ts'
import { utf8 } from '../../base/bytes.ts'
import { parseJsonText } from '../../base/json-text.ts'
import type { TokenSealer } from '../../custody/token-sealer.ts'
import { findHeader, type WireRequest, type WireResponse } from '../../dispatch/wire.ts'
import { parseToken, type RoleClaims } from '../../iam/sessions/session-token.ts'
import type { TrustingRole } from '../../iam/sign-in/web-identity-sign-in.ts'

/** Answers a call like one from the network: it is decided, limited and recorded as such. */
export type HandleCall = (request: WireRequest) => Promise<WireResponse>

type Dependencies = { readonly handle: HandleCall; readonly sealer: TokenSealer }

/** Source: the service model of STS, `apiVersion`. */
const STS_VERSION = '2011-06-15'

/**
 * Calls AssumeRoleWithWebIdentity for a person, with the address and browser of its request. Returns the claims of the session:
 * its credentials leave the server only when they are bound to the cookie of the browser.
 *
 * @throws AccessDeniedException with the reason of STS.
 */
export async function assumeRole(
  { handle, sealer }: Dependencies,
  { rawHeaders, connection }: WireRequest,
  { token, role }: { readonly token: string; readonly role: TrustingRole },
): Promise<RoleClaims> {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: STS_VERSION,
    RoleArn: role.arn,
    RoleSessionName: role.sessionName,
    DurationSeconds: String(role.seconds),
    WebIdentityToken: token,
  })
  const kept = ['host', 'user-agent'].flatMap((name) => {
    const value = findHeader(rawHeaders, name)
    return value === undefined ? [] : [name, value]
  })
  const type = ['content-type', 'application/x-www-form-urlencoded', 'accept', 'application/json']
  const response = await handle({
    ...{ method: 'POST', target: '/', rawHeaders: [...kept, ...type], connection },
    body: utf8(form.toString()),
  })
  const answer: unknown = parseJsonText(response.body)
  if (response.status !== 200) throw new KmsError('AccessDeniedException', reasonIn(answer))
  const sealed = memberOf(answer, [...PATH, 'SessionToken'])
  const claims = typeof sealed === 'string' ? parseToken(sealer, sealed) : undefined
  if (claims?.type !== 'role')
    throw new Error('AssumeRoleWithWebIdentity answered without a session of a role')
  return claims
}

const PATH = ['AssumeRoleWithWebIdentityResponse', 'AssumeRoleWithWebIdentityResult', 'Credentials']

function reasonIn(answer: unknown): string {
  const message = memberOf(answer, ['Error', 'Message'])
  return typeof message === 'string' ? message : 'The role cannot be assumed.'
}

function memberOf(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
        ? Reflect.get(inner, name)
        : undefined,
    value,
  )
}
