import { mkdir, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJsonText } from '../base/json-text.ts'
import { isMemoryFolder } from '../base/memory-folder.ts'
import { systemClock } from '../base/ports.ts'
import { ownershipProblem, readRegularText } from '../base/regular-file.ts'
import { UsageError } from '../base/usage-error.ts'
import { BACKENDS, type Backend } from './backends.ts'
import { removeLeftKeys } from './memory-file.ts'
import { VolumeError } from './volume-error.ts'
import type { Grant } from './wrapped-key.ts'

const STATE = 'state.json'
/** Holds the path of the device from the first moment on. */
const DEVICE = 'device'
const OWNER_ONLY_FILE = 0o600
const OWNER_ONLY_FOLDER = 0o700
/** The names of open volumes, which become names of device mappings. */
const VOLUME_NAME = /^[A-Za-z0-9_][\w.-]{0,63}$/

/** A volume that was opened on this machine. */
export type OpenVolume = {
  readonly name: string
  readonly device: string
  readonly volumeId: string
  readonly keyArn: string
  /** Nothing when it is closed, and only its grant is still to be retired. */
  readonly backend: Backend | undefined
  /** Where the plaintext is. */
  readonly path: string
  readonly openedAt: string
  readonly grant: Grant | undefined
}

/**
 * The folder in memory that remembers open volumes, without keys that killed processes have left there.
 *
 * @throws UsageError when it is not in memory, or others could change it.
 */
export async function useRuntimeFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
  if (!(await isMemoryFolder(folder)))
    throw new UsageError(`--runtime-folder: expected a folder in memory (tmpfs); got '${folder}'`)
  const problem = ownershipProblem(await stat(folder))
  if (problem !== undefined) throw new UsageError(`--runtime-folder: '${folder}': ${problem}`)
  await removeLeftKeys(folder, systemClock.now())
  return await realpath(folder)
}

/**
 * Takes a name for a volume, and returns the folder of its files. Of two processes that open one device at the same
 * moment, at most one succeeds.
 *
 * @throws VolumeError `state` when the name or the device is taken.
 */
export async function takeName(runtime: string, name: string, device: string): Promise<string> {
  const folder = join(runtime, name)
  try {
    await mkdir(folder, { mode: OWNER_ONLY_FOLDER })
  } catch (cause) {
    const message = `${name} is open already, or was not closed: run holdfast volume close ${name}`
    throw new VolumeError('state', message, { cause })
  }
  await writeFile(join(folder, DEVICE), device, { flag: 'wx', mode: OWNER_ONLY_FILE })
  for (const other of await namesIn(runtime)) {
    const taken = await readFile(join(runtime, other, DEVICE), 'utf8').catch(() => undefined)
    if (other === name || taken !== device) continue
    await forgetVolume(runtime, name)
    throw new VolumeError('state', `${device} is open already, as ${other}`)
  }
  return folder
}

/** Whether a process that was opening a volume ended before the volume was open, and left its folder. */
export async function isUnfinished(runtime: string, name: string): Promise<boolean> {
  return (await namesIn(runtime)).includes(name) && (await findOpenVolume(runtime, name)) === undefined
}

async function namesIn(runtime: string): Promise<readonly string[]> {
  return (await readdir(runtime)).filter((name) => VOLUME_NAME.test(name)).sort()
}

/** Writes what is known about an open volume. A reader never sees a part of it. */
export async function writeOpenVolume(runtime: string, volume: OpenVolume): Promise<void> {
  const path = join(runtime, volume.name, STATE)
  const file = await open(`${path}.new`, 'w', OWNER_ONLY_FILE)
  try {
    await file.writeFile(JSON.stringify(volume))
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

/** Forgets a volume. */
export async function forgetVolume(runtime: string, name: string): Promise<void> {
  await rm(join(runtime, name), { recursive: true, force: true })
}

/** The volume with a name; nothing when it is not open. */
export async function findOpenVolume(runtime: string, name: string): Promise<OpenVolume | undefined> {
  try {
    return parseOpenVolume(await readRegularText(join(runtime, name, STATE), { noLink: true, own: true }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw new VolumeError('machine', `what is known about ${name} cannot be read`, { cause: error })
  }
}

/** All open volumes. */
export async function readOpenVolumes(runtime: string): Promise<readonly OpenVolume[]> {
  const found = await Promise.all((await namesIn(runtime)).map((name) => findOpenVolume(runtime, name)))
  return found.filter((volume) => volume !== undefined)
}

function parseOpenVolume(json: string): OpenVolume {
  const value = parseJsonText(json)
  const members: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {}
  const text = (name: string): string => {
    const found = members[name]
    if (typeof found !== 'string') throw new Error(`it has no ${name}`)
    return found
  }
  return {
    name: text('name'),
    device: text('device'),
    volumeId: text('volumeId'),
    keyArn: text('keyArn'),
    backend: BACKENDS.find((one) => one === members['backend']),
    path: text('path'),
    openedAt: text('openedAt'),
    grant: parseGrant(members['grant']),
  }
}

function parseGrant(value: unknown): Grant | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { keyArn, grantId, token }: Readonly<Record<string, unknown>> = { ...value }
  if (typeof keyArn !== 'string' || typeof grantId !== 'string' || typeof token !== 'string')
    throw new Error('its grant is malformed')
  return { keyArn, grantId, token }
}
