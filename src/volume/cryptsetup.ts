import { concatBytes, utf8 } from '../base/bytes.ts'
import type { Secret } from '../base/secret.ts'
import { CIPHER, type LuksHeader, parseLuksHeader } from './luks-header.ts'
import { readFromMemory, withMemoryFile } from './memory-file.ts'
import { failureLine, runOrFail, runTool } from './run-tool.ts'
import { VolumeError } from './volume-error.ts'
import { encodeToken, type Scheme, type VolumeToken } from './volume-token.ts'

const CRYPTSETUP = 'cryptsetup'
/** EBS uses AES-256-XTS. Source: EBS User Guide, "Amazon EBS encryption". */
const CIPHER_AND_KEY = ['--cipher', CIPHER, '--key-size', '512']
/** A random key of 256 bits needs no stretching. Source: NIST SP 800-132, section 5.2: the least number of iterations. */
const NO_STRETCHING = ['--hash', 'sha256', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000']
/** LUKS2 has 32 keyslots. Source: LUKS2 On-Disk Format Specification 1.1.1, section 3.2. */
const KEYSLOTS = Array.from({ length: 32 }, (_, index) => String(index))

/** A key and what it opens: a keyslot, or the volume itself. */
export type VolumeKey = { readonly scheme: Scheme; readonly secret: Secret }

/** The device or image of a volume, and a folder in memory for keys that a program takes from a file only. */
export type Place = { readonly device: string; readonly memory: string }

/** Reads a header. @throws VolumeError `header` when it is none, `machine` without cryptsetup or the device. */
export async function readHeader(device: string): Promise<LuksHeader> {
  const dump = await runTool(CRYPTSETUP, ['luksDump', '--dump-json-metadata', '--', device])
  if (dump.status !== 0) throw new VolumeError('header', `${device}: ${failureLine(dump)}`)
  const uuid = await runOrFail(CRYPTSETUP, ['luksUUID', '--', device])
  return parseLuksHeader(uuid.trim(), dump.out)
}

/** Writes a new header. With the scheme `ebs`, no keyslot stays: only the volume key opens it. */
export async function writeHeader(
  { device, memory }: Place,
  key: VolumeKey,
  {
    uuid,
    sectorSize,
    passing,
  }: { readonly uuid: string; readonly sectorSize: string; readonly passing: Secret },
): Promise<void> {
  const common = [
    '--batch-mode',
    '--type',
    'luks2',
    ...CIPHER_AND_KEY,
    ...NO_STRETCHING,
    '--sector-size',
    sectorSize,
  ]
  const format = ['luksFormat', ...common, '--uuid', uuid, '--key-file=-', '--key-slot', '0']
  if (key.scheme === 'slot') {
    await key.secret.reveal((stdin) => runOrFail(CRYPTSETUP, [...format, '--', device], { stdin }))
    return
  }
  await key.secret.reveal((bytes) =>
    withMemoryFile(memory, bytes, (file) =>
      passing.reveal((stdin) =>
        runOrFail(CRYPTSETUP, [...format, '--volume-key-file', file, '--', device], { stdin }),
      ),
    ),
  )
  await runOrFail(CRYPTSETUP, ['luksKillSlot', '--batch-mode', '--', device, '0'])
}

/** Whether a key opens the volume. Opens nothing. */
export async function opensVolume({ device, memory }: Place, key: VolumeKey): Promise<boolean> {
  const ended = await withKey({ device, memory }, key, (args, stdin) =>
    runTool(CRYPTSETUP, ['open', '--test-passphrase', ...args, '--', device], { stdin }),
  )
  if (ended.status === 0) return true
  // 1: no keyslot or another volume key; 2: a wrong passphrase. Source: cryptsetup(8), "RETURN CODES".
  if (ended.status === 1 || ended.status === 2) return false
  throw new VolumeError('machine', `${CRYPTSETUP} open: ${failureLine(ended)}`)
}

/** Gives a key to cryptsetup: by standard input, or by a file in memory where cryptsetup takes it from a file only. */
export function withKey<T>(
  { memory }: Place,
  { scheme, secret }: VolumeKey,
  use: (args: readonly string[], stdin: Uint8Array | undefined) => Promise<T>,
): Promise<T> {
  if (scheme === 'slot') return secret.reveal((bytes) => use(['--key-file=-'], bytes))
  const size = ['--key-size', '512']
  return secret.reveal((bytes) =>
    withMemoryFile(memory, bytes, (file) => use(['--volume-key-file', file, ...size], undefined)),
  )
}

/** Adds a random key of 256 bits in a free keyslot, and returns the slot. */
export async function addKeyslot(place: Place, key: VolumeKey, added: Secret): Promise<string> {
  const { keyslots } = await readHeader(place.device)
  const slot = KEYSLOTS.find((one) => !keyslots.includes(one))
  if (slot === undefined) throw new VolumeError('header', 'all keyslots of the header are used')
  const common = ['luksAddKey', '--batch-mode', ...NO_STRETCHING, '--key-slot', slot]
  await withKey(place, key, (args, stdin) =>
    added.reveal((bytes) => {
      const sizes = [`--new-keyfile-size=${bytes.length}`]
      if (stdin !== undefined) sizes.push(`--keyfile-size=${stdin.length}`)
      const input = concatBytes(...(stdin === undefined ? [] : [stdin]), bytes)
      return runOrFail(CRYPTSETUP, [...common, ...args, ...sizes, '--', place.device, '-'], {
        stdin: input,
      }).finally(() => input.fill(0))
    }),
  )
  return slot
}

/** Removes a keyslot. */
export async function removeKeyslot(device: string, slot: string): Promise<void> {
  await runOrFail(CRYPTSETUP, ['luksKillSlot', '--batch-mode', '--', device, slot])
}

/** Writes a token of ours into a free place of a header. */
export async function addToken(
  device: string,
  token: VolumeToken,
  { tokenIds }: Pick<LuksHeader, 'tokenIds'>,
): Promise<void> {
  const id = KEYSLOTS.find((one) => !tokenIds.includes(one))
  if (id === undefined) throw new VolumeError('header', 'all token places of the header are used')
  const stdin = utf8(encodeToken(token))
  const args = ['token', 'import', '--token-id', id, '--json-file', '-', '--', device]
  await runOrFail(CRYPTSETUP, args, { stdin })
}

/** Removes tokens of ours. */
export async function removeTokens(device: string, { ours }: Pick<LuksHeader, 'ours'>): Promise<void> {
  for (const { id } of ours) await runOrFail(CRYPTSETUP, ['token', 'remove', '--token-id', id, '--', device])
}

/** Gives a header another UUID. */
export async function setUuid(device: string, uuid: string): Promise<void> {
  await runOrFail(CRYPTSETUP, ['luksUUID', '--batch-mode', '--uuid', uuid, '--', device])
}

/** The volume key of a volume that a keyslot key opens, 64 bytes. */
export async function readVolumeKey(place: Place, key: VolumeKey): Promise<Uint8Array> {
  return await withKey(place, key, (args, stdin) =>
    readFromMemory(place.memory, (file) =>
      runOrFail(
        CRYPTSETUP,
        [
          'luksDump',
          '--batch-mode',
          '--dump-volume-key',
          '--volume-key-file',
          file,
          ...args,
          '--',
          place.device,
        ],
        { stdin },
      ),
    ),
  )
}
