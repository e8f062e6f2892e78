import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, open, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex, utf8 } from '../base/bytes.ts'
import { type Random, systemSleep } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { type Place, readVolumeKey, type VolumeKey, withKey } from './cryptsetup.ts'
import { CIPHER, type LuksHeader } from './luks-header.ts'
import { withMemoryFile } from './memory-file.ts'
import { runOrFail, runTool, TOOL_PATH } from './run-tool.ts'
import { VolumeError } from './volume-error.ts'

/**
 * What makes the plaintext of a volume available:
 *
 * - `dm-crypt`: the kernel, as /dev/mapper/NAME
 * - `nbdkit`: a process that serves NBD on a Unix socket
 * - `fuse`: the same, and nbdfuse, which shows it as a file
 */
export const BACKENDS = ['dm-crypt', 'fuse', 'nbdkit'] as const

/** See {@link BACKENDS}. */
export type Backend = (typeof BACKENDS)[number]

/** How a volume is opened. */
export type Opening = {
  readonly name: string
  readonly place: Place
  readonly header: LuksHeader
  readonly key: VolumeKey
  /** The folder in memory for the files of this open volume. */
  readonly folder: string
  readonly readOnly: boolean
  readonly random: Random
}

/** The misc devices that the kernel has. */
const MISC_DEVICES = '/proc/misc'

/** The first backend that this machine has. @throws VolumeError `machine` when it has none. */
export async function findBackend(): Promise<Backend> {
  if (await hasDeviceMapper()) return 'dm-crypt'
  if (await hasProgram('nbdkit', '--version')) {
    const fuse = (await hasProgram('nbdfuse', '--version')) && (await isUsable('/dev/fuse'))
    return fuse ? 'fuse' : 'nbdkit'
  }
  throw new VolumeError('machine', 'this machine has neither dm-crypt nor nbdkit')
}

async function hasDeviceMapper(): Promise<boolean> {
  const devices = await readFile(MISC_DEVICES, 'utf8').catch(() => '')
  return /\bdevice-mapper$/m.test(devices) && (await isUsable('/dev/mapper/control'))
}

async function hasProgram(program: string, argument: string): Promise<boolean> {
  return (await runTool(program, [argument]).catch(() => undefined))?.status === 0
}

async function isUsable(path: string): Promise<boolean> {
  return await access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
}

/** Opens the plaintext of a volume, and returns where it is. @throws VolumeError `machine`. */
export async function openBackend(backend: Backend, opening: Opening): Promise<string> {
  switch (backend) {
    case 'dm-crypt':
      return await openMapping(opening)
    case 'nbdkit':
      return uriOf(await serveNbd(opening))
    case 'fuse':
      return await showAsFile(opening, await serveNbd(opening))
  }
}

async function openMapping({ place, key, name, readOnly }: Opening): Promise<string> {
  const more = readOnly ? ['--readonly'] : []
  await withKey(place, key, (args, stdin) =>
    runOrFail('cryptsetup', ['open', '--type', 'luks2', ...more, ...args, '--', place.device, name], {
      stdin,
    }),
  )
  return `/dev/mapper/${name}`
}

const SOCKET = 'nbd.socket'
const HEADER = 'header'
const FILE = 'volume'
const PID = { nbdkit: 'nbdkit.pid', nbdfuse: 'nbdfuse.pid' } as const
const MIB = 1_048_576
/** The LUKS1 header takes less. Source: LUKS1 On-Disk Format Specification 1.2.3: 8 keyslots of 256 KB. */
const HEADER_BYTES = 2 * MIB
const LUKS1_SECTOR_BYTES = 512
const PASSING_BYTES = 32

/**
 * nbdkit reads LUKS1 only. Its data are those of LUKS2 with sectors of 512 bytes, so it gets a LUKS1 header in memory
 * with the volume key under a passphrase that nobody else ever knows, in front of the whole device. Returns the socket.
 */
async function serveNbd(opening: Opening): Promise<string> {
  const { place, header, folder, readOnly, random } = opening
  if (header.sectorSize !== LUKS1_SECTOR_BYTES)
    throw new VolumeError(
      'machine',
      `nbdkit opens volumes with sectors of 512 bytes; this one has ${header.sectorSize}: it needs dm-crypt`,
    )
  using passing = new Secret(utf8(toHex(random.bytes(PASSING_BYTES))))
  const headerFile = join(folder, HEADER)
  await writePassingHeader(opening, headerFile, passing)
  const size = await sizeOf(place.device)
  const socket = join(folder, SOCKET)
  const filters = ['--filter=luks', '--filter=offset']
  // The virtual disk has a partition table in front, then the header, then the device.
  const disk = [
    ...['partitioning', `file=${headerFile}`, `file=${place.device}`, 'alignment=1M'],
    ...['offset=1M', `range=${HEADER_BYTES + size}`],
  ]
  const daemon = [
    '--unix',
    socket,
    '--pidfile',
    join(folder, PID.nbdkit),
    ...(readOnly ? ['--readonly'] : []),
  ]
  await passing.reveal((bytes) =>
    withMemoryFile(place.memory, bytes, (file) =>
      runOrFail('nbdkit', [...daemon, ...filters, ...disk, `passphrase=+${file}`], { folder }),
    ),
  )
  return socket
}

async function writePassingHeader(opening: Opening, headerFile: string, passing: Secret): Promise<void> {
  const { place, header, key } = opening
  using volumeKey = await volumeKeyOf(place, key)
  const file = await open(headerFile, 'wx', 0o600)
  await file.close()
  const dataAt = HEADER_BYTES + header.dataOffset
  await truncate(headerFile, dataAt + MIB)
  const layout = ['--type', 'luks1', '--offset', String(dataAt / LUKS1_SECTOR_BYTES)]
  const cipher = ['--cipher', CIPHER, '--key-size', '512', '--hash', 'sha256']
  const fast = ['--pbkdf-force-iterations', '1000']
  await volumeKey.reveal((bytes) =>
    withMemoryFile(place.memory, bytes, (keyFile) =>
      passing.reveal((stdin) =>
        runOrFail(
          'cryptsetup',
          [
            ...['luksFormat', '--batch-mode', ...layout, ...cipher, ...fast],
            ...['--volume-key-file', keyFile, '--key-file=-', '--', headerFile],
          ],
          { stdin },
        ),
      ),
    ),
  )
  await truncate(headerFile, HEADER_BYTES)
}

async function volumeKeyOf(place: Place, key: VolumeKey): Promise<Secret> {
  if (key.scheme === 'ebs') return key.secret.reveal((bytes) => new Secret(Uint8Array.from(bytes)))
  return new Secret(await readVolumeKey(place, key))
}

async function sizeOf(device: string): Promise<number> {
  const file = await open(device, 'r')
  try {
    const facts = await file.stat()
    if (facts.isFile()) return facts.size
  } finally {
    await file.close()
  }
  return Number(await runOrFail('blockdev', ['--getsize64', device]))
}

/** Source: NBD URI specification: the path of the socket is a parameter, percent-encoded. */
function uriOf(socket: string): string {
  return `nbd+unix:///?socket=${socket.split('/').map(encodeURIComponent).join('/')}`
}

const MOUNT_POLL_MS = 20
const MOUNT_POLLS_MAX = 500

async function showAsFile({ folder }: Opening, socket: string): Promise<string> {
  const path = join(folder, FILE)
  const file = await open(path, 'wx', 0o600)
  await file.close()
  const child = spawn('nbdfuse', ['--pidfile', join(folder, PID.nbdfuse), path, uriOf(socket)], {
    cwd: folder,
    env: { PATH: TOOL_PATH, LC_ALL: 'C' },
    detached: true,
    stdio: 'ignore',
  })
  const ended = { now: false }
  child.once('error', () => {
    ended.now = true
  })
  child.once('exit', () => {
    ended.now = true
  })
  for (let polls = 0; polls < MOUNT_POLLS_MAX && !ended.now; polls += 1) {
    // It writes its process ID when the file is there.
    if ((await processOf(folder, 'nbdfuse')) !== undefined) {
      child.unref()
      return path
    }
    await systemSleep(MOUNT_POLL_MS)
  }
  child.kill('SIGKILL')
  throw new VolumeError('machine', 'nbdfuse did not show the volume: is /dev/fuse usable?')
}

/** Whether the plaintext of a volume is still available. */
export async function isServed(
  backend: Backend,
  { name, folder }: Pick<Opening, 'name' | 'folder'>,
): Promise<boolean> {
  if (backend === 'dm-crypt') return (await runTool('cryptsetup', ['status', '--', name])).status === 0
  return (await processOf(folder, 'nbdkit')) !== undefined
}

/**
 * Takes the plaintext of a volume away. With `force`, also from programs that use it: their reads and writes fail, or
 * with dm-crypt wait, and the key is gone.
 *
 * @throws VolumeError `state` when it is in use, `machine`.
 */
export async function closeBackend(
  backend: Backend,
  { name, folder }: Pick<Opening, 'name' | 'folder'>,
  { force }: { readonly force: boolean },
): Promise<void> {
  if (backend === 'dm-crypt') return await closeMapping(name, force)
  if (backend === 'fuse') await hideFile(folder, force)
  await endProcess(folder, 'nbdkit')
}

async function closeMapping(name: string, force: boolean): Promise<void> {
  if ((await runTool('cryptsetup', ['close', '--', name])).status === 0) return
  if ((await runTool('cryptsetup', ['status', '--', name])).status !== 0) return
  if (!force) throw new VolumeError('state', `/dev/mapper/${name} is in use: unmount it first`)
  // Removes the key from the kernel, and holds what reads or writes.
  await runOrFail('cryptsetup', ['luksSuspend', '--', name])
}

async function hideFile(folder: string, force: boolean): Promise<void> {
  const path = join(folder, FILE)
  if ((await processOf(folder, 'nbdfuse')) === undefined) return
  const plain = await runTool('fusermount3', ['-u', path])
  if (plain.status !== 0 && !force) throw new VolumeError('state', `${path} is in use: unmount it first`)
  if (plain.status !== 0) await runOrFail('fusermount3', ['-u', '-z', path])
  if (force) await endProcess(folder, 'nbdfuse')
  else await waitForEnd(folder, 'nbdfuse')
}

type Served = keyof typeof PID

/** The process that has written its ID; nothing when it has ended. Another process with the ID is not it. */
async function processOf(folder: string, program: Served): Promise<number | undefined> {
  const pid = Number(await readFile(join(folder, PID[program]), 'utf8').catch(() => ''))
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  const [comm, status] = await Promise.all(
    ['comm', 'stat'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
  )
  const dead = /\) [ZX] /.test(status ?? '')
  return comm?.trim() === program && !dead ? pid : undefined
}

async function endProcess(folder: string, program: Served): Promise<void> {
  const pid = await processOf(folder, program)
  if (pid === undefined) return
  process.kill(pid, 'SIGTERM')
  if (await waitForEnd(folder, program).catch(() => undefined)) return
  process.kill(pid, 'SIGKILL')
  await waitForEnd(folder, program)
}

async function waitForEnd(folder: string, program: Served): Promise<true> {
  for (let polls = 0; polls < MOUNT_POLLS_MAX; polls += 1) {
    if ((await processOf(folder, program)) === undefined) return true
    await systemSleep(MOUNT_POLL_MS)
  }
  throw new VolumeError('machine', `${program} did not end`)
}
