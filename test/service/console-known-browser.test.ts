/** Browsers with which a user has signed in before: the guesses of strangers do not lock them out. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { callAsPage, type Posted, postSession } from '../support/console-http.ts'
import { allow, iamClient, policyText } from '../support/iam.ts'
import { type Answer, callIam } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const PASSWORD = 'correct Horse 1'

let server: TestServer
let client: IAMClient

before(async () => {
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on' } })
  client = iamClient(server)
})

after(async () => {
  client.destroy()
  await server[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}): Promise<Answer> => callIam(client, name, input)

const signIn = (user: string, more: object = {}, cookie?: string): Promise<Posted> =>
  postSession(
    server,
    'password',
    { account: ACCOUNT, user, password: PASSWORD, ...more },
    { ...(cookie !== undefined && { cookie }) },
  )

async function person(name: string): Promise<void> {
  await iam('CreateUser', { UserName: name })
  await iam('PutUserPolicy', {
    UserName: name,
    PolicyName: 'own',
    PolicyDocument: policyText(allow('kms:ListAliases')),
  })
  await iam('CreateLoginProfile', { UserName: name, Password: PASSWORD })
}

test('guesses of strangers do not lock out a known browser, whose cookie signs nobody in', async () => {
  await person('kim')
  const first = await signIn('kim')
  const known = first.cookies.find((one) => one.startsWith('__Host-holdfast-known='))
  assert.ok(known, 'a sign-in makes the browser known')
  for (let attempt = 0; attempt < 10; attempt += 1) await signIn('kim', { password: 'wrong' })
  assert.equal((await signIn('kim')).code, 'ThrottlingException')
  const own = await signIn('kim', {}, known)
  assert.equal(own.status, 200, own.text)
  assert.equal((await callAsPage(server, own, own.cookie)).status, 200)
  const notThis = [`${known}x`, `__Host-holdfast-known=${first.cookie.split('=')[1]}`, `${known}; ${known}`]
  for (const cookie of notThis)
    assert.equal((await signIn('kim', {}, cookie)).code, 'ThrottlingException', cookie)
  assert.equal((await postSession(server, 'renew', {}, { cookie: known })).signedIn, false)
  await person('kit')
  for (let attempt = 0; attempt < 10; attempt += 1) await signIn('kit', { password: 'wrong' })
  assert.equal(
    (await signIn('kit', {}, known)).code,
    'ThrottlingException',
    'it is of no use for another user',
  )
})
