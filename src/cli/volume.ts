import { realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { utf8 } from '../base/bytes.ts'
import { systemClock, systemSleep } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { UsageError } from '../base/usage-error.ts'
import {
  type Attachment,
  attachByRecovery,
  attachVolume,
  detachVolume,
  getOpenVolume,
  isStillOpen,
  removeUnfinished,
} from '../volume/attach-volume.ts'
import { BACKENDS } from '../volume/backends.ts'
import { addRecoveryKey, migrateVolume, rekeyVolume } from '../volume/change-key.ts'
import { copyVolume } from '../volume/copy-volume.ts'
import { type Place, readHeader } from '../volume/cryptsetup.ts'
import { formatVolume } from '../volume/format-volume.ts'
import { tokenOf } from '../volume/luks-header.ts'
import { type OpenVolume, readOpenVolumes, useRuntimeFolder } from '../volume/open-volumes.ts'
import { unlockVolume } from '../volume/unlocked-volume.ts'
import type { VolumeToken } from '../volume/volume-token.ts'
import { watchVolume } from '../volume/watch-volume.ts'
import type { VolumeKms } from '../volume/wrapped-key.ts'
import { openAwsClient } from './aws-client.ts'
import type { CommandInput } from './command.ts'
import { openLog } from './log.ts'
import { printNext, printResult } from './result.ts'
import { readSecret } from './secret-input.ts'
import { takeSignals } from './signals.ts'
import { asProfile, complainAbout, usingKms, volumeKmsOf, withFailures } from './volume-kms.ts'

const SYSTEM_FOLDER = '/run/holdfast/volumes'
const MULTIPLES: Readonly<Record<string, number>> = { M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** The folder in memory of open volumes, and of keys that a program takes from a file only. */
async function runtimeFolder({ flags, environment }: CommandInput): Promise<string> {
  const own = environment['XDG_RUNTIME_DIR']
  const isRoot = process.getuid?.() === 0
  const folder =
    flags['runtime-folder'] ??
    (isRoot ? SYSTEM_FOLDER : own === undefined ? undefined : join(own, 'holdfast', 'volumes'))
  if (folder === undefined)
    throw new UsageError('--runtime-folder: expected a folder in memory: XDG_RUNTIME_DIR is not set')
  return await useRuntimeFolder(folder)
}

/** The first operand, with the folder for keys. */
export async function placeOf(input: CommandInput): Promise<Place> {
  return { device: resolve(input.operands[0] ?? ''), memory: await runtimeFolder(input) }
}

/** `holdfast volume format` */
export function formatDevice(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    const { flags, switches } = input
    const place = await placeOf(input)
    const token = await usingKms(input, (kms) =>
      formatVolume(kms, place, {
        keyId: flags['key'] ?? '',
        scheme: flags['scheme'] === 'ebs' ? 'ebs' : 'slot',
        sectorSize: flags['sector-size'] ?? '',
        imageBytes: flags['size'] === undefined ? undefined : bytesOf(flags['size']),
        overwrite: switches.has('overwrite'),
      }),
    )
    printToken(input, place.device, token)
    printNext(input, `holdfast volume recovery add ${place.device}, and keep the key elsewhere`)
    return 0
  })
}

function bytesOf(size: string): number {
  return Number(size.slice(0, -1)) * (MULTIPLES[size.slice(-1)] ?? 1)
}

function printToken(input: CommandInput, device: string, token: VolumeToken): void {
  const { volumeId, keyArn, scheme, generation, createdAt } = token
  printResult(input, { device, volumeId, keyArn, scheme, generation, createdAt }, () => [
    `${volumeId}  ${device}`,
    `  key          ${keyArn}`,
    `  scheme       ${scheme}`,
    `  generation   ${generation}, of ${createdAt}`,
  ])
}

/** `holdfast volume open` */
export function openDevice(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    const { flags, switches, operands } = input
    const place = await placeOf(input)
    const profile = flags['grant-profile']
    if (profile !== undefined && flags['grantee'] === undefined)
      throw new UsageError('--grant-profile: expected --grantee too')
    const attachment: Omit<Attachment, 'granting'> = {
      name: operands[1] ?? '',
      place,
      runtime: place.memory,
      backend: BACKENDS.find((one) => one === flags['backend']),
      readOnly: switches.has('read-only'),
      expectedId: flags['volume-id'],
    }
    const volume = switches.has('recovery')
      ? await openByRecovery(input, attachment)
      : await usingKms(input, (kms) => openByKms(input, kms, attachment))
    printOpen(input, volume)
    return 0
  })
}

/** Without the option, nobody is asked for anything. */
async function openByRecovery(
  input: CommandInput,
  attachment: Omit<Attachment, 'granting'>,
): Promise<OpenVolume> {
  const text = await readSecret('the recovery key', RECOVERY_MAX_BYTES, input.output.complain)
  using recovery = new Secret(utf8(text.trim().toUpperCase()))
  return await attachByRecovery({ ...attachment, granting: undefined }, recovery)
}

const RECOVERY_MAX_BYTES = 256

async function openByKms(
  input: CommandInput,
  kms: VolumeKms,
  attachment: Omit<Attachment, 'granting'>,
): Promise<OpenVolume> {
  const { grantee, 'grant-profile': profile } = input.flags
  if (grantee === undefined) return await attachVolume(kms, { ...attachment, granting: undefined })
  if (profile === undefined) return await attachVolume(kms, { ...attachment, granting: { grantee, kms } })
  return await usingKms(asProfile(input, profile), (creator) =>
    attachVolume(kms, { ...attachment, granting: { grantee, kms: creator } }),
  )
}

function printOpen(
  input: CommandInput,
  { name, device, volumeId, keyArn, backend, path, openedAt, grant }: OpenVolume,
): void {
  const grantId = grant?.grantId ?? null
  const document = { name, device, volumeId, keyArn, backend: backend ?? null, path, openedAt, grantId }
  printResult(input, document, () => [
    `${volumeId}  ${device} is open as ${name}`,
    `  plaintext    ${path}`,
    `  backend      ${backend ?? 'none: only its grant is left'}`,
    `  key          ${keyArn}`,
    ...(grantId === null ? [] : [`  grant        ${grantId}`]),
    `  opened       ${openedAt}`,
  ])
}

/** `holdfast volume close` */
export function closeName(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    const [name = ''] = input.operands
    const [runtime, force] = [await runtimeFolder(input), input.switches.has('force')]
    if (await removeUnfinished(runtime, name)) {
      printResult(input, { name, volumeId: null, device: null }, () => [
        `${name} was not open; what was left of it is removed`,
      ])
      return 0
    }
    const opened: Disposable[] = []
    const kms = async (): Promise<VolumeKms> => {
      const client = await openAwsClient(input)
      opened.push(client)
      return volumeKmsOf(client)
    }
    try {
      const { volumeId, device } = await detachVolume(kms, { runtime, name, force })
      printResult(input, { name, volumeId, device }, () => [`${volumeId}  ${device} is closed`])
      return 0
    } finally {
      for (const client of opened) client[Symbol.dispose]()
    }
  })
}

/** `holdfast volume status` */
export function showStatus(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    const { device, memory } = await placeOf(input)
    const header = await readHeader(device)
    const { token } = tokenOf(header)
    const path = await realpath(device)
    const open = (await readOpenVolumes(memory)).find((one) => one.device === path)
    const { volumeId, keyArn, scheme, generation, createdAt } = token
    const others = header.keyslots.filter((slot) => !token.keyslots.includes(slot))
    const unfinished = header.ours.length > 1
    const document = {
      device,
      volumeId,
      keyArn,
      scheme,
      generation,
      createdAt,
      otherKeyslots: others,
      unfinished,
    }
    printResult(input, { ...document, name: open?.name ?? null, openedAt: open?.openedAt ?? null }, () => [
      `${volumeId}  ${device}`,
      `  key          ${keyArn}`,
      `  scheme       ${scheme}`,
      `  generation   ${generation}, of ${createdAt}`,
      `  open         ${open === undefined ? 'no' : `as ${open.name} since ${open.openedAt}; it stays open when its key is disabled, unless holdfast volume watch closes it`}`,
      `  other slots  ${others.length === 0 ? 'none: without KMS nothing opens it' : others.join(', ')}`,
      ...(unfinished ? ['  unfinished   a change of the key was interrupted: run it again'] : []),
    ])
    return 0
  })
}

/** `holdfast volume list` */
export function listOpen(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    const runtime = await runtimeFolder(input)
    const volumes = await Promise.all(
      (await readOpenVolumes(runtime)).map(async (volume) => {
        const { name, device, volumeId, keyArn, path, openedAt, backend } = volume
        const served = await isStillOpen(runtime, volume)
        return { name, device, volumeId, keyArn, backend: backend ?? null, path, openedAt, served }
      }),
    )
    printResult(input, { volumes }, () =>
      volumes.map(
        ({ name, volumeId, path, served }) => `${name}  ${volumeId}  ${served ? path : 'not open: close it'}`,
      ),
    )
    return 0
  })
}

/** `holdfast volume rekey` */
export function rekeyDevice(input: CommandInput): Promise<number> {
  return changeToken(input, rekeyVolume)
}

/** `holdfast volume migrate` */
export function migrateDevice(input: CommandInput): Promise<number> {
  return changeToken(input, (kms, place) => migrateVolume(kms, place, input.flags['to-key'] ?? ''))
}

/** `holdfast volume verify` */
export function verifyDevice(input: CommandInput): Promise<number> {
  return changeToken(input, async (kms, place) => {
    using volume = await unlockVolume(kms, place, { volumeId: input.flags['volume-id'] })
    return volume.token
  })
}

function changeToken(
  input: CommandInput,
  change: (kms: VolumeKms, place: Place) => Promise<VolumeToken>,
): Promise<number> {
  return withFailures(input, async () => {
    const place = await placeOf(input)
    printToken(input, place.device, await usingKms(input, (kms) => change(kms, place)))
    return 0
  })
}

/** `holdfast volume snapshot copy` */
export function copyDevice(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    const [source = '', target = ''] = input.operands.map((path) => resolve(path))
    const path = await realpath(source).catch(() => source)
    const open = (await readOpenVolumes(await runtimeFolder(input))).find((one) => one.device === path)
    if (open !== undefined) throw new UsageError(`SOURCE: ${source} is open as ${open.name}: close it first`)
    const token = await usingKms(input, (kms) => copyVolume(kms, { source, target }, input.flags['to-key']))
    printToken(input, target, token)
    return 0
  })
}

/** `holdfast volume recovery add` */
export function addRecovery(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    const place = await placeOf(input)
    const { text, keyslot, volumeId } = await usingKms(input, (kms) => addRecoveryKey(kms, place))
    printResult(input, { volumeId, keyslot, recoveryKey: text }, () => [text])
    printNext(input, `keep the key away from this machine: it opens ${volumeId} without KMS`)
    return 0
  })
}

const SECOND_MS = 1000
const MINUTE_MS = 60_000
/** Two attempts of a check fit into the shortest interval between checks. */
const CHECK_LIMIT_MS = 2000

/** `holdfast volume watch` */
export function watchName(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    const { flags, output } = input
    const [name = ''] = input.operands
    const runtime = await runtimeFolder(input)
    const opened = await getOpenVolume(runtime, name)
    const { volumeId } = opened
    const log = openLog()
    const stop = takeSignals(log)
    const outage = flags['outage-minutes']
    printResult(input, { event: 'watching', name, volumeId }, () => [`watching ${name}, ${volumeId}`])
    const failure = await usingKms(
      input,
      (kms) =>
        watchVolume(kms, {
          runtime,
          name,
          opened,
          outageMs: outage === undefined ? undefined : Number(outage) * MINUTE_MS,
          clock: systemClock,
          nextCheck: () => intervalOr(Number(flags['interval']) * SECOND_MS, stop),
          noAnswer: (reason) => log.warn('KMS gave no answer: the volume stays open', { name, reason }),
          notClosed: (reason) => log.error('the volume could not be closed', { name, reason }),
        }),
      { timeoutMs: CHECK_LIMIT_MS, attemptsMax: 2 },
    )
    if (failure === undefined) {
      printResult(input, { event: 'stopping', name, volumeId }, () => ['stopping'])
      return 0
    }
    const reason = failure.message
    printResult(input, { event: 'closed', name, volumeId, reason }, () => [
      `${name}, ${volumeId}, was closed`,
    ])
    return complainAbout(output, failure)
  })
}

/** The end of watching is noticed within it. */
const STEP_MS = 200

/** Waits, and tells whether the time is over rather than the watching. It keeps the process alive. */
async function intervalOr(delayMs: number, stop: Promise<void>): Promise<boolean> {
  const stopped = stop.then(() => true)
  for (let waitedMs = 0; waitedMs < delayMs; waitedMs += STEP_MS) {
    if (await Promise.race([stopped, systemSleep(STEP_MS).then(() => false)])) return false
  }
  return true
}
