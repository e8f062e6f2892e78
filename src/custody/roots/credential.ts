import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { readRegularFile } from '../../base/regular-file.ts'
import { Secret } from '../../base/secret.ts'
import { UsageError } from '../../base/usage-error.ts'
import { deriveKey } from '../../crypto/kdf.ts'
import type { Parameters } from './envelope.ts'
import { isCode } from './envelope-file.ts'
import { parseKeyLine } from './file.ts'
import type { PathContext, PathMethod } from './path-method.ts'
import { SealError } from './root.ts'

/** Fewer bytes cannot have the entropy of a key. */
const CREDENTIAL_MIN_BYTES = 32
const CREDENTIAL_MAX_BYTES = 65_536
/** Source: systemd, "Credentials": the name of a credential is a file name. */
const CREDENTIAL_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/
const NEWLINE = 0x0a

/** The places of the path `credential`. */
type CredentialPlaces = {
  /** The folder of credentials; nothing when no setting and no service manager names one. */
  readonly folder: string | undefined
  /** The data folder, in which no credential may be. */
  readonly data: string
}

/**
 * The path `credential`: a secret file that the service manager or the container runtime gives, for example of
 * systemd's `LoadCredentialEncrypted=`. Source: systemd.exec(5), "Credentials".
 */
export function credentialMethod(places: CredentialPlaces): PathMethod {
  return {
    isUnattended: true,
    create: async (context, given) => {
      const parameters = { credential: parseName(given['credential'] ?? 'holdfast-root') }
      return { parameters, key: await keyOf(places, context, parameters) }
    },
    open: (context, parameters) => keyOf(places, context, parameters),
  }
}

function parseName(name: string): string {
  if (CREDENTIAL_NAME.test(name)) return name
  throw new UsageError(`--credential: expected the file name of a credential; got '${name}'`)
}

async function keyOf(places: CredentialPlaces, { id }: PathContext, parameters: Parameters): Promise<Secret> {
  using secret = await readCredential(places, parseName(parameters['credential'] ?? ''))
  return deriveKey(secret, `holdfast/seal/1/credential/${id}`)
}

async function readCredential({ folder, data }: CredentialPlaces, name: string): Promise<Secret> {
  if (folder === undefined)
    throw new SealError(
      'there is no folder of credentials: set HOLDFAST_SEAL_CREDENTIALS, or let systemd load it',
    )
  const path = join(folder, name)
  let bytes: Uint8Array
  try {
    if (await isBelow(path, data))
      throw new Error('it is in the data folder, where a copy of the folder has it')
    bytes = await readRegularFile(path, { maxBytes: CREDENTIAL_MAX_BYTES })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const why = isCode(cause, 'ENOENT') ? 'no such file' : reason
    throw new SealError(`the credential ${path} cannot be read: ${why}`, { cause })
  }
  assertKeyOfItsOwn(path, bytes)
  return new Secret(withoutNewline(bytes))
}

/** Symbolic links of container runtimes are followed. Nothing is below a folder that a restore has yet to create. */
async function isBelow(path: string, folder: string): Promise<boolean> {
  if (!existsSync(folder)) return false
  const inside = relative(await realpath(resolve(folder)), await realpath(path))
  return !inside.startsWith('..')
}

function assertKeyOfItsOwn(path: string, bytes: Uint8Array): void {
  const parsed = bytes.length <= 256 ? parseKeyLine(Buffer.from(bytes).toString('latin1')) : undefined
  parsed?.secret[Symbol.dispose]()
  if (parsed?.version === 1)
    throw new SealError(`${path} is the root key itself: create a new random secret for this path`)
  if (withoutNewline(bytes).length < CREDENTIAL_MIN_BYTES)
    throw new SealError(
      `${path}: expected at least ${CREDENTIAL_MIN_BYTES} random bytes, for example of openssl rand -base64 32`,
    )
}

/** An editor or a shell may add one. */
function withoutNewline(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes
}
