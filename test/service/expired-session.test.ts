/** Sessions that are over. The shortest lasts for a quarter of an hour, so the tests seal tokens of the past. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ListUsersCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, EncryptCommand } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { openDeployment } from '../../src/app/deployment.ts'
import { systemRandom } from '../../src/base/ports.ts'
import { parseConfig } from '../../src/config/settings.ts'
import type { TokenSealer } from '../../src/custody/token-sealer.ts'
import { parseToken, sealClaims } from '../../src/iam/sessions/session-token.ts'
import { readEvents } from '../support/audit.ts'
import {
  allow,
  iamClient,
  kmsAs,
  newUser,
  outcomeOf,
  policyText,
  type TestCredentials,
} from '../support/iam.ts'
import { kmsClient } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { assume, newRole, stsClient, trust } from '../support/sts.ts'

let server: TestServer
let sealer: TokenSealer
let session: Required<TestCredentials>
let keyId: string

before(async () => {
  server = await startServer()
  const deployment = await openDeployment(parseConfig({ flags: { data: server.data }, environment: {} }))
  sealer = deployment.tokenSealer
  await deployment.records.close()
  const iam = iamClient(server)
  const ada = await newUser(iam, 'ada', policyText(allow('sts:*')))
  const all = policyText(allow('kms:*'), allow('iam:*'))
  const role = await newRole(iam, 'worker', trust({ AWS: 'arn:aws:iam::000000000000:root' }), all)
  session = await assume(stsClient(server, ada), role)
  const { KeyMetadata } = await kmsClient(server).send(new CreateKeyCommand({}))
  keyId = KeyMetadata?.KeyId ?? ''
})

after(() => server[Symbol.asyncDispose]())

/** The same session, as it would be had it begun and ended so long ago. */
function ended(agoMs: number): Required<TestCredentials> {
  const claims = parseToken(sealer, session.sessionToken)
  assert.ok(claims)
  const expiresAt = Date.now() - agoMs
  const sessionToken = sealClaims(sealer, { ...claims, issuedAt: expiresAt - 3_600_000, expiresAt })
  return { ...session, sessionToken }
}

function encrypt(credentials: TestCredentials): Promise<string> {
  return outcomeOf(
    kmsAs(server, credentials).send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') })),
  )
}

test('a session that is over gets the code by which clients fetch a new one, in each protocol', async () => {
  assert.equal(await encrypt(session), 'allowed')
  const over = ended(1000)
  const expired = 'The security token included in the request is expired'
  assert.equal(await encrypt(over), `ExpiredTokenException 400: ${expired}`)
  assert.equal(
    await outcomeOf(stsClient(server, over).send(new GetCallerIdentityCommand({}))),
    `ExpiredToken 403: ${expired}`,
  )
  assert.equal(
    await outcomeOf(iamClient(server, over).send(new ListUsersCommand({}))),
    `ExpiredToken 403: ${expired}`,
  )
})

test('a token of years ago is still told that it has expired, and the refusal is in the audit log', async () => {
  const over = ended(3 * 365 * 86_400_000)
  assert.match(await encrypt(over), /^ExpiredTokenException 400/)
  const refused = (await readEvents(server.data)).filter(
    ({ errorCode }) => errorCode === 'ExpiredTokenException',
  )
  assert.equal(refused.at(-1)?.eventName, 'Encrypt')
})

test('a session lasts until its last millisecond, and a signature that is wrong hides that it is over', async () => {
  assert.equal(await encrypt(ended(-60_000)), 'allowed')
  const forged = { ...ended(1000), secretAccessKey: 'x'.repeat(40) }
  assert.match(await encrypt(forged), /^InvalidSignatureException 400/)
})

test('what is left of a token, or a token of another deployment, is none', async () => {
  const invalid = 'UnrecognizedClientException 400: The security token included in the request is invalid.'
  const { sessionToken } = session
  for (const token of [
    sessionToken.slice(0, -4),
    sessionToken.slice(4),
    `${sessionToken.slice(0, 40)}AAAA${sessionToken.slice(44)}`,
    Buffer.from(systemRandom.bytes(400)).toString('base64'),
    'x',
  ]) {
    assert.equal(await encrypt({ ...session, sessionToken: token }), invalid)
  }
})
