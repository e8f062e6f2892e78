import { utf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import { UsageError } from '../base/usage-error.ts'
import { prepareSocket, withPrivateSocket } from '../kubernetes-kms/socket.ts'
import { decryptPin, encryptPin, parsePinConfig } from '../volume/clevis-pin.ts'
import type { VolumeKey } from '../volume/cryptsetup.ts'
import { type KeySocket, serveKeys } from '../volume/key-socket.ts'
import { unlockVolume } from '../volume/unlocked-volume.ts'
import { VolumeError } from '../volume/volume-error.ts'
import type { VolumeKms } from '../volume/wrapped-key.ts'
import type { CommandInput } from './command.ts'
import { openLog } from './log.ts'
import { takeSignals } from './signals.ts'
import { placeOf } from './volume.ts'
import { complainAbout, usingKms, withFailures } from './volume-kms.ts'

/** The first socket that systemd passes. Source: systemd, sd_listen_fds(3), SD_LISTEN_FDS_START. */
const ACTIVATION_FD = 3

/** `holdfast volume unlock`: gives the key of a keyslot to another program, on standard output or on a socket. */
export function unlockDevice(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    const { socket } = input.flags
    if (input.switches.has('socket-activation')) return await serveActivated(input)
    if (socket !== undefined) return await serveSocket(input, socket)
    assertNoTerminal()
    using secret = await usingKms(input, (kms) => keyOf(input, kms))
    await secret.reveal(writeOut)
    return 0
  })
}

async function serveActivated(input: CommandInput): Promise<number> {
  if (input.flags['socket'] !== undefined)
    throw new UsageError('--socket: expected it or --socket-activation; got both')
  if (input.environment['LISTEN_FDS'] !== '1')
    throw new UsageError('--socket-activation: expected one socket of systemd (LISTEN_FDS=1)')
  return await serveUntilSignal(input, (give, failed) => serveKeys({ fd: ACTIVATION_FD }, give, failed))
}

async function serveSocket(input: CommandInput, socket: string): Promise<number> {
  await prepareSocket(socket)
  return await serveUntilSignal(input, (give, failed) =>
    withPrivateSocket(socket, () => serveKeys(socket, give, failed), { group: false }),
  )
}

type Serve = (give: () => Promise<Secret>, failed: (error: unknown) => void) => Promise<KeySocket>

async function serveUntilSignal(input: CommandInput, serve: Serve): Promise<number> {
  const log = openLog()
  const stop = takeSignals(log)
  const give = (): Promise<Secret> => usingKms(input, (kms) => keyOf(input, kms))
  const server = await serve(give, (error) => {
    if (error instanceof VolumeError) complainAbout(input.output, error)
    else log.error('a key was not given', { reason: String(error) })
  })
  input.output.print(`Holdfast gives the key of ${input.operands[0]} to who connects`)
  // The server keeps the process alive until then.
  await stop
  await server.close()
  return 0
}

async function keyOf(input: CommandInput, kms: VolumeKms): Promise<Secret> {
  using volume = await unlockVolume(kms, await placeOf(input), { volumeId: input.flags['volume-id'] })
  return copyOfSlotKey(volume.key)
}

function copyOfSlotKey({ scheme, secret }: VolumeKey): Secret {
  if (scheme === 'slot') return secret.reveal((bytes) => new Secret(Uint8Array.from(bytes)))
  throw new VolumeError('state', 'the scheme ebs has no keyslot key: holdfast volume open opens it')
}

/** `holdfast volume clevis encrypt`: standard input as a JWE. */
export function encryptForClevis(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    const config = parsePinConfig(input.operands[0] ?? '')
    using plaintext = new Secret(await readInput())
    const jwe = await usingKms(input, (kms) => plaintext.reveal((bytes) => encryptPin(kms, config, bytes)))
    await writeOut(utf8(jwe))
    return 0
  })
}

/** `holdfast volume clevis decrypt`: the plaintext of the JWE on standard input. */
export function decryptForClevis(input: CommandInput): Promise<number> {
  return withFailures(input, async () => {
    assertNoTerminal()
    const jwe = Buffer.from(await readInput())
      .toString('latin1')
      .trim()
    using plaintext = new Secret(await usingKms(input, (kms) => decryptPin(kms, jwe)))
    await plaintext.reveal(writeOut)
    return 0
  })
}

function assertNoTerminal(): void {
  if (process.stdout.isTTY === true)
    throw new UsageError(
      'standard output: expected a pipe or a file in memory; got a terminal, which would show the key',
    )
}

function writeOut(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) =>
      error === null || error === undefined ? resolve() : reject(error),
    )
  })
}

/** Passphrases and JWEs are much shorter. */
const INPUT_MAX_BYTES = 1_048_576

async function readInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > INPUT_MAX_BYTES)
      throw new UsageError(`standard input: expected at most ${INPUT_MAX_BYTES} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}
