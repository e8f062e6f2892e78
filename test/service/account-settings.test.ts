/** What an account as a whole has: its alias and its password policy; and lists of what nobody has here. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { iamClient, outcomeOf } from '../support/iam.ts'
import { holdfast } from '../support/run.ts'
import { type Answer, callIam, inside } from '../support/sdk-by-name.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const OTHER = '111122223333'

let server: TestServer
let client: IAMClient
let other: IAMClient

before(async () => {
  server = await startServer()
  client = iamClient(server)
  const made = await holdfast(['account', 'create', `--id=${OTHER}`], {
    environment: { HOLDFAST_DATA: server.data },
  })
  assert.equal(made.status, 0, made.err)
  other = iamClient(server, await readCredentials(server.data, OTHER))
})

after(async () => {
  client.destroy()
  other.destroy()
  await server[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}): Promise<Answer> => callIam(client, name, input)
const failing = (name: string, input: object = {}, as = client): Promise<string> =>
  outcomeOf(callIam(as, name, input))

test('an account has one alias, which no other account has', async () => {
  const aliases = async (): Promise<unknown> => (await iam('ListAccountAliases'))['AccountAliases']
  assert.deepEqual(await aliases(), [])
  await iam('CreateAccountAlias', { AccountAlias: 'the-first' })
  assert.deepEqual(await aliases(), ['the-first'])
  const taken = 'EntityAlreadyExistsException 409: The account alias the-first already exists.'
  assert.equal(await failing('CreateAccountAlias', { AccountAlias: 'the-first' }), taken)
  assert.equal(await failing('CreateAccountAlias', { AccountAlias: 'the-first' }, other), taken)
  await iam('CreateAccountAlias', { AccountAlias: 'second' })
  assert.deepEqual(await aliases(), ['second'])
  assert.equal(await failing('CreateAccountAlias', { AccountAlias: 'the-first' }, other), 'allowed')
  assert.equal(
    await failing('DeleteAccountAlias', { AccountAlias: 'the-first' }),
    'NoSuchEntityException 404: The account alias the-first cannot be found.',
  )
  await iam('DeleteAccountAlias', { AccountAlias: 'second' })
  assert.deepEqual(await aliases(), [])
  assert.equal(await failing('CreateAccountAlias', { AccountAlias: 'second' }, other), 'allowed')
  for (const AccountAlias of ['ab', 'Upper', '-a-b', 'a--b', 'ab-', 'x'.repeat(64), 'a_b']) {
    assert.match(await failing('CreateAccountAlias', { AccountAlias }), /^ValidationError 400/, AccountAlias)
  }
})

const BY_DEFAULT = {
  MinimumPasswordLength: 6,
  RequireSymbols: false,
  RequireNumbers: false,
  RequireUppercaseCharacters: false,
  RequireLowercaseCharacters: false,
  AllowUsersToChangePassword: false,
  ExpirePasswords: false,
}

test('a password policy is what it was set to last, and each account has its own', async () => {
  const none = `NoSuchEntityException 404: The Password Policy with domain name ${ACCOUNT} cannot be found.`
  assert.equal(await failing('GetAccountPasswordPolicy'), none)
  assert.equal(
    await failing('DeleteAccountPasswordPolicy'),
    `NoSuchEntityException 404: The account policy with name PasswordPolicy cannot be found.`,
  )
  const whole = {
    MinimumPasswordLength: 14,
    RequireSymbols: true,
    RequireNumbers: true,
    RequireUppercaseCharacters: true,
    RequireLowercaseCharacters: true,
    AllowUsersToChangePassword: true,
    MaxPasswordAge: 90,
    PasswordReusePrevention: 24,
    HardExpiry: true,
  }
  await iam('UpdateAccountPasswordPolicy', whole)
  const read = async (): Promise<unknown> => inside(await iam('GetAccountPasswordPolicy'), 'PasswordPolicy')
  assert.deepEqual(await read(), { ...whole, ExpirePasswords: true })
  assert.match(await failing('GetAccountPasswordPolicy', {}, other), /domain name 111122223333 cannot/)
  await iam('UpdateAccountPasswordPolicy', {})
  assert.deepEqual(await read(), BY_DEFAULT)
  for (const wrong of [
    { MinimumPasswordLength: 5 },
    { MinimumPasswordLength: 129 },
    { MaxPasswordAge: 1096 },
    { PasswordReusePrevention: 25 },
  ]) {
    assert.match(await failing('UpdateAccountPasswordPolicy', wrong), /^ValidationError 400/)
  }
  await iam('DeleteAccountPasswordPolicy')
  assert.equal(await failing('GetAccountPasswordPolicy'), none)
})

test('the version of tokens is kept, and tokens stay good in every region', async () => {
  const version = async (): Promise<unknown> =>
    inside(await iam('GetAccountSummary'), 'SummaryMap', 'GlobalEndpointTokenVersion')
  assert.equal(await version(), 2)
  await iam('SetSecurityTokenServicePreferences', { GlobalEndpointTokenVersion: 'v1Token' })
  assert.equal(await version(), 1)
  await iam('SetSecurityTokenServicePreferences', { GlobalEndpointTokenVersion: 'v2Token' })
  assert.equal(await version(), 2)
})

test('a credential report has a line for the root user and for each user, with their access keys', async () => {
  await iam('CreateUser', { UserName: 'reported', Path: '/team/' })
  await iam('CreateUser', { UserName: 'with,comma' })
  await iam('CreateUser', { UserName: 'quoted', Path: '/a",b/' })
  const { AccessKey } = await iam('CreateAccessKey', { UserName: 'reported' })
  const AccessKeyId = inside(AccessKey, 'AccessKeyId')
  await iam('UpdateAccessKey', { UserName: 'reported', AccessKeyId, Status: 'Inactive' })
  assert.equal((await iam('GenerateCredentialReport'))['State'], 'COMPLETE')
  const report = await iam('GetCredentialReport')
  assert.equal(report['ReportFormat'], 'text/csv')
  assert.ok(report['GeneratedTime'] instanceof Date)
  const [header = '', root = '', ...users] = Buffer.from(report['Content'] as Uint8Array)
    .toString()
    .split('\n')
  assert.match(header, /^user,arn,user_creation_time,password_enabled,.*,cert_2_last_rotated$/)
  const moment = '\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\+00:00'
  assert.match(
    root,
    new RegExp(
      `^<root_account>,arn:aws:iam::${ACCOUNT}:root,${moment},not_supported,no_information,not_supported,not_supported,false,` +
        `true,${moment},${moment},eu-west-1,iam,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A$`,
    ),
  )
  const ofUser = (name: string): string | undefined => users.find((line) => line.startsWith(name))
  assert.match(
    ofUser('reported,') ?? '',
    new RegExp(
      `^reported,arn:aws:iam::${ACCOUNT}:user/team/reported,${moment},false,N/A,N/A,N/A,false,` +
        `false,${moment},N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A$`,
    ),
  )
  assert.match(ofUser('"with,comma",') ?? '', /"arn:[^"]+",/)
  assert.match(ofUser('quoted,') ?? '', /^quoted,"arn:aws:iam::\d+:user\/a"",b\/quoted",\d{4}-/)
  assert.equal(header.split(',').length, root.split(',').length)
  const none = await callIam(other, 'GetCredentialReport')
  assert.equal(
    Buffer.from(none['Content'] as Uint8Array)
      .toString()
      .split('\n').length,
    2,
  )
})

test('what nobody has here is an empty list, or not found', async () => {
  assert.deepEqual((await iam('ListSAMLProviders'))['SAMLProviderList'], [])
  assert.deepEqual((await iam('ListServerCertificates'))['ServerCertificateMetadataList'], [])
  for (const [name, input] of [
    ['GetServerCertificate', { ServerCertificateName: 'x' }],
    ['GetSAMLProvider', { SAMLProviderArn: `arn:aws:iam::${ACCOUNT}:saml-provider/x` }],
  ] as const) {
    assert.match(await failing(name, input), /^NoSuchEntityException 404: ./, name)
  }
})

test('instance profiles and OIDC providers are tagged, listed and untagged', async () => {
  await iam('CreateInstanceProfile', { InstanceProfileName: 'tagged' })
  const { OpenIDConnectProviderArn } = await iam('CreateOpenIDConnectProvider', {
    Url: 'https://tagged.example.com',
  })
  for (const [label, named] of [
    ['InstanceProfile', { InstanceProfileName: 'tagged' }],
    ['OpenIDConnectProvider', { OpenIDConnectProviderArn }],
  ] as const) {
    const Tags = [{ Key: 'Team', Value: 'a' }]
    await iam(`Tag${label}`, { ...named, Tags })
    assert.deepEqual((await iam(`List${label}Tags`, named))['Tags'], Tags)
    assert.deepEqual(
      inside(await iam(`Get${label}`, named), ...(label === 'InstanceProfile' ? [label, 'Tags'] : ['Tags'])),
      Tags,
    )
    await iam(`Untag${label}`, { ...named, TagKeys: ['team'] })
    assert.deepEqual((await iam(`List${label}Tags`, named))['Tags'], [])
  }
})
