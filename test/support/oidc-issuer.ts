/** For tests: a small OpenID provider with real keys, codes and PKCE, over TLS. */

import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { TestCertificate } from './certificate.ts'

/** The client that the provider knows. */
export const CLIENT = { id: 'holdfast-console', secret: 'a secret: of/the client' }

/** What a test changes of the provider's answers. */
type Misbehaviour = {
  /** Claims of the ID token. */
  readonly claims?: JWTPayload
  readonly key?: CryptoKey
  /** Members of the metadata. */
  readonly metadata?: object
  /** The issuer in the redirect. */
  readonly iss?: string
  /** The status of the token endpoint. */
  readonly tokenStatus?: number
}

/** A running provider. */
export type OidcIssuer = AsyncDisposable & {
  readonly url: string
  /** Paths that were asked for. */
  readonly asked: readonly string[]
  /** The claims of the person who signs in next. */
  readonly person: (claims: JWTPayload) => void
  readonly misbehave: (how: Misbehaviour) => void
  /** Signs in the person at an address of the authorization endpoint. Returns the address of the redirect. */
  readonly authorize: (location: string) => Promise<URL>
}

type Issued = { readonly parameters: URLSearchParams; readonly claims: JWTPayload }

/** Starts a provider. */
export async function openOidcIssuer({ cert, keyFile }: TestCertificate): Promise<OidcIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }
  const codes = new Map<string, Issued>()
  const asked: string[] = []
  let claims: JWTPayload = { sub: 'nobody' }
  let misbehaviour: Misbehaviour = {}

  const redirectFor = (parameters: URLSearchParams): URL => {
    const code = randomUUID()
    codes.set(code, { parameters, claims })
    const to = new URL(parameters.get('redirect_uri') ?? '')
    to.searchParams.set('code', code)
    to.searchParams.set('state', parameters.get('state') ?? '')
    to.searchParams.set('iss', misbehaviour.iss ?? url)
    return to
  }
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { pathname, searchParams } = new URL(request.url ?? '', url)
    asked.push(pathname)
    switch (pathname) {
      case '/.well-known/openid-configuration':
        return json(200, { ...metadataOf(url), ...misbehaviour.metadata })
      case '/keys':
        return json(200, { keys: [jwk] })
      case '/authorize':
        return {
          status: 200,
          headers: { 'content-type': 'text/html' },
          body: loginPage(redirectFor(searchParams)),
        }
      case '/token':
        return token(request)
      case '/favicon.ico':
        return { status: 204, headers: {}, body: '' }
      default:
        return json(404, {})
    }
  }
  const token = async (request: IncomingMessage): Promise<Answer> => {
    const form = new URLSearchParams(await bodyOf(request))
    const issued = codes.get(form.get('code') ?? '')
    // A code works once.
    codes.delete(form.get('code') ?? '')
    if (issued === undefined || !isProven(request, form, issued) || misbehaviour.tokenStatus !== undefined) {
      return json(misbehaviour.tokenStatus ?? 400, { error: 'invalid_grant' })
    }
    const { nonce = '', client_id: audience = '' } = Object.fromEntries(issued.parameters)
    const idToken = await new SignJWT({ nonce, ...issued.claims, ...misbehaviour.claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(misbehaviour.claims?.iss ?? url)
      .setAudience(misbehaviour.claims?.aud ?? audience)
      .setIssuedAt()
      .setExpirationTime(misbehaviour.claims?.exp ?? '5m')
      .sign(misbehaviour.key ?? privateKey)
    return json(200, { id_token: idToken, access_token: 'x', token_type: 'Bearer' })
  }
  const server = createServer({ cert, key: await readFile(keyFile) }, (request, response) => {
    answer(request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      () => response.writeHead(500).end(),
    )
  })
  const url = await listen(server)
  return {
    url,
    asked,
    person: (next) => {
      claims = next
    },
    misbehave: (how) => {
      misbehaviour = how
    },
    authorize: async (location) => {
      const asking = new URL(location)
      assert.equal(asking.origin + asking.pathname, `${url}/authorize`)
      return redirectFor(asking.searchParams)
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

function json(status: number, value: object): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

function metadataOf(url: string): object {
  return {
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/keys`,
    authorization_response_iss_parameter_supported: true,
  }
}

function loginPage(to: URL): string {
  const href = to.href.replaceAll('&', '&amp;')
  return `<!doctype html><title>Provider</title><a href="${href}">I am who I am</a>`
}

/** Whether a request has the secret of the client, and the verifier of the code. Source: RFC 6749; RFC 7636. */
function isProven({ headers }: IncomingMessage, form: URLSearchParams, { parameters }: Issued): boolean {
  const encoded = [CLIENT.id, CLIENT.secret].map((text) =>
    new URLSearchParams({ _: text }).toString().slice(2),
  )
  const basic = `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  return (
    headers.authorization === basic &&
    form.get('grant_type') === 'authorization_code' &&
    form.get('redirect_uri') === parameters.get('redirect_uri') &&
    parameters.get('code_challenge_method') === 'S256' &&
    parameters.get('code_challenge') === challenge
  )
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
