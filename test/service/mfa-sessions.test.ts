/** Sessions that are made with the code of an MFA device: what they may do, and what is recorded of them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { ListAliasesCommand } from '@aws-sdk/client-kms'
import { GetSessionTokenCommand, type STSClient } from '@aws-sdk/client-sts'
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
import { codeAt, enableDevice } from '../support/mfa.ts'
import { type Answer, callIam, inside } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { assume, given, newRole, stsClient, trust } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const WRONG = 'AccessDenied 403: MultiFactorAuthentication failed with invalid MFA one time pass code.'
const NOT_OWN =
  'AccessDenied 403: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.'
const WITH_MFA = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
const YOUNG_MFA = { NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' } }
const OLD_MFA = { NumericGreaterThan: { 'aws:MultiFactorAuthAge': '3600' } }

let server: TestServer
let client: IAMClient

before(async () => {
  server = await startServer()
  client = iamClient(server)
})

after(async () => {
  client.destroy()
  await server[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}): Promise<Answer> => callIam(client, name, input)

type Person = Disposable & {
  readonly serial: string
  readonly credentials: TestCredentials
  readonly sts: STSClient
}

/** A user with a device whose next code is unused. */
async function person(name: string, ...statements: readonly object[]): Promise<Person> {
  const credentials = await newUser(client, name, policyText(...statements))
  const serial = await enableDevice(iam, `of-${name}`, { UserName: name })
  const sts = stsClient(server, credentials)
  return { serial, credentials, sts, [Symbol.dispose]: () => sts.destroy() }
}

const sessionOf = async ({ sts }: Person, input: object): Promise<Required<TestCredentials>> =>
  given((await sts.send(new GetSessionTokenCommand(input))).Credentials)

/** What listing the aliases of KMS gives to these credentials. */
async function listing(credentials: TestCredentials): Promise<string> {
  const kms = kmsAs(server, credentials)
  const outcome = await outcomeOf(kms.send(new ListAliasesCommand({})))
  kms.destroy()
  return outcome.replace(/ .*/s, '')
}

test('policies see whether and how long ago a session was made with MFA', async () => {
  using young = await person('young', {
    ...allow('kms:ListAliases'),
    Condition: { ...WITH_MFA, ...YOUNG_MFA },
  })
  using old = await person('old', { ...allow('kms:ListAliases'), Condition: { ...WITH_MFA, ...OLD_MFA } })
  assert.equal(await listing(young.credentials), 'AccessDeniedException')
  assert.equal(await listing(await sessionOf(young, {})), 'AccessDeniedException')
  const code = (who: Person): object => ({ SerialNumber: who.serial, TokenCode: codeAt(who.serial, 1) })
  assert.equal(await listing(await sessionOf(young, code(young))), 'allowed')
  assert.equal(await listing(await sessionOf(old, code(old))), 'AccessDeniedException')
})

test('a code works once, for one of two calls at the same time', async () => {
  using once = await person('once', allow('kms:ListAliases'))
  const input = { SerialNumber: once.serial, TokenCode: codeAt(once.serial, 1) }
  const get = (): Promise<string> => outcomeOf(once.sts.send(new GetSessionTokenCommand(input)))
  const outcomes = await Promise.all([get(), get(), get()])
  assert.deepEqual(outcomes.toSorted(), [WRONG, WRONG, 'allowed'])
  assert.equal(await get(), WRONG)
})

test('a code works once in whatever process', async () => {
  await using own = await startServer({ environment: { HOLDFAST_WORKERS: '2' } })
  const root = iamClient(own)
  const credentials = await newUser(root, 'ada')
  const SerialNumber = await enableDevice((name, input) => callIam(root, name, input), 'phone', {
    UserName: 'ada',
  })
  const input = { SerialNumber, TokenCode: codeAt(SerialNumber, 1) }
  // Each client has a connection of its own, which one of the processes takes.
  const outcomes = Array.from({ length: 8 }, async () => {
    const sts = stsClient(own, credentials)
    const outcome = await outcomeOf(sts.send(new GetSessionTokenCommand(input)))
    sts.destroy()
    return outcome
  })
  const allowed = (await Promise.all(outcomes)).filter((outcome) => outcome === 'allowed')
  assert.equal(allowed.length, 1)
  root.destroy()
})

test('a device counts for its own user alone, with a code', async () => {
  using ada = await person('ada', allow('sts:*'))
  using eve = await person('eve', allow('sts:*'))
  const asking = (who: STSClient, input: object): Promise<string> =>
    outcomeOf(who.send(new GetSessionTokenCommand(input)))
  const SerialNumber = ada.serial
  const TokenCode = codeAt(ada.serial, 1)
  assert.equal(await asking(eve.sts, { SerialNumber, TokenCode }), NOT_OWN)
  const root = stsClient(server)
  assert.equal(await asking(root, { SerialNumber, TokenCode }), NOT_OWN)
  root.destroy()
  assert.equal(
    await asking(ada.sts, { SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/none`, TokenCode }),
    NOT_OWN,
  )
  const both = /^AccessDenied 403: MultiFactorAuthentication failed, must provide both/
  assert.match(await asking(ada.sts, { SerialNumber }), both)
  assert.match(await asking(ada.sts, { TokenCode }), both)
  assert.equal(await asking(ada.sts, { SerialNumber, TokenCode }), 'allowed')
  await iam('DeactivateMFADevice', { UserName: 'ada', SerialNumber })
  assert.equal(await asking(ada.sts, { SerialNumber, TokenCode }), NOT_OWN)
})

test('after ten wrong codes in a row even the right one has to wait', async () => {
  using wild = await person('wild', allow('sts:*', 'iam:ChangePassword'))
  const asking = (TokenCode: string): Promise<string> =>
    outcomeOf(wild.sts.send(new GetSessionTokenCommand({ SerialNumber: wild.serial, TokenCode })))
  for (let wrong = 0; wrong < 10; wrong += 1) assert.equal(await asking(codeAt(wild.serial, -9)), WRONG)
  // Whoever knows the password gets no more attempts by it.
  await iam('CreateLoginProfile', { UserName: 'wild', Password: 'First-pass-1' })
  const own = iamClient(server, wild.credentials)
  await callIam(own, 'ChangePassword', { OldPassword: 'First-pass-1', NewPassword: 'Second-pass-2' })
  own.destroy()
  assert.match(await asking(codeAt(wild.serial, 1)), /^Throttling 400: Rate exceeded/)
})

test('a trust policy can ask for MFA, and the session of the role keeps it', async () => {
  using ada = await person('assumer', allow('sts:AssumeRole'))
  const principal = { AWS: `arn:aws:iam::${ACCOUNT}:root` }
  const guarded = trust(principal, { Condition: { ...WITH_MFA, ...YOUNG_MFA } })
  const own = policyText({ ...allow('kms:ListAliases'), Condition: WITH_MFA })
  const role = await newRole(client, 'guarded', guarded, own)
  const open = await newRole(client, 'open', trust(principal), own)
  assert.match(await outcomeOf(assume(ada.sts, role)), /^AccessDenied 403/)
  assert.equal(await listing(await assume(ada.sts, open)), 'AccessDeniedException')
  const wrong = { SerialNumber: ada.serial, TokenCode: codeAt(ada.serial, -9) }
  assert.equal(await outcomeOf(assume(ada.sts, open, wrong)), WRONG)
  const right = { SerialNumber: ada.serial, TokenCode: codeAt(ada.serial, 1) }
  // A refused call uses no code up.
  assert.match(await outcomeOf(assume(ada.sts, `${role}-none`, right)), /^AccessDenied 403: User/)
  assert.equal(await listing(await assume(ada.sts, role, right)), 'allowed')
  assert.equal(await outcomeOf(assume(ada.sts, role, right)), WRONG)
})

test('a session with MFA calls IAM and assumes roles that ask for MFA, which then have none', async () => {
  using ada = await person('chained', allow('sts:AssumeRole', 'iam:ListUsers', 'iam:GetUser'))
  const guarded = trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, { Condition: WITH_MFA })
  const own = policyText({ ...allow('kms:ListAliases'), Condition: WITH_MFA })
  const role = await newRole(client, 'chained', guarded, own)
  const session = await sessionOf(ada, { SerialNumber: ada.serial, TokenCode: codeAt(ada.serial, 1) })
  const asSession = iamClient(server, session)
  assert.equal(await outcomeOf(callIam(asSession, 'ListUsers')), 'allowed')
  assert.equal(inside(await callIam(asSession, 'GetUser'), 'User', 'UserName'), 'chained')
  asSession.destroy()
  const plain = iamClient(server, await sessionOf(ada, {}))
  assert.match(await outcomeOf(callIam(plain, 'ListUsers')), /^InvalidClientTokenId 403/)
  plain.destroy()
  const sts = stsClient(server, session)
  assert.equal(await listing(await assume(sts, role)), 'AccessDeniedException')
  sts.destroy()
})

test('events say which sessions are authenticated with MFA, and show no code', async () => {
  const events = await readEvents(server.data)
  const authenticated = (name: string, type: string): ReadonlySet<unknown> =>
    new Set(
      events
        .filter(({ eventName, userIdentity }) => eventName === name && userIdentity.type === type)
        .map(({ userIdentity }) => inside(userIdentity, 'sessionContext', 'attributes', 'mfaAuthenticated')),
    )
  assert.deepEqual(authenticated('ListUsers', 'IAMUser'), new Set(['true']))
  assert.deepEqual(authenticated('ListAliases', 'AssumedRole'), new Set(['false', 'true']))
  const calls = events.filter(({ eventName }) => /^(?:GetSessionToken|AssumeRole)$/.test(eventName))
  assert.ok(calls.some(({ requestParameters }) => requestParameters?.['serialNumber'] !== undefined))
  assert.doesNotMatch(JSON.stringify(calls.map(({ requestParameters }) => requestParameters)), /tokenCode/i)
})
