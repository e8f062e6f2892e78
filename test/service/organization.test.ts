/** The organization: its tree, the condition keys of it, and control policies at every level of it. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  CreateKeyCommand,
  EncryptCommand,
  GenerateRandomCommand,
  type KMSClient,
  ListKeysCommand,
} from '@aws-sdk/client-kms'
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts'
import { readEvents } from '../support/audit.ts'
import { runHoldfast } from '../support/command.ts'
import {
  allow,
  iamClient,
  kmsAs,
  newUser,
  outcomeOf,
  policyText,
  type TestCredentials,
} from '../support/iam.ts'
import { callIam, inside } from '../support/sdk-by-name.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'
import { newRole, stsClient, trust } from '../support/sts.ts'

const HOME = '000000000000'
const TEAM = '111122223333'
const PARTNER = '444455556666'
const ALLOWED = 'allowed'

type Member = {
  readonly root: TestCredentials
  readonly user: KMSClient
  readonly sts: STSClient
  readonly roleArn: string
  readonly keyArn: string
}

let server: TestServer
const members: Record<string, Member> = {}
let organization = ''
let root = ''
let unit = ''
let inner = ''

async function joinIn(account: string, credentials: TestCredentials): Promise<void> {
  const iam = iamClient(server, credentials)
  const user = await newUser(iam, 'ada', policyText(allow('*')))
  const roleArn = await newRole(iam, 'app', trust({ AWS: `arn:aws:iam::${account}:root` }))
  iam.destroy()
  const kms = kmsAs(server, credentials)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  kms.destroy()
  members[account] = {
    root: credentials,
    user: kmsAs(server, user),
    sts: stsClient(server, user),
    roleArn,
    keyArn: KeyMetadata?.Arn ?? '',
  }
}

function member(account: string): Member {
  const found = members[account]
  assert.ok(found)
  return found
}

before(async () => {
  // Two processes: what a command has acknowledged, both have to know.
  server = await startServer({ environment: { HOLDFAST_WORKERS: '2' } })
  await joinIn(HOME, server.credentials)
  for (const account of [TEAM, PARTNER]) {
    await createAccount(account)
    await joinIn(account, await readCredentials(server.data, account))
  }
})

after(async () => {
  for (const { user, sts } of Object.values(members)) {
    user.destroy()
    sts.destroy()
  }
  await server[Symbol.asyncDispose]()
})

async function operate(...args: readonly string[]): Promise<string> {
  const { status, output, errors } = await runHoldfast(server.data, ...args)
  assert.equal(status, 0, errors)
  return output
}

async function createAccount(id: string): Promise<void> {
  const { status, errors } = await runHoldfast(server.data, 'account', 'create', `--id=${id}`)
  assert.equal(status, 0, errors)
}

async function put(type: 'scp' | 'rcp', name: string, ...statements: readonly object[]): Promise<void> {
  const file = join(server.data, `${name}.json`)
  await writeFile(file, policyText(...statements))
  await operate(type, 'put', `--name=${name}`, `--file=${file}`)
}

/** What a call of a user on a key comes to, asked of both processes. */
async function encrypt(account: string, key = member(account).keyArn): Promise<string> {
  const outcomes = new Set<string>()
  for (let round = 0; round < 6; round += 1) {
    const call = new EncryptCommand({ KeyId: key, Plaintext: Buffer.from('x') })
    outcomes.add(await outcomeOf(member(account).user.send(call)))
  }
  return [...outcomes].join('\n')
}

function assumeOwn(account: string): Promise<string> {
  const { sts, roleArn } = member(account)
  return outcomeOf(sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'ci' })))
}

const DENIED_BY_SCP = /^AccessDeniedException 400: .* with an explicit deny in a service control policy$/
const DENIED_BY_RCP = /^AccessDeniedException 400: .* with an explicit deny in a resource control policy$/

test('an account keeps the service control policies that it had before there was an organization', async () => {
  await put('scp', 'no-encrypt', { ...allow('kms:Encrypt'), Effect: 'Deny' })
  await operate('scp', 'attach', '--name=no-encrypt', `--id=${TEAM}`)
  assert.match(await encrypt(TEAM), DENIED_BY_SCP)
  await operate('scp', 'attach', '--name=no-encrypt', `--id=${HOME}`)
  const refused = await runHoldfast(server.data, 'organization', 'create')
  assert.equal(refused.status, 2)
  assert.match(refused.errors, /do not bind a management account: detach those of 000000000000 first/)
  await operate('scp', 'detach', '--name=no-encrypt', `--id=${HOME}`)
  const made = await operate('organization', 'create')
  const ids =
    /^organization {2}(o-[a-z0-9]{10})\nroot {10}(r-[a-z0-9]{4})\nmanagement {4}000000000000\n$/.exec(made)
  organization = ids?.[1] ?? assert.fail(made)
  root = ids?.[2] ?? assert.fail(made)
  assert.equal(await operate('organization', 'create'), made)
  assert.match(await encrypt(TEAM), DENIED_BY_SCP)
  await operate('scp', 'detach', '--name=no-encrypt', `--id=${TEAM}`)
  assert.equal(await encrypt(TEAM), ALLOWED)
})

test('units are made below each other, named, and shown with what is in them', async () => {
  unit = (await operate('organization', 'unit', 'create', '--name=Products')).trim()
  assert.match(unit, new RegExp(`^ou-${root.slice(2)}-[a-z0-9]{8}$`))
  assert.equal((await operate('organization', 'unit', 'create', '--name=Products')).trim(), unit)
  inner = (await operate('organization', 'unit', 'create', '--name=Team', `--parent=${unit}`)).trim()
  await operate('organization', 'unit', 'rename', `--unit=${inner}`, '--name=Team A')
  await operate('organization', 'move', `--id=${TEAM}`, `--to=${inner}`)
  await operate('organization', 'move', `--id=${TEAM}`, `--to=${inner}`)
  await operate('organization', 'remove', `--id=${PARTNER}`)
  assert.deepEqual((await operate('organization', 'show')).trim().split('\n'), [
    `${organization}  management account ${HOME}`,
    `${root}  scp FullAWSAccess`,
    `  ${unit}  Products  scp FullAWSAccess`,
    `    ${inner}  Team A  scp FullAWSAccess`,
    `      ${TEAM}  scp FullAWSAccess`,
    `  ${HOME}  scp FullAWSAccess`,
    `${PARTNER}  in no organization`,
  ])
  await createAccount('777788889999')
  assert.match(await operate('organization', 'show'), /^ {2}777788889999 {2}scp FullAWSAccess$/m)
})

test('a command that cannot do what it is asked says why, and changes nothing', async () => {
  const before = await operate('organization', 'show')
  const rcpFile = join(server.data, 'allows.json')
  await writeFile(rcpFile, policyText({ ...allow('kms:*'), Principal: '*' }))
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [['organization', 'create', `--management=${TEAM}`], /there is an organization already: o-/],
    [['organization', 'delete'], /the organization has units: delete them first/],
    [['organization', 'remove', `--id=${HOME}`], /000000000000 is the management account/],
    [['organization', 'remove', `--id=${PARTNER}`], /is in no organization/],
    [['organization', 'move', `--id=${TEAM}`, '--to=ou-none'], /there is no root or unit ou-none/],
    [['organization', 'move', '--id=999999999999', `--to=${root}`], /there is no account 999999999999/],
    [['organization', 'unit', 'create', '--name=x', '--parent=r-none'], /there is no root or unit r-none/],
    [['organization', 'unit', 'create', '--name=a/b'], /'a\/b' cannot be the name of a unit/],
    [['organization', 'unit', 'delete', `--unit=${unit}`], /is not empty: ou-/],
    [['organization', 'unit', 'delete', `--unit=${inner}`], /is not empty: 111122223333/],
    [['scp', 'attach', '--name=no-encrypt', `--id=${HOME}`], /is the management account, which no control/],
    [['scp', 'attach', '--name=no-encrypt', '--id=ou-none'], /there is no root or unit ou-none/],
    [['scp', 'detach', '--name=FullAWSAccess', `--id=${unit}`], /has at least one service control policy/],
    [['rcp', 'detach', '--name=RCPFullAWSAccess', `--id=${unit}`], /is attached to everything/],
    [['rcp', 'attach', '--name=none', `--id=${PARTNER}`], /444455556666 is in no organization/],
    [['rcp', 'attach', '--name=none', `--id=${unit}`], /there is no resource control policy none/],
    [['rcp', 'put', '--name=x', `--file=${rcpFile}`], /statement 1 allows or has NotAction/],
    [['rcp', 'put', '--name=RCPFullAWSAccess', `--file=${rcpFile}`], /cannot be the name/],
  ]
  for (const [args, message] of refusals) {
    const { status, errors } = await runHoldfast(server.data, ...args)
    assert.equal(status, 2, args.join(' '))
    assert.match(errors, message, args.join(' '))
  }
  assert.equal(await operate('organization', 'show'), before)
})

test('policies see the organization and the paths of principals and resources, as they are now', async () => {
  const path = `${organization}/${root}/${unit}/${inner}/`
  const conditions: readonly (readonly [object, string, RegExp | string])[] = [
    [{ StringNotEquals: { 'aws:PrincipalOrgID': organization } }, TEAM, ALLOWED],
    [{ 'ForAllValues:StringNotEquals': { 'aws:PrincipalOrgPaths': path } }, TEAM, ALLOWED],
    [{ StringNotEquals: { 'aws:ResourceOrgID': organization } }, TEAM, ALLOWED],
    [
      { 'ForAllValues:StringNotLike': { 'aws:ResourceOrgPaths': `${organization}/${root}/${unit}/*` } },
      TEAM,
      ALLOWED,
    ],
    [{ StringEquals: { 'aws:ResourceOrgID': organization } }, TEAM, DENIED_BY_SCP],
    [{ Null: { 'aws:PrincipalOrgID': 'false' } }, PARTNER, ALLOWED],
    [{ Null: { 'aws:ResourceOrgPaths': 'false' } }, PARTNER, ALLOWED],
  ]
  for (const [Condition, account, expected] of conditions) {
    await put('scp', 'perimeter', { ...allow('kms:*'), Effect: 'Deny', Condition })
    await operate('scp', 'attach', '--name=perimeter', `--id=${account}`)
    const outcome = await encrypt(account)
    if (typeof expected === 'string') assert.equal(outcome, expected, JSON.stringify(Condition))
    else assert.match(outcome, expected)
    assert.match(
      await outcomeOf(member(account).user.send(new ListKeysCommand({}))),
      typeof expected === 'string' ? /^allowed$/ : DENIED_BY_SCP,
    )
    await operate('scp', 'detach', '--name=perimeter', `--id=${account}`)
  }
})

test('a simulation knows where the own account is, and of another account nothing', async () => {
  const iam = iamClient(server, member(TEAM).root)
  const missing: Record<string, unknown> = {}
  for (const ResourceOwner of [TEAM, HOME, PARTNER]) {
    const results = inside(
      await callIam(iam, 'SimulatePrincipalPolicy', {
        PolicySourceArn: member(TEAM).roleArn,
        ResourceOwner,
        ActionNames: ['kms:Encrypt'],
        PolicyInputList: [
          policyText({
            ...allow('kms:*'),
            Condition: { StringEquals: { 'aws:ResourceOrgID': organization } },
          }),
        ],
      }),
      'EvaluationResults',
    )
    assert.ok(Array.isArray(results))
    missing[ResourceOwner] = results.map((result) => inside(result, 'MissingContextValues'))
  }
  iam.destroy()
  const unknown = [['aws:ResourceOrgID']]
  assert.deepEqual(missing, { [TEAM]: [[]], [HOME]: unknown, [PARTNER]: unknown })
})

test('an account that may use nothing but its own is kept from the keys and roles of others alone', async () => {
  const perimeter = { StringNotEquals: { 'aws:ResourceAccount': TEAM } }
  await put('scp', 'perimeter', { ...allow('*'), Effect: 'Deny', Condition: perimeter })
  await operate('scp', 'attach', '--name=perimeter', `--id=${TEAM}`)
  const { user, sts } = member(TEAM)
  const own = [
    () => user.send(new ListKeysCommand({})),
    () => user.send(new CreateKeyCommand({})),
    () => user.send(new GenerateRandomCommand({ NumberOfBytes: 1 })),
  ]
  for (const call of own) assert.equal(await outcomeOf(call()), ALLOWED)
  assert.equal(await encrypt(TEAM), ALLOWED)
  assert.equal(await assumeOwn(TEAM), ALLOWED)
  const reason = await runHoldfast(
    server.data,
    ...['simulate', `--principal=arn:aws:iam::${TEAM}:user/ada`],
    ...['--action=kms:Encrypt', `--resource=${member(PARTNER).keyArn}`],
  )
  assert.match(reason.output, /Denied by statement 1 of the service control policy "perimeter"/)
  const iam = iamClient(server, member(TEAM).root)
  const asked = { PolicySourceArn: member(TEAM).roleArn, ActionNames: ['kms:Encrypt'] }
  const ofAnother = { ...asked, ResourceOwner: PARTNER }
  const withheld = JSON.stringify(await callIam(iam, 'SimulatePrincipalPolicy', ofAnother))
  iam.destroy()
  assert.match(withheld, /"AllowedByOrganizations":(?:"false"|false)/)
  assert.doesNotMatch(withheld, /perimeter|FullAWSAccess|aws:ResourceAccount/)
  assert.match(await encrypt(TEAM, member(PARTNER).keyArn), /^AccessDeniedException/)
  const foreign = new AssumeRoleCommand({ RoleArn: member(PARTNER).roleArn, RoleSessionName: 'ci' })
  assert.match(await outcomeOf(sts.send(foreign)), /^AccessDenied/)
  await operate('scp', 'detach', '--name=perimeter', `--id=${TEAM}`)
})

test('a service control policy of a unit or the root binds what is below, and each level has to allow', async () => {
  await operate('scp', 'attach', '--name=no-encrypt', `--id=${unit}`)
  await operate('scp', 'attach', '--name=no-encrypt', `--id=${unit}`)
  assert.match(await operate('scp', 'list'), new RegExp(`^no-encrypt {2}${unit}$`, 'm'))
  assert.match(await encrypt(TEAM), DENIED_BY_SCP)
  await operate('organization', 'move', `--id=${TEAM}`, `--to=${root}`)
  assert.equal(await encrypt(TEAM), ALLOWED)
  await operate('organization', 'move', `--id=${TEAM}`, `--to=${inner}`)
  await operate('scp', 'detach', '--name=no-encrypt', `--id=${unit}`)
  await operate('scp', 'attach', '--name=no-encrypt', `--id=${root}`)
  assert.match(await encrypt(TEAM), DENIED_BY_SCP)
  assert.equal(await encrypt(HOME), ALLOWED)
  assert.equal(await encrypt(PARTNER), ALLOWED)
  await operate('scp', 'detach', '--name=no-encrypt', `--id=${root}`)
  await put('scp', 'sts-only', allow('sts:*'))
  await operate('scp', 'attach', '--name=sts-only', `--id=${unit}`)
  assert.equal(await encrypt(TEAM), ALLOWED)
  await operate('scp', 'detach', '--name=FullAWSAccess', `--id=${unit}`)
  assert.match(await encrypt(TEAM), DENIED_BY_SCP)
  await operate('scp', 'attach', '--name=FullAWSAccess', `--id=${unit}`)
  await operate('scp', 'detach', '--name=sts-only', `--id=${unit}`)
  assert.equal(await encrypt(TEAM), ALLOWED)
})

test('a resource control policy binds whoever uses what accounts below it have', async () => {
  await put('rcp', 'no-encrypt', { ...allow('kms:Encrypt'), Effect: 'Deny', Principal: '*' })
  await operate('rcp', 'attach', '--name=no-encrypt', `--id=${unit}`)
  assert.match(await encrypt(TEAM), DENIED_BY_RCP)
  assert.match(await operate('organization', 'show'), /Products {2}scp FullAWSAccess {2}rcp no-encrypt$/m)
  assert.match(await operate('rcp', 'list'), new RegExp(`^no-encrypt {2}${unit}$`, 'm'))
  const used = await runHoldfast(server.data, 'rcp', 'delete', '--name=no-encrypt')
  assert.match(used.errors, /no-encrypt is attached to ou-/)
  await operate('rcp', 'detach', '--name=no-encrypt', `--id=${unit}`)
  assert.equal(await encrypt(TEAM), ALLOWED)
  await operate('rcp', 'attach', '--name=no-encrypt', `--id=${root}`)
  assert.match(await encrypt(TEAM), DENIED_BY_RCP)
  assert.equal(await encrypt(HOME), ALLOWED, 'the management account is exempt')
  assert.equal(await encrypt(PARTNER), ALLOWED, 'an account outside has none')
  await operate('rcp', 'detach', '--name=no-encrypt', `--id=${root}`)
  await operate('rcp', 'delete', '--name=no-encrypt')
})

test('a resource control policy keeps principals of other organizations out, and binds the assumption of roles', async () => {
  const kms = kmsAs(server, member(TEAM).root)
  const everyone = { ...allow('kms:*'), Principal: { AWS: '*' } }
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policyText(everyone) }))
  kms.destroy()
  const open = KeyMetadata?.Arn ?? ''
  assert.equal(await encrypt(PARTNER, open), ALLOWED)
  await put('rcp', 'ours', {
    ...{ Effect: 'Deny', Principal: '*', Action: ['kms:*', 'sts:*'], Resource: '*' },
    Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': organization } },
  })
  await operate('rcp', 'attach', '--name=ours', `--id=${TEAM}`)
  assert.match(
    await encrypt(PARTNER, open),
    /^AccessDeniedException 400: .* no resource-based policies allow/,
  )
  assert.equal(await encrypt(HOME, open), ALLOWED)
  assert.equal(await encrypt(TEAM, open), ALLOWED)
  assert.equal(await assumeOwn(TEAM), ALLOWED)
  await operate('organization', 'move', `--id=${PARTNER}`, `--to=${unit}`)
  assert.equal(await encrypt(PARTNER, open), ALLOWED)
  await put('rcp', 'ours', { Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole', Resource: '*' })
  assert.match(
    await assumeOwn(TEAM),
    /^AccessDenied 403: .* with an explicit deny in a resource control policy$/,
  )
  assert.equal(await assumeOwn(PARTNER), ALLOWED)
})

test('explain and simulate show the resource control policy as the reason', async () => {
  await put('rcp', 'ours', {
    Sid: 'Closed',
    Effect: 'Deny',
    Principal: '*',
    Action: 'kms:Encrypt',
    Resource: '*',
  })
  const { user, keyArn } = member(TEAM)
  const call = new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x') })
  const failure = await user.send(call).then(
    () => assert.fail('it was allowed'),
    (error: { readonly $metadata: { readonly requestId?: string } }) => error,
  )
  const named = `Denied by statement 1 ("Closed") of the resource control policy "ours" attached to account ${TEAM}.`
  const explained = await runHoldfast(server.data, 'explain', failure.$metadata.requestId ?? '')
  assert.ok(explained.output.includes(named), explained.output + explained.errors)
  const principal = `--principal=arn:aws:iam::${TEAM}:user/ada`
  const simulated = await runHoldfast(
    server.data,
    ...['simulate', principal, '--action=kms:Encrypt', `--resource=${keyArn}`],
  )
  assert.equal(simulated.status, 3)
  assert.ok(simulated.output.includes(named), simulated.output)
  const other = await runHoldfast(
    server.data,
    ...['simulate', principal, '--action=kms:Decrypt', `--resource=${keyArn}`],
  )
  assert.equal(other.status, 0, other.output)
})

test('the organization goes when nothing of it is left, and accounts stay as they are', async () => {
  const refused = await runHoldfast(server.data, 'organization', 'remove', `--id=${TEAM}`)
  assert.match(refused.errors, /111122223333 has resource control policies: detach them first/)
  await operate('rcp', 'detach', '--name=ours', `--id=${TEAM}`)
  for (const account of [TEAM, PARTNER])
    await operate('organization', 'move', `--id=${account}`, `--to=${root}`)
  for (const one of [inner, unit]) await operate('organization', 'unit', 'delete', `--unit=${one}`)
  await operate('scp', 'attach', '--name=no-encrypt', `--id=${TEAM}`)
  await operate('organization', 'delete')
  assert.match(await encrypt(TEAM), DENIED_BY_SCP)
  await operate('scp', 'detach', '--name=no-encrypt', `--id=${TEAM}`)
  assert.equal(await encrypt(TEAM), ALLOWED)
  const shown = await runHoldfast(server.data, 'organization', 'show')
  assert.match(shown.errors, /there is no organization/)
})

test('what operators change is recorded, and the log stays whole', async () => {
  const names = new Set((await readEvents(server.data)).map(({ eventName }) => eventName))
  for (const name of [
    ...['CreateOrganization', 'DeleteOrganization', 'MoveAccount', 'RemoveAccountFromOrganization'],
    ...['CreateOrganizationalUnit', 'UpdateOrganizationalUnit', 'DeleteOrganizationalUnit'],
    ...['PutResourceControlPolicy', 'AttachResourceControlPolicy', 'DetachResourceControlPolicy'],
    ...['DeleteResourceControlPolicy', 'AttachServiceControlPolicy'],
  ]) {
    assert.ok(names.has(name), name)
  }
  const verified = await runHoldfast(server.data, 'audit', 'verify')
  assert.equal(verified.status, 0, verified.errors)
})
