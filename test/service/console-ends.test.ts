/** What ends sessions of the console and unused sign-in links: of the root user, and of users. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { readEvents } from '../support/audit.ts'
import { runHoldfast } from '../support/command.ts'
import { callAsPage, type Posted, postSession } from '../support/console-http.ts'
import { allow, iamClient, newKeyFor, policyText } from '../support/iam.ts'
import { type Answer, callIam } from '../support/sdk-by-name.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const ACCOUNT = '000000000000'
const OTHER = '111122223333'
const PASSWORD = 'correct Horse 1'
const NEXT = 'another Horse 2'

let server: TestServer
let client: IAMClient

before(async () => {
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on' } })
  client = iamClient(server)
  assert.equal((await runHoldfast(server.data, 'account', 'create', `--id=${OTHER}`)).status, 0)
})

after(async () => {
  client.destroy()
  await server[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}): Promise<Answer> => callIam(client, name, input)

async function command(...args: readonly string[]): Promise<string> {
  const { status, output, errors } = await runHoldfast(server.data, ...args)
  assert.equal(status, 0, errors)
  return output
}

async function newLink(...options: readonly string[]): Promise<string> {
  const link = /#link=(\S+)/.exec(await command('console', ...options))?.[1]
  assert.ok(link)
  return link
}

/** A session and an unused link of one holder. */
type Access = { readonly session: Posted; readonly link: string }

async function access(...options: readonly string[]): Promise<Access> {
  const session = await postSession(server, 'begin', { link: await newLink(...options) })
  assert.equal((await callAsPage(server, session, session.cookie)).status, 200)
  return { session, link: await newLink(...options) }
}

async function user(name: string, password?: string): Promise<Access> {
  await iam('CreateUser', { UserName: name })
  const PolicyDocument = policyText(allow('kms:ListAliases'))
  await iam('PutUserPolicy', { UserName: name, PolicyName: 'own', PolicyDocument })
  if (password !== undefined) await iam('CreateLoginProfile', { UserName: name, Password: password })
  return access('--user', name)
}

async function assertEnded({ session, link }: Access, why: string): Promise<void> {
  assert.equal((await callAsPage(server, session, session.cookie)).code, 'UnrecognizedClientException', why)
  const renewed = await postSession(server, 'renew', {}, { cookie: session.cookie })
  assert.equal(renewed.signedIn, false, why)
  assert.equal((await postSession(server, 'begin', { link })).status, 403, why)
}

async function assertKept({ session, link }: Access, why: string): Promise<void> {
  assert.equal((await callAsPage(server, session, session.cookie)).status, 200, why)
  assert.equal((await postSession(server, 'begin', { link })).status, 200, why)
}

test('new root credentials that end the others end sessions and links of the root user too', async () => {
  for (const others of ['--deactivate-others', '--delete-others']) {
    const root = await access()
    const [ada, foreign] = [await user(`ada${others}`), await access('--account', OTHER)]
    const printed = await command('root-credentials', 'create', others)
    assert.match(printed, /^console {6}1 session and 1 link of the root user ended$/m)
    client.destroy()
    client = iamClient(server, await readCredentials(server.data, 'default'))
    await assertEnded(root, others)
    await assertKept(ada, others)
    await assertKept(foreign, others)
  }
})

test('new root credentials beside the others end nothing', async () => {
  const root = await access('--account', OTHER)
  await command('root-credentials', 'create', '--account', OTHER)
  await assertKept(root, 'nothing ends')
})

test('console-sessions end ends sessions and links of a user, or of the root user', async () => {
  const [root, eve, ida] = [await access(), await user('eve'), await user('ida')]
  const printed = await command('console-sessions', 'end', '--user', 'EVE')
  assert.match(printed, /^1 session and 1 link of user EVE of account 000000000000 ended$/m)
  await assertEnded(eve, 'eve')
  await assertKept(ida, 'ida')
  await command('console-sessions', 'end')
  await assertEnded(root, 'root')
  const again = await command('console-sessions', 'end', '--user', 'eve')
  assert.match(again, /^0 sessions and 0 links/)
  assert.match(
    (await runHoldfast(server.data, 'console-sessions', 'end', '--user', 'nobody')).errors,
    /no such user/,
  )
  const events = await until('the log has the events', async () => {
    const found = (await readEvents(server.data)).filter(
      ({ eventName }) => eventName === 'EndConsoleSessions',
    )
    return found.length === 2 ? found : undefined
  })
  assert.match(JSON.stringify(events[0]), /"userName":"EVE"/)
  assert.match(JSON.stringify(events[0]), new RegExp(`"accountId":"${ACCOUNT}"`))
})

test('console-sessions end takes a user or a role, not both', async () => {
  const both = await runHoldfast(server.data, 'console-sessions', 'end', '--user', 'eve', '--role', 'admins')
  assert.equal(both.status, 2)
  assert.match(both.errors, /give --user or --role, not both/)
  const none = await runHoldfast(server.data, 'console-sessions', 'end', '--role', 'nobody')
  assert.match(none.errors, /account 000000000000 has no such role/)
})

/** Each change of a user's credentials, what must be there before, and whether it ends sessions and links. */
const CHANGES: readonly (readonly [
  name: string,
  hasPassword: boolean,
  ends: boolean,
  change: (UserName: string) => Promise<unknown>,
])[] = [
  ['created', false, true, (UserName) => iam('CreateLoginProfile', { UserName, Password: PASSWORD })],
  ['replaced', true, true, (UserName) => iam('UpdateLoginProfile', { UserName, Password: NEXT })],
  ['removed', true, true, (UserName) => iam('DeleteLoginProfile', { UserName })],
  [
    'changed',
    true,
    true,
    async (UserName) => {
      await iam('UpdateAccountPasswordPolicy', { AllowUsersToChangePassword: true })
      const own = iamClient(server, await newKeyFor(client, UserName))
      await callIam(own, 'ChangePassword', { OldPassword: PASSWORD, NewPassword: NEXT })
      own.destroy()
    },
  ],
  [
    'reset',
    true,
    true,
    async (user) => {
      await iam('UpdateLoginProfile', { UserName: user, PasswordResetRequired: true })
      const entered = { account: ACCOUNT, user, password: PASSWORD, newPassword: NEXT }
      assert.equal((await postSession(server, 'password', entered)).status, 200)
    },
  ],
  ['made-again', false, true, remake],
  ['keyed', true, false, (UserName) => iam('CreateAccessKey', { UserName })],
]

async function remake(UserName: string): Promise<void> {
  await iam('DeleteUserPolicy', { UserName, PolicyName: 'own' })
  await iam('DeleteUser', { UserName })
  await iam('CreateUser', { UserName })
}

test('whatever changes the password of a user ends its sessions, and links printed before', async () => {
  for (const [name, hasPassword, ends, change] of CHANGES) {
    const before = await user(name, hasPassword ? PASSWORD : undefined)
    await change(name)
    await (ends ? assertEnded : assertKept)(before, name)
  }
})
