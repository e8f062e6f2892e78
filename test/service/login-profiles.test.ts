/** Passwords of users: who may set them, what they must be, and what is recorded of them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { readEvents } from '../support/audit.ts'
import { allow, iamClient, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { type Answer, callIam, inside } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'

const FIRST = 'First-pass-1'
const SECOND = 'Second-pass-2'
const THIRD = 'Third-pass-3'

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
const failing = (name: string, input: object = {}, as = client): Promise<string> =>
  outcomeOf(callIam(as, name, input))

/** A client of a new user with this permission. */
async function userWith(name: string, ...actions: readonly string[]): Promise<IAMClient> {
  const policy = actions.length === 0 ? undefined : policyText(allow(...actions))
  return iamClient(server, await newUser(client, name, policy))
}

test('a login profile is made, read, changed and deleted', async () => {
  const UserName = 'profiled'
  const none = `NoSuchEntityException 404: Login Profile for User ${UserName} cannot be found.`
  await iam('CreateUser', { UserName })
  for (const name of ['GetLoginProfile', 'DeleteLoginProfile', 'UpdateLoginProfile']) {
    assert.equal(await failing(name, { UserName }), none, name)
  }
  const made = inside(
    await iam('CreateLoginProfile', { UserName, Password: FIRST, PasswordResetRequired: true }),
    'LoginProfile',
  )
  assert.deepEqual(Object.keys(made ?? {}).toSorted(), ['CreateDate', 'PasswordResetRequired', 'UserName'])
  assert.deepEqual(inside(await iam('GetLoginProfile', { UserName }), 'LoginProfile'), made)
  assert.equal(inside(made, 'PasswordResetRequired'), true)
  assert.equal(
    await failing('CreateLoginProfile', { UserName, Password: FIRST }),
    `EntityAlreadyExistsException 409: Login Profile for User ${UserName} already exists.`,
  )
  await iam('UpdateLoginProfile', { UserName, PasswordResetRequired: false })
  const changed = { ...(made as object), PasswordResetRequired: false }
  assert.deepEqual(inside(await iam('GetLoginProfile', { UserName }), 'LoginProfile'), changed)
  await iam('UpdateLoginProfile', { UserName, Password: SECOND })
  assert.deepEqual(inside(await iam('GetLoginProfile', { UserName }), 'LoginProfile'), changed)
  assert.equal(
    await failing('DeleteUser', { UserName }),
    'DeleteConflictException 409: Cannot delete entity, must delete login profile first.',
  )
  await iam('DeleteLoginProfile', { UserName })
  assert.equal(await failing('GetLoginProfile', { UserName }), none)
  await iam('DeleteUser', { UserName })
  assert.match(
    await failing('CreateLoginProfile', { UserName, Password: FIRST }),
    /^NoSuchEntityException 404/,
  )
})

const SAME_AGAIN =
  'PasswordPolicyViolationException 400: Password should not be the one that has to be replaced'

test('a user changes its own password with the old one', async () => {
  using ada = await disposable(userWith('ada', 'iam:ChangePassword'))
  const change = (OldPassword: string, NewPassword: string): Promise<string> =>
    failing('ChangePassword', { OldPassword, NewPassword }, ada.client)
  assert.match(await change(FIRST, SECOND), /^NoSuchEntityException 404: Login Profile for User ada cannot/)
  await iam('CreateLoginProfile', { UserName: 'ada', Password: FIRST, PasswordResetRequired: true })
  assert.equal(await change(SECOND, THIRD), 'AccessDenied 403: The old password is not correct.')
  assert.equal(await change(FIRST, FIRST), SAME_AGAIN)
  assert.equal(await change(FIRST, SECOND), 'allowed')
  assert.equal(await change(SECOND, SECOND), 'allowed', 'nobody has asked for another one')
  const reset = inside(
    await iam('GetLoginProfile', { UserName: 'ada' }),
    'LoginProfile',
    'PasswordResetRequired',
  )
  assert.equal(reset, false)
  assert.match(await change(FIRST, THIRD), /^AccessDenied 403/)
  assert.match(await change(SECOND, 'short'), /^PasswordPolicyViolationException 400/)
  assert.equal(
    await failing('ChangePassword', { OldPassword: FIRST, NewPassword: SECOND }),
    'InvalidUserTypeException 400: Only IAM users can change their own password.',
  )
})

test('an account can let all its users change their own passwords, unless something denies it', async () => {
  using plain = await disposable(userWith('plain'))
  using barred = await disposable(userWith('barred'))
  const PolicyDocument = policyText({ Effect: 'Deny', Action: 'iam:ChangePassword', Resource: '*' })
  await iam('PutUserPolicy', { UserName: 'barred', PolicyName: 'deny', PolicyDocument })
  for (const UserName of ['plain', 'barred']) await iam('CreateLoginProfile', { UserName, Password: FIRST })
  const change = ({ client: own }: { readonly client: IAMClient }): Promise<string> =>
    failing('ChangePassword', { OldPassword: FIRST, NewPassword: SECOND }, own)
  const reading = (): Promise<string> => failing('GetAccountPasswordPolicy', {}, plain.client)
  assert.match(await change(plain), /^AccessDenied 403: User: .* no identity-based policy allows/)
  await iam('UpdateAccountPasswordPolicy', { AllowUsersToChangePassword: false })
  assert.match(await change(plain), /^AccessDenied 403: User: /)
  assert.match(await reading(), /^AccessDenied 403/)
  await iam('UpdateAccountPasswordPolicy', { AllowUsersToChangePassword: true })
  assert.equal(await reading(), 'allowed')
  assert.match(await change(barred), /^AccessDenied 403: User: .* with an explicit deny/)
  assert.equal(await change(plain), 'allowed')
  assert.match(await failing('GetLoginProfile', {}, plain.client), /^AccessDenied 403/)
  await iam('DeleteAccountPasswordPolicy')
})

test('after ten wrong passwords in a row even the right one has to wait', async () => {
  using eve = await disposable(userWith('eve', 'iam:ChangePassword'))
  await iam('CreateLoginProfile', { UserName: 'eve', Password: FIRST })
  const change = (OldPassword: string): Promise<string> =>
    failing('ChangePassword', { OldPassword, NewPassword: SECOND }, eve.client)
  for (let wrong = 0; wrong < 10; wrong += 1) {
    assert.match(await change(`Wrong-pass-${wrong}`), /^AccessDenied/)
  }
  assert.match(await change(FIRST), /^Throttling\w* 4\d\d: Rate exceeded/)
})

test('passwords are what the policy of the account says', async () => {
  const UserName = 'ruled'
  await iam('CreateUser', { UserName })
  const setting = (Password: string): Promise<string> => failing('CreateLoginProfile', { UserName, Password })
  const violation = 'PasswordPolicyViolationException 400: Password should'
  assert.equal(await setting('Abc-123'), `${violation} have a minimum length of 8`)
  assert.match(await setting('abcdefg1'), new RegExp(`^${violation} have at least 3 of: `))
  for (const Password of ['', 'x'.repeat(129), 'Sm\u0107-pass-1']) {
    assert.match(await setting(Password), /^ValidationError 400/)
  }
  const rules = {
    MinimumPasswordLength: 12,
    RequireSymbols: true,
    RequireNumbers: true,
    RequireUppercaseCharacters: true,
    RequireLowercaseCharacters: true,
    PasswordReusePrevention: 2,
  }
  await iam('UpdateAccountPasswordPolicy', rules)
  assert.equal(await setting('Abcdefghi-1'), `${violation} have a minimum length of 12`)
  assert.equal(await setting('Abcdefghij12'), `${violation} have at least one symbol`)
  assert.equal(await setting('Abcdefghij--'), `${violation} have at least one number`)
  assert.equal(await setting('abcdefghij-1'), `${violation} have at least one uppercase letter`)
  assert.equal(await setting('ABCDEFGHIJ-1'), `${violation} have at least one lowercase letter`)
  assert.equal(await setting(FIRST), 'allowed')
  const again = (Password: string): Promise<string> => failing('UpdateLoginProfile', { UserName, Password })
  const used = `${violation} not be one of the passwords that were used before`
  assert.equal(await again(FIRST), used)
  assert.equal(await again(SECOND), 'allowed')
  assert.equal(await again(FIRST), used)
  assert.equal(await again(THIRD), 'allowed')
  assert.equal(await again(FIRST), 'allowed')
  await iam('DeleteAccountPasswordPolicy')
  assert.equal(await again(FIRST), 'allowed')
})

test('no event shows a password', async () => {
  const events = (await readEvents(server.data)).filter(({ eventName }) =>
    ['CreateLoginProfile', 'UpdateLoginProfile', 'ChangePassword'].includes(eventName),
  )
  assert.ok(events.length >= 20)
  assert.doesNotMatch(JSON.stringify(events), /-pass-|Abcdef|argon2/i)
  const created = events.find(({ requestParameters }) => requestParameters?.['userName'] === 'ada')
  assert.deepEqual(created?.requestParameters, { userName: 'ada', passwordResetRequired: true })
  assert.equal(inside(created?.responseElements, 'loginProfile', 'userName'), 'ada')
  const changed = events.find(({ eventName, errorCode }) => eventName === 'ChangePassword' && !errorCode)
  assert.equal(changed?.requestParameters, null)
})

async function disposable(made: Promise<IAMClient>): Promise<Disposable & { readonly client: IAMClient }> {
  const own = await made
  return { client: own, [Symbol.dispose]: () => own.destroy() }
}
