// An OpenID provider of others (oidc-provider) on a free port of this machine, with pages on which everybody can sign in.
// It says its address on the first line, and ends with its standard input.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import Provider from 'oidc-provider'

const { CERT_FILE, KEY_FILE, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env

/** The groups of each person; the name is what the person signs in with. */
const GROUPS = { ada: ['readers'], grace: ['readers', 'admins'], mallory: ['strangers'] }

const server = createServer({ cert: readFileSync(CERT_FILE), key: readFileSync(KEY_FILE) })
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://localhost:${server.address().port}`
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'one' }
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI] }],
    jwks: { keys: [jwk] },
    cookies: { keys: ['a key of the cookies of this run'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified', 'groups'] },
    conformIdTokenClaims: false,
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({
        sub,
        email: `${sub}@example.com`,
        email_verified: true,
        groups: GROUPS[sub] ?? [],
      }),
    }),
  })
  server.on('request', provider.callback())
  process.stdout.write(`${issuer}\n`)
})
process.stdin.resume()
process.stdin.once('end', () => process.exit(0))
