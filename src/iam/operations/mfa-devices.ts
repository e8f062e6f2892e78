import { KmsError } from '../../api/errors.ts'
import { instant, list, oneOf, optional, text, textMap } from '../../api/shapes.ts'
import { assert } from '../../base/assert.ts'
import { utf8 } from '../../base/bytes.ts'
import { newSeed, seedUri, synchronize } from '../../custody/one-time-codes.ts'
import { qrCodePng } from '../../custody/qr-code.ts'
import { insert, remove, replace, type Stored } from '../../store/records.ts'
import { ACCOUNT, ACCOUNTS } from '../accounts/account.ts'
import { KEY_HOLDER, type KeyHolder } from '../credentials/key-holders.ts'
import {
  DEVICE_NAMED,
  DEVICES_IN_USE_QUOTA,
  DEVICES_PER_USER_MAX,
  deviceKey,
  findDevice,
  MFA_DEVICE,
  type MfaDeviceValue,
  noSuchDevice,
  serialNumber,
  tooManyDevices,
} from '../credentials/mfa-device.ts'
import { countLess, countMore } from '../entities/entities.ts'
import { parseTags } from '../entities/entity-tags.ts'
import { ON_ACCOUNT, toBeMade, USER_NAMED } from '../entities/finders.ts'
import { MFA_DEVICE_ANSWER, VIRTUAL_MFA_DEVICE_ANSWER } from '../iam-answers.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { type Invocation, iamOperation, tagging } from '../iam-operation.ts'
import { tagsIfAny, timestamp, userOutput } from '../iam-outputs.ts'
import { pageOf, wholeSection } from '../iam-pages.ts'
import { pageBy } from '../iam-paging.ts'
import { read, USER, type UserValue } from '../iam-records.ts'
import {
  AUTHENTICATION_CODE,
  MFA_DEVICE_NAME,
  NAME_128,
  PAGE,
  PAGING,
  PATH,
  SERIAL_NUMBER,
  TAGS,
} from '../iam-shapes.ts'
import {
  type DeviceHolder,
  type PasskeyValue,
  passkeysOf,
  rootDevices,
  userDevices,
} from '../passkeys/passkey-records.ts'

/** Beyond it no operation could name the device. Source: the IAM service model, `serialNumberType`. */
const SERIAL_MAX_CHARS = 256

/** The issuer that authenticator apps show beside the name of the device. */
const ISSUER = 'Holdfast'

const createVirtualMfaDevice = iamOperation(
  {
    name: 'CreateVirtualMFADevice',
    readOnly: false,
    input: { Path: optional(PATH), VirtualMFADeviceName: MFA_DEVICE_NAME, Tags: optional(TAGS) },
    output: { VirtualMFADevice: VIRTUAL_MFA_DEVICE_ANSWER },
    find: toBeMade<{ readonly VirtualMFADeviceName: string; readonly Path?: string | undefined }>(
      'mfa',
      ({ VirtualMFADeviceName }) => VirtualMFADeviceName,
    ),
    tags: ({ Tags }) => Tags,
    alsoNeeds: tagging('iam:TagMFADevice'),
  },
  async ({ call, input, dependencies, arn }) => {
    const { account } = call.caller
    const place = { path: input.Path ?? '/', name: input.VirtualMFADeviceName }
    if (arn.length > SERIAL_MAX_CHARS) {
      throw new KmsError('ValidationException', `The serial number ${arn} is too long.`)
    }
    if ((await read(dependencies.records, MFA_DEVICE, account, deviceKey(place))) !== undefined) {
      const message = 'MFADevice entity at the same path and name already exists.'
      throw new KmsError('EntityAlreadyExistsException', message)
    }
    const seed = newSeed(dependencies.random)
    const tags = parseTags(input.Tags)
    const value: MfaDeviceValue = {
      ...{ format: 1, ...place, createdAt: call.now, tags, seed },
      ...{ driftSteps: 0, lastStep: -1 },
    }
    const alias = (await read(dependencies.records, ACCOUNT, ACCOUNTS, account))?.value.alias
    const label = `${place.name}@${alias ?? account}`
    return {
      output: {
        VirtualMFADevice: {
          SerialNumber: arn,
          Base32StringSeed: utf8(seed),
          QRCodePNG: qrCodePng(seedUri(seed, ISSUER, label)),
          Tags: tagsIfAny(tags),
        },
      },
      changes: [
        insert(MFA_DEVICE, account, deviceKey(place), value),
        await countMore(dependencies, account, 'mfaDevices', DEVICES_IN_USE_QUOTA),
      ],
    }
  },
)

const deleteVirtualMfaDevice = iamOperation(
  {
    name: 'DeleteVirtualMFADevice',
    readOnly: false,
    input: { SerialNumber: SERIAL_NUMBER },
    find: DEVICE_NAMED,
  },
  async ({ call, dependencies, entity }) => {
    if (entity.value.enabled !== undefined) {
      const message = 'MFA VirtualDevice in use. Must deactivate first.'
      throw new KmsError('DeleteConflictException', message)
    }
    const counted = await countLess(dependencies.records, call.caller.account, 'mfaDevices')
    return { changes: [remove(entity), counted] }
  },
)

const CODES = { AuthenticationCode1: AUTHENTICATION_CODE, AuthenticationCode2: AUTHENTICATION_CODE }

const enableMfaDevice = iamOperation(
  {
    name: 'EnableMFADevice',
    readOnly: false,
    input: { UserName: NAME_128, SerialNumber: SERIAL_NUMBER, ...CODES },
    find: USER_NAMED,
  },
  async ({ call, input, dependencies, entity: user }) => {
    const { account } = call.caller
    const { SerialNumber: serial } = input
    const device = await findDevice(dependencies.records, account, serial)
    if (device === undefined) throw noSuchDevice(serial)
    if (device.value.enabled !== undefined) {
      throw new KmsError('EntityAlreadyExistsException', 'MFA Device is already in use.')
    }
    const { id, mfaDevices = [] } = user.value
    if (mfaDevices.length >= DEVICES_PER_USER_MAX) {
      throw tooManyDevices()
    }
    const state = inStep({ call, dependencies, input }, id, device.value)
    const enabled = { userId: id, at: call.now }
    return {
      changes: [
        replace(device, { ...device.value, ...state, enabled }),
        replace(user, { ...user.value, mfaDevices: [...mfaDevices, serial] }),
        await countMore(dependencies, account, 'mfaDevicesInUse', DEVICES_IN_USE_QUOTA),
      ],
    }
  },
)

const deactivateMfaDevice = iamOperation(
  {
    name: 'DeactivateMFADevice',
    readOnly: false,
    input: { UserName: optional(NAME_128), SerialNumber: SERIAL_NUMBER },
    find: KEY_HOLDER,
  },
  async ({ call, input, dependencies, entity: holder }) => {
    const { SerialNumber: serial } = input
    const { account } = call.caller
    const counted = await countLess(dependencies.records, account, 'mfaDevicesInUse')
    const passkey = await findPasskey(dependencies, holder, serial)
    if (passkey !== undefined) {
      const { devices, withDevices } = devicesOf(holder)
      return {
        changes: [remove(passkey), withDevices(devices.filter((one) => one !== serial)), counted],
      }
    }
    const { device, owner } = await ownDevice(dependencies, account, holder.user, serial)
    const { enabled: _enabled, ...rest } = device.value
    const left = (owner.value.mfaDevices ?? []).filter((one) => one !== serial)
    return {
      changes: [replace(device, rest), replace(owner, { ...owner.value, mfaDevices: left }), counted],
    }
  },
)

const resyncMfaDevice = iamOperation(
  {
    name: 'ResyncMFADevice',
    readOnly: false,
    input: { UserName: NAME_128, SerialNumber: SERIAL_NUMBER, ...CODES },
    find: USER_NAMED,
  },
  async ({ call, input, dependencies, entity }) => {
    const { device, owner } = await ownDevice(dependencies, call.caller.account, entity, input.SerialNumber)
    const state = inStep({ call, dependencies, input }, owner.value.id, device.value)
    return { changes: [replace(device, { ...device.value, ...state })] }
  },
)

const getMfaDevice = iamOperation(
  {
    name: 'GetMFADevice',
    readOnly: true,
    input: { SerialNumber: SERIAL_NUMBER, UserName: optional(NAME_128) },
    output: { UserName: text(), SerialNumber: text(), EnableDate: instant(), Certifications: textMap() },
    find: KEY_HOLDER,
  },
  async ({ call, input, dependencies, entity: holder }) => {
    const passkey = await findPasskey(dependencies, holder, input.SerialNumber)
    if (passkey !== undefined) return { output: passkeyOutput(holder, passkey) }
    const { user } = holder
    const { device, owner } = await ownDevice(dependencies, call.caller.account, user, input.SerialNumber)
    return { output: deviceOutput(owner, device) }
  },
)

const listMfaDevices = iamOperation(
  {
    name: 'ListMFADevices',
    readOnly: true,
    input: { UserName: optional(NAME_128), ...PAGING },
    output: { MFADevices: list(MFA_DEVICE_ANSWER), ...PAGE },
    find: KEY_HOLDER,
  },
  async ({ call, input, dependencies, entity: holder }) => {
    const { items: serials, more } = pageBy(devicesOf(holder).devices, (serial) => serial, input)
    const devices = []
    const { user } = holder
    for (const serial of serials) {
      const passkey = await findPasskey(dependencies, holder, serial)
      if (passkey !== undefined) {
        devices.push(passkeyOutput(holder, passkey))
        continue
      }
      const { device, owner } = await ownDevice(dependencies, call.caller.account, user, serial)
      devices.push(deviceOutput(owner, device))
    }
    return { output: { ...more, MFADevices: devices } }
  },
)

const listVirtualMfaDevices = iamOperation(
  {
    name: 'ListVirtualMFADevices',
    readOnly: true,
    input: { AssignmentStatus: optional(oneOf('Assigned', 'Unassigned', 'Any')), ...PAGING },
    output: { VirtualMFADevices: list(VIRTUAL_MFA_DEVICE_ANSWER), ...PAGE },
    find: ON_ACCOUNT,
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const { AssignmentStatus: wanted = 'Any' } = input
    const section = wholeSection('devices', MFA_DEVICE, {
      records: dependencies.records,
      partition: account,
      show: ({ value }) => {
        const status = value.enabled === undefined ? 'Unassigned' : 'Assigned'
        return wanted === 'Any' || wanted === status ? virtualOutput(dependencies, account, value) : undefined
      },
    })
    const { items, more } = await pageOf([section], input, dependencies.giveWay)
    return { output: { ...more, VirtualMFADevices: items } }
  },
)

type OwnDevice = { readonly device: Stored<MfaDeviceValue>; readonly owner: Stored<UserValue> }

/** @throws NoSuchEntityException for a device that does not exist, or is not this user's. */
async function ownDevice(
  { records }: IamDependencies,
  account: string,
  owner: Stored<UserValue> | undefined,
  serial: string,
): Promise<OwnDevice> {
  const device = await findDevice(records, account, serial)
  if (device === undefined) throw noSuchDevice(serial)
  if (owner === undefined || device.value.enabled?.userId !== owner.value.id) {
    throw new KmsError('NoSuchEntityException', 'MFA Device invalid for user.')
  }
  return { device, owner }
}

/** The passkey with a serial number; nothing when it is not this holder's. */
async function findPasskey(
  { records }: IamDependencies,
  holder: KeyHolder,
  serial: string,
): Promise<Stored<PasskeyValue> | undefined> {
  const { account, devices } = devicesOf(holder)
  const [passkey] = await passkeysOf(records, { account, devices: devices.filter((one) => one === serial) })
  return passkey
}

function devicesOf({ user, account }: KeyHolder): DeviceHolder {
  if (user !== undefined) return userDevices(user)
  assert(account !== undefined, 'a holder is a user or the root user of an account')
  return rootDevices(account)
}

function passkeyOutput({ user }: KeyHolder, { name, partition, value }: Stored<PasskeyValue>) {
  return {
    UserName: user?.value.name ?? partition,
    SerialNumber: name,
    EnableDate: timestamp(value.createdAt),
  }
}

type Codes = { readonly AuthenticationCode1: string; readonly AuthenticationCode2: string }

/** The state of a device after two codes in a row. @throws InvalidAuthenticationCodeException, ThrottlingException. */
function inStep(
  { call, dependencies: { attempts }, input }: Invocation<Codes>,
  userId: string,
  device: MfaDeviceValue,
) {
  attempts.begin('resync', userId, call.requestId)
  const state = synchronize(device, [input.AuthenticationCode1, input.AuthenticationCode2], call.now)
  if (state === undefined) {
    throw new KmsError('InvalidAuthenticationCodeException', 'Authentication code for device is not valid.')
  }
  attempts.takeBack('resync', userId, call.requestId)
  return state
}

function deviceOutput({ value: { name } }: Stored<UserValue>, { partition, value }: Stored<MfaDeviceValue>) {
  return {
    UserName: name,
    SerialNumber: serialNumber(partition, value),
    EnableDate: value.enabled && timestamp(value.enabled.at),
  }
}

async function virtualOutput({ records }: IamDependencies, account: string, value: MfaDeviceValue) {
  const { enabled } = value
  const user = enabled && (await read(records, USER, account, enabled.userId))
  return {
    SerialNumber: serialNumber(account, value),
    User: user && userOutput(account, user.value),
    EnableDate: enabled && timestamp(enabled.at),
    Tags: tagsIfAny(value.tags),
  }
}

/** Virtual MFA devices. Source: IAM API Reference, "CreateVirtualMFADevice" and so on. */
export const MFA_DEVICE_OPERATIONS: readonly IamOperation[] = [
  createVirtualMfaDevice,
  deleteVirtualMfaDevice,
  enableMfaDevice,
  deactivateMfaDevice,
  resyncMfaDevice,
  getMfaDevice,
  listMfaDevices,
  listVirtualMfaDevices,
]
