/** Virtual MFA devices of users: from their making to their removal, and what is recorded of them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { readEvents } from '../support/audit.ts'
import { iamClient, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { codeAt, enableDevice, newDevice } from '../support/mfa.ts'
import { type Answer, callIam, inside } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'

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

const codes = (serial: string, first: number, second = first + 1): object => ({
  AuthenticationCode1: codeAt(serial, first),
  AuthenticationCode2: codeAt(serial, second),
})

test('a device is made with a seed and its picture, which nobody can read afterwards', async () => {
  const Tags = [{ Key: 'team', Value: 'keys' }]
  const input = { VirtualMFADeviceName: 'pictured', Path: '/team/', Tags }
  const device = inside(await iam('CreateVirtualMFADevice', input), 'VirtualMFADevice')
  const SerialNumber = `arn:aws:iam::${ACCOUNT}:mfa/team/pictured`
  assert.equal(inside(device, 'SerialNumber'), SerialNumber)
  assert.match(Buffer.from(inside(device, 'Base32StringSeed') as Uint8Array).toString(), /^[A-Z2-7]{32}$/)
  const picture = Buffer.from(inside(device, 'QRCodePNG') as Uint8Array)
  assert.deepEqual([...picture.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47])
  assert.deepEqual(inside(device, 'Tags'), Tags)
  assert.equal(
    await failing('CreateVirtualMFADevice', { ...input, VirtualMFADeviceName: 'Pictured' }),
    'EntityAlreadyExistsException 409: MFADevice entity at the same path and name already exists.',
  )
  const [listed] = inside(await iam('ListVirtualMFADevices'), 'VirtualMFADevices') as Answer[]
  assert.deepEqual(listed, { SerialNumber, Tags })
  await iam('TagMFADevice', { SerialNumber, Tags: [{ Key: 'Stage', Value: 'prod' }] })
  await iam('UntagMFADevice', { SerialNumber, TagKeys: ['TEAM'] })
  assert.deepEqual((await iam('ListMFADeviceTags', { SerialNumber }))['Tags'], [
    { Key: 'Stage', Value: 'prod' },
  ])
  await iam('DeleteVirtualMFADevice', { SerialNumber })
  const none = `NoSuchEntityException 404: VirtualMFADevice with serial number ${SerialNumber} does not exist.`
  for (const name of ['DeleteVirtualMFADevice', 'ListMFADeviceTags']) {
    assert.equal(await failing(name, { SerialNumber }), none, name)
  }
  for (const [name, path] of [
    ['a b', '/'],
    ['x'.repeat(227), '/'],
    ['x'.repeat(226), '/a/'],
  ]) {
    const wrong = { VirtualMFADeviceName: name, Path: path }
    assert.match(await failing('CreateVirtualMFADevice', wrong), /^ValidationError 400/)
  }
})

test('two codes in a row enable a device for one user, and deactivating it ends that', async () => {
  await iam('CreateUser', { UserName: 'ada' })
  await iam('CreateUser', { UserName: 'bob' })
  const SerialNumber = await newDevice(iam, 'of-ada')
  const ada = { UserName: 'ada', SerialNumber }
  const invalid = 'InvalidAuthenticationCodeException 403: Authentication code for device is not valid.'
  for (const wrong of [codes(SerialNumber, 0, -1), codes(SerialNumber, 0, 0), codes(SerialNumber, -60)]) {
    assert.equal(await failing('EnableMFADevice', { ...ada, ...wrong }), invalid)
  }
  await iam('EnableMFADevice', { ...ada, ...codes(SerialNumber, -1) })
  assert.equal(
    await failing('EnableMFADevice', { ...ada, UserName: 'bob', ...codes(SerialNumber, 1) }),
    'EntityAlreadyExistsException 409: MFA Device is already in use.',
  )
  const [listed] = inside(await iam('ListMFADevices', { UserName: 'ada' }), 'MFADevices') as Answer[]
  const { EnableDate, ...shown } = listed ?? {}
  assert.deepEqual(shown, { UserName: 'ada', SerialNumber })
  assert.ok(EnableDate instanceof Date)
  const { $metadata: _metadata, ...got } = await iam('GetMFADevice', ada)
  assert.deepEqual(got, listed)
  const statuses = async (): Promise<readonly unknown[]> => {
    const lists = ['Assigned', 'Unassigned', 'Any'].map(async (AssignmentStatus) => {
      const answer = await iam('ListVirtualMFADevices', { AssignmentStatus })
      return (answer['VirtualMFADevices'] as Answer[]).map((one) => inside(one, 'User', 'UserName') ?? 'none')
    })
    return Promise.all(lists)
  }
  assert.deepEqual(await statuses(), [['ada'], [], ['ada']])
  const foreign = 'NoSuchEntityException 404: MFA Device invalid for user.'
  for (const name of ['DeactivateMFADevice', 'GetMFADevice']) {
    assert.equal(await failing(name, { ...ada, UserName: 'bob' }), foreign, name)
  }
  assert.equal(
    await failing('ResyncMFADevice', { ...ada, UserName: 'bob', ...codes(SerialNumber, 1) }),
    foreign,
  )
  assert.equal(await failing('ResyncMFADevice', { ...ada, ...codes(SerialNumber, -1) }), invalid)
  await iam('ResyncMFADevice', { ...ada, ...codes(SerialNumber, 1) })
  assert.equal(
    await failing('DeleteVirtualMFADevice', { SerialNumber }),
    'DeleteConflictException 409: MFA VirtualDevice in use. Must deactivate first.',
  )
  assert.equal(
    await failing('DeleteUser', { UserName: 'ada' }),
    'DeleteConflictException 409: Cannot delete entity, must delete MFA device first.',
  )
  await iam('DeactivateMFADevice', ada)
  assert.deepEqual(await statuses(), [[], ['none'], ['none']])
  assert.deepEqual(inside(await iam('ListMFADevices', { UserName: 'ada' }), 'MFADevices'), [])
  assert.equal(await failing('GetMFADevice', ada), foreign)
  await iam('DeleteUser', { UserName: 'ada' })
  await iam('DeleteVirtualMFADevice', { SerialNumber })
})

test('a user has eight devices at most', async () => {
  await iam('CreateUser', { UserName: 'eight' })
  const serials: string[] = []
  for (let device = 0; device < 8; device += 1) {
    serials.push(await enableDevice(iam, `eight-${device}`, { UserName: 'eight' }))
  }
  const SerialNumber = await newDevice(iam, 'eight-8')
  assert.equal(
    await failing('EnableMFADevice', { UserName: 'eight', SerialNumber, ...codes(SerialNumber, -1) }),
    'LimitExceededException 409: Cannot exceed quota for MFADevicesPerUser: 8',
  )
  const paged: unknown[] = []
  let Marker: unknown
  do {
    const page = await iam('ListMFADevices', { UserName: 'eight', MaxItems: 3, Marker })
    paged.push(...(page['MFADevices'] as Answer[]).map((device) => device['SerialNumber']))
    Marker = page['Marker']
  } while (Marker !== undefined)
  assert.deepEqual(paged, serials)
})

test('summaries and credential reports count passwords and devices', async () => {
  const summary = async (): Promise<readonly unknown[]> => {
    const answer = await iam('GetAccountSummary')
    return ['MFADevices', 'MFADevicesInUse'].map((name) => inside(answer, 'SummaryMap', name))
  }
  const fieldsOf = async (name: string): Promise<readonly string[]> => {
    const { Content } = await iam('GetCredentialReport')
    const lines = Buffer.from(Content as Uint8Array)
      .toString()
      .split('\n')
    return (lines.find((line) => line.startsWith(`${name},`)) ?? '').split(',').slice(3, 8)
  }
  const [devices, inUse] = (await summary()) as [number, number]
  await iam('CreateUser', { UserName: 'reported' })
  assert.deepEqual(await fieldsOf('reported'), ['false', 'N/A', 'N/A', 'N/A', 'false'])
  await iam('CreateLoginProfile', { UserName: 'reported', Password: 'Some-pass-1' })
  const SerialNumber = await enableDevice(iam, 'reported', { UserName: 'reported' })
  const spare = await newDevice(iam, 'spare')
  assert.deepEqual(await summary(), [devices + 2, inUse + 1])
  const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/
  const [enabled, used, changed = '', rotation, mfa] = await fieldsOf('reported')
  assert.deepEqual([enabled, used, rotation, mfa], ['true', 'no_information', 'N/A', 'true'])
  assert.match(changed, moment)
  await iam('UpdateAccountPasswordPolicy', { MaxPasswordAge: 90 })
  const [, , , next = ''] = await fieldsOf('reported')
  assert.equal(Date.parse(next) - Date.parse(changed), 90 * 86_400_000)
  await iam('DeleteAccountPasswordPolicy')
  await iam('DeactivateMFADevice', { UserName: 'reported', SerialNumber })
  await iam('DeleteVirtualMFADevice', { SerialNumber: spare })
  await iam('DeleteLoginProfile', { UserName: 'reported' })
  assert.deepEqual(await summary(), [devices + 1, inUse])
  assert.deepEqual(await fieldsOf('reported'), ['false', 'N/A', 'N/A', 'N/A', 'false'])
})

test('policies name devices by their ARN, and users by theirs', async () => {
  const policy = policyText(
    { Effect: 'Allow', Action: 'iam:*MFADevice', Resource: `arn:aws:iam::${ACCOUNT}:mfa/own-*` },
    { Effect: 'Allow', Action: 'iam:*MFADevice*', Resource: `arn:aws:iam::${ACCOUNT}:user/\${aws:username}` },
  )
  const own = iamClient(server, await newUser(client, 'own', policy))
  const ask = (name: string, input: object): Promise<Answer> => callIam(own, name, input)
  const SerialNumber = await enableDevice(ask, 'own-phone', { UserName: 'own' })
  assert.equal((inside(await ask('ListMFADevices', {}), 'MFADevices') as Answer[]).length, 1)
  for (const [name, input] of [
    ['CreateVirtualMFADevice', { VirtualMFADeviceName: 'other' }],
    ['EnableMFADevice', { UserName: 'bob', SerialNumber, ...codes(SerialNumber, 1) }],
    ['ListVirtualMFADevices', {}],
  ] as const) {
    assert.match(await failing(name, input, own), /^AccessDenied 403/, name)
  }
  await ask('DeactivateMFADevice', { SerialNumber })
  await ask('DeleteVirtualMFADevice', { SerialNumber })
  own.destroy()
})

test('no event shows a seed, a picture or a code', async () => {
  const events = (await readEvents(server.data)).filter(({ eventName }) => /MFADevice$/.test(eventName))
  assert.ok(events.length >= 30)
  const shown = events.map(({ requestParameters, responseElements }) => [requestParameters, responseElements])
  assert.doesNotMatch(JSON.stringify(shown), /seed|png|authenticationCode/i)
  const created = events.find(({ eventName }) => eventName === 'CreateVirtualMFADevice')
  assert.deepEqual(Object.keys(created?.requestParameters ?? {}), ['path', 'virtualMFADeviceName', 'tags'])
  assert.match(String(inside(created?.responseElements, 'virtualMFADevice', 'serialNumber')), /mfa\/team\//)
})
