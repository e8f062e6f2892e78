/** Roles for whom an identity provider vouches: tokens of Kubernetes, of a code forge and the like. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CreateOpenIDConnectProviderCommand, type IAMClient } from '@aws-sdk/client-iam'
import { CreateKeyCommand, EncryptCommand } from '@aws-sdk/client-kms'
import {
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  type STSClient,
} from '@aws-sdk/client-sts'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { eventOf, readEvents } from '../support/audit.ts'
import { canMakeCertificates, makeCertificate, type TestCertificate } from '../support/certificate.ts'
import { allow, iamClient, kmsAs, outcomeOf, policyText } from '../support/iam.ts'
import { kmsClient } from '../support/kms.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { given, newRole, stsClient } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const FORGE = 'forge.example.com/ci'
const SUBJECT = 'repo:team/app:ref:refs/heads/main'

let server: TestServer
let iam: IAMClient
let sts: STSClient
let signer: CryptoKey
let stranger: CryptoKey
let role: string

before(async () => {
  const folder = await temporaryFolder()
  const pair = await generateKeyPair('RS256')
  signer = pair.privateKey
  stranger = (await generateKeyPair('RS256')).privateKey
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256' }
  const file = join(folder, 'keys.json')
  await writeFile(file, JSON.stringify({ [`https://${FORGE}`]: { keys: [jwk] } }))
  server = await startServer({ environment: { HOLDFAST_OIDC_KEYS: file } })
  iam = iamClient(server)
  sts = stsClient(server)
  const provider = { Url: `https://${FORGE}`, ClientIDList: ['sts.amazonaws.com'], ThumbprintList: [] }
  await iam.send(new CreateOpenIDConnectProviderCommand(provider))
  role = await newRole(iam, 'deploy', trustOf(FORGE), policyText(allow('kms:*')))
})

after(async () => {
  iam.destroy()
  sts.destroy()
  await server[Symbol.asyncDispose]()
})

function trustOf(issuer: string, ...actions: readonly string[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}` },
      Action: ['sts:AssumeRoleWithWebIdentity', ...actions],
      Condition: {
        StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com' },
        StringLike: { [`${issuer}:sub`]: 'repo:team/*' },
      },
    },
  })
}

type TokenOptions = {
  readonly key?: CryptoKey
  readonly issuer?: string
  readonly subject?: string
  readonly audience?: string | string[]
  readonly seconds?: number
  readonly more?: JWTPayload
}

function tokenOf(options: TokenOptions = {}): Promise<string> {
  const { key = signer, issuer = `https://${FORGE}`, subject = SUBJECT } = options
  const { audience = 'sts.amazonaws.com', seconds = 300, more = {} } = options
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT(more)
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(issuer)
    .setSubject(subject)
    .setAudience(audience)
    .setIssuedAt(now - 600)
    .setExpirationTime(now + seconds)
    .sign(key)
}

function assuming(WebIdentityToken: string, RoleArn = role): Promise<string> {
  const input = { RoleArn, RoleSessionName: 'ci', WebIdentityToken }
  return outcomeOf(sts.send(new AssumeRoleWithWebIdentityCommand(input)))
}

test('a token of a known provider gives a session of the role, which policies know as federated', async () => {
  const answer = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: role,
      RoleSessionName: 'ci',
      WebIdentityToken: await tokenOf(),
    }),
  )
  assert.equal(answer.SubjectFromWebIdentityToken, SUBJECT)
  assert.equal(answer.Audience, 'sts.amazonaws.com')
  assert.equal(answer.Provider, `arn:aws:iam::${ACCOUNT}:oidc-provider/${FORGE}`)
  const credentials = given(answer.Credentials)
  const { KeyMetadata } = await kmsClient(server).send(new CreateKeyCommand({}))
  const kms = kmsAs(server, credentials)
  await kms.send(new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('x') }))
  const { Arn } = await stsClient(server, credentials).send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci`)
  const { userIdentity } = await eventOf(server, answer.$metadata.requestId)
  assert.equal(userIdentity.type, 'WebIdentityUser')
  assert.equal(Reflect.get(userIdentity, 'userName'), SUBJECT)
})

test('what a token says of its subject, audience and methods holds in the policies of its session', async () => {
  const { KeyMetadata } = await kmsClient(server).send(new CreateKeyCommand({}))
  const own: Readonly<Record<string, object>> = {
    sub: { StringLike: { [`${FORGE}:sub`]: 'repo:team/*' } },
    aud: { StringEquals: { [`${FORGE}:aud`]: 'sts.amazonaws.com' } },
    amr: { 'ForAnyValue:StringEquals': { [`${FORGE}:amr`]: 'mfa' } },
    'another sub': { StringLike: { [`${FORGE}:sub`]: 'repo:other/*' } },
    'another claim': { Null: { [`${FORGE}:ref`]: 'false' } },
  }
  const token = await tokenOf({ more: { amr: ['pwd', 'mfa'], ref: 'main' } })
  const outcomes: Record<string, string> = {}
  for (const [what, Condition] of Object.entries(own)) {
    const name = `claims-${what.replace(' ', '-')}`
    const policy = policyText({ Effect: 'Allow', Action: 'kms:*', Resource: '*', Condition })
    const RoleArn = await newRole(iam, name, trustOf(FORGE), policy)
    const input = { RoleArn, RoleSessionName: 'ci', WebIdentityToken: token }
    const { Credentials } = await sts.send(new AssumeRoleWithWebIdentityCommand(input))
    const kms = kmsAs(server, given(Credentials))
    const encrypt = new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('x') })
    outcomes[what] = (await outcomeOf(kms.send(encrypt))).replace(/ .*/s, '')
    kms.destroy()
  }
  const [allowed, refused] = ['allowed', 'AccessDeniedException']
  assert.deepEqual(outcomes, {
    sub: allowed,
    aud: allowed,
    amr: allowed,
    'another sub': refused,
    'another claim': refused,
  })
})

test('a token whose kept claims are too long for a session is refused', async () => {
  const amr = Array.from({ length: 200 }, (_, at) => createHash('sha256').update(`${at}`).digest('hex'))
  assert.equal(
    await assuming(await tokenOf({ more: { amr } })),
    'InvalidIdentityTokenException 400: The sub, aud and amr claims of the token are too long.',
  )
})

test('a token is refused for what is wrong with it', async () => {
  const invalid = /^InvalidIdentityTokenException 400/
  assert.match(await assuming(await tokenOf({ key: stranger })), invalid)
  assert.match(await assuming(await tokenOf({ audience: 'others' })), /400: Incorrect token audience$/)
  assert.match(await assuming(await tokenOf({ more: { azp: 'others' } })), /400: Incorrect token audience$/)
  assert.match(
    await assuming(await tokenOf({ issuer: 'https://elsewhere.example.com' })),
    /^InvalidIdentityTokenException 400: No OpenIDConnect provider found in your account for https:\/\/elsewhere/,
  )
  assert.match(await assuming(await tokenOf({ issuer: `http://${FORGE}` })), invalid)
  assert.match(
    await assuming(await tokenOf({ seconds: -1 })),
    /^ExpiredTokenException 400: Token expired: current date\/time \d+ must be before the expiration date\/time \d+$/,
  )
  assert.match(await assuming('not a token'), invalid)
  const [header, payload] = (await tokenOf()).split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  assert.match(await assuming(`${none}.${payload}.`), invalid)
  assert.match(await assuming(`${header}.${payload}.AAAA`), invalid)
})

test('a provider that does not answer is told apart from a token that is wrong', async () => {
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: 'https://localhost:1', ClientIDList: ['x'] }))
  assert.match(
    await assuming(await tokenOf({ issuer: 'https://localhost:1', audience: 'x' })),
    /^IDPCommunicationErrorException 400: Couldn't retrieve verification key from your identity provider/,
  )
})

test('the trust policy decides about the subject, and a role that is not there is the same as a closed one', async () => {
  const denied = 'AccessDenied 403: Not authorized to perform sts:AssumeRoleWithWebIdentity'
  assert.equal(await assuming(await tokenOf({ subject: 'repo:others/app' })), denied)
  assert.equal(await assuming(await tokenOf(), `arn:aws:iam::${ACCOUNT}:role/none`), denied)
  const tags = { principal_tags: { team: ['red'] }, transitive_tag_keys: ['team'] }
  const tagged = await tokenOf({ more: { 'https://aws.amazon.com/tags': tags } })
  assert.equal(await assuming(tagged), denied)
  const tagging = await newRole(iam, 'tagging', trustOf(FORGE, 'sts:TagSession'))
  assert.equal(await assuming(tagged, tagging), 'allowed')
})

test('refused unsigned calls are recorded up to a rate, and counted beyond it', async () => {
  for (let call = 0; call < 40; call += 1) await assuming('not a token')
  const events = await readEvents(server.data)
  const refused = events.filter(
    ({ eventName, errorCode }) => eventName === 'AssumeRoleWithWebIdentity' && errorCode !== undefined,
  )
  assert.ok(refused.length >= 20 && refused.length < 45, String(refused.length))
})

const skip = (await canMakeCertificates()) ? false : 'there is no openssl'

test('keys are found by discovery, over TLS, and remembered', { skip }, async () => {
  await using certificate = await makeCertificate()
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'two', alg: 'ES256' }
  const asked: string[] = []
  const provider = await openProvider(certificate, (path, origin) => {
    asked.push(path)
    return path === '/keys' ? { keys: [jwk] } : { issuer: origin, jwks_uri: `${origin}/keys` }
  })
  const name = `localhost:${(provider.address() as AddressInfo).port}`
  try {
    await using own = await startServer({ environment: { NODE_EXTRA_CA_CERTS: certificate.certFile } })
    const admin = iamClient(own)
    const url = { Url: `https://${name}`, ClientIDList: ['sts.amazonaws.com'] }
    await admin.send(new CreateOpenIDConnectProviderCommand(url))
    const arn = await newRole(admin, 'pod', trustOf(name))
    const now = Math.floor(Date.now() / 1000)
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: 'two' })
      .setIssuer(`https://${name}`)
      .setSubject(SUBJECT)
      .setAudience('sts.amazonaws.com')
      .setIssuedAt(now)
      .setExpirationTime(now + 60)
      .sign(privateKey)
    for (let round = 0; round < 3; round += 1) {
      const input = { RoleArn: arn, RoleSessionName: 'pod', WebIdentityToken: token }
      const call = stsClient(own).send(new AssumeRoleWithWebIdentityCommand(input))
      assert.equal(await outcomeOf(call), 'allowed')
    }
    assert.deepEqual(asked, ['/.well-known/openid-configuration', '/keys'])
  } finally {
    provider.close()
  }
})

async function openProvider(
  { cert, keyFile }: TestCertificate,
  answer: (path: string, origin: string) => object,
): Promise<Server> {
  const provider = createServer({ cert, key: await readFile(keyFile) }, (request, response) => {
    const origin = `https://localhost:${(provider.address() as AddressInfo).port}`
    response.end(JSON.stringify(answer(request.url ?? '', origin)))
  })
  await new Promise<void>((resolve) => provider.listen(0, 'localhost', resolve))
  return provider
}

test('a claim whose name differs by case alone does not stand for the subject', async () => {
  const claimed = { sub: '', SUB: SUBJECT, Sub: SUBJECT }
  const token = await tokenOf({ subject: 'repo:others/app', more: claimed })
  assert.match(await assuming(token), /^AccessDenied 403/)
  assert.equal(await assuming(await tokenOf({ more: { ...claimed, SUB: 'repo:others/app' } })), 'allowed')
})
