/** For tests: a server whose console knows an OpenID provider, and roles that trust it. */

import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { TestCertificate } from './certificate.ts'
import { CLIENT } from './oidc-issuer.ts'
import { startServer, type TestServer, temporaryFolder } from './server.ts'

const ACCOUNT = '000000000000'

type Issuer = { readonly url: string }

/** The name of the provider on the sign-in page. */
export const PROVIDER = 'Example SSO'

/** The name of one that its account does not have in IAM. */
export const UNKNOWN_PROVIDER = 'Unknown to IAM'

/** Starts a server whose console signs people in with a provider. Its port has to be known before. */
export async function startOidcServer(
  issuer: Issuer,
  { certFile }: TestCertificate,
  environment: Readonly<Record<string, string>> = {},
  givenPort?: number,
): Promise<TestServer> {
  const folder = await temporaryFolder()
  const file = join(folder, 'sign-in.json')
  const port = givenPort ?? (await freePort())
  const known = { issuer: issuer.url, clientId: CLIENT.id, clientSecretFile: 'secret' }
  await writeFile(join(folder, 'secret'), `${CLIENT.secret}\n`)
  await writeFile(
    file,
    JSON.stringify({
      consoleUrl: `http://127.0.0.1:${port}`,
      providers: [
        { ...known, name: PROVIDER, account: ACCOUNT, scopes: ['email'], sessionNameClaim: 'email' },
        { ...known, name: UNKNOWN_PROVIDER, id: 'other', account: '111122223333' },
      ],
    }),
  )
  return startServer({
    environment: {
      HOLDFAST_CONSOLE: 'on',
      HOLDFAST_LISTEN: `127.0.0.1:${port}`,
      HOLDFAST_CONSOLE_SIGN_IN: file,
      NODE_EXTRA_CA_CERTS: certFile,
      ...environment,
    },
  })
}

/** The trust policy of a role for people of a group. */
export function trustGroup(issuer: Issuer, group: string): string {
  const name = issuer.url.replace('https://', '')
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${name}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: { [`${name}:aud`]: CLIENT.id },
        'ForAnyValue:StringEquals': { [`${name}:groups`]: group },
      },
    },
  })
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
