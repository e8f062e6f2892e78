import { concatBytes, equalConstantTime, lengthPrefixed, parseBase64, toBase64 } from '../../base/bytes.ts'
import { parseJsonText } from '../../base/json-text.ts'
import type { Random } from '../../base/ports.ts'
import type { Secret } from '../../base/secret.ts'
import { GCM_IV_BYTES, openGcm, sealGcm } from '../../crypto/aead.ts'
import { type HmacKey, hmacKey, hmacSha256 } from '../../crypto/hmac.ts'
import { deriveKey } from '../../crypto/kdf.ts'
import { encodeRootKeys, firstRootKeys, parseRootKeys, type RootKeys } from '../root-keys.ts'
import { unwrapKey, wrapKey } from '../wrapping.ts'
import { ROOT_KEY_BYTES, SealError } from './root.ts'

/** Texts of one unlock path that are no secrets, by their names. */
export type Parameters = Readonly<Record<string, string>>

/** One way to open the root key. */
export type UnlockPath = {
  /** A random UUID, to which the wrapped root key is bound. */
  readonly id: string
  /** The operator's name for it, unique in the envelope. */
  readonly name: string
  /** One of the types of this release, or one of a newer release. */
  readonly type: string
  readonly parameters: Parameters
  /** Base64 of the root key, wrapped under the path key. */
  readonly wrapped: string
  /** ISO 8601. */
  readonly createdAt: string
  /** When the path last opened the root key for a proof; nothing before the first proof. */
  readonly proved: Proof | undefined
}

/** A proof of a path. */
type Proof = {
  /** ISO 8601. */
  readonly at: string
  /** The number of changes of the set of paths at that time. */
  readonly change: number
}

/** The root key of a deployment, wrapped once for each unlock path, in the order in which they are tried. */
export type Envelope = {
  /** A random UUID that identifies the deployment. */
  readonly deployment: string
  /** Grows by one with each version of the envelope. */
  readonly revision: number
  /** The number of additions and removals of paths. */
  readonly changes: number
  /** Base64 of the commitment to the root key. */
  readonly commitment: string
  readonly paths: readonly UnlockPath[]
  /** The last rotation of the root key; absent before the first one. */
  readonly rotation?: Rotation | undefined
}

/** A rotation of the root key. */
export type Rotation = {
  /** The number of the present root key; the first one is 1. */
  readonly generation: number
  /** When the present root key was created, ISO 8601. */
  readonly at: string
  /** Whether records may still be sealed under the root key before. */
  readonly state: 'under way' | 'ended'
  /** Base64 of the root keys and the keys that outlive them, sealed under the present root key. */
  readonly keyring: string
}

/** An envelope as it is stored, with its MAC under the root key. */
export type SignedEnvelope = { readonly envelope: Envelope; readonly mac: string }

const FORMAT = 'holdfast-seal:1'
/** The format since the first rotation of the root key. */
const ROTATED_FORMAT = 'holdfast-seal:2'
const KEYRING_INFO = 'holdfast/root/2/keyring'
const COMMITMENT_INFO = 'holdfast/root/1/commitment'
const ENVELOPE_KEY_INFO = 'holdfast/root/1/envelope'

/** The largest number of paths: each is tried at a start. */
export const PATHS_MAX = 16
/** The largest size of a parameter, which may be a ciphertext of a service or a program. */
const PARAMETER_MAX_LENGTH = 131_072
const PARAMETERS_MAX = 16
/** Base64 of the largest keyring. */
const KEYRING_MAX_LENGTH = 4096
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/
const WORD = /^[A-Za-z][A-Za-z0-9-]{0,62}$/
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether a text can be the name of a path. */
export function isPathName(text: string): boolean {
  return NAME.test(text)
}

/** The commitment to a root key: another root key has another one, and it reveals nothing of the key. */
export function commitmentOf(root: Secret): string {
  using commitment = deriveKey(root, COMMITMENT_INFO)
  return commitment.reveal(toBase64)
}

/** The root key, wrapped for a path. */
export function wrapRoot(
  root: Secret,
  pathKey: Secret,
  identity: PathIdentity,
  random: Random,
): UnlockPath['wrapped'] {
  return wrapKey(pathKey, root, identityBytes(identity), random)
}

/** What a wrapped root key is bound to. */
export type PathIdentity = Pick<UnlockPath, 'id' | 'type'> & Pick<Envelope, 'deployment'>

/**
 * Opens the root key with the key of one path.
 *
 * @throws KeyringError when the key is not that of the path; SealError when the path holds another root key.
 */
export function openRoot(envelope: Envelope, path: UnlockPath, pathKey: Secret): Secret {
  const identity = { deployment: envelope.deployment, id: path.id, type: path.type }
  const root = unwrapKey(pathKey, path.wrapped, identityBytes(identity))
  if (isCommitted(envelope, root)) return root
  root[Symbol.dispose]()
  throw new SealError('it opens another root key than that of this deployment')
}

/** Whether a root key is the one of the envelope. */
export function isCommitted({ commitment }: Pick<Envelope, 'commitment'>, root: Secret): boolean {
  const expected = parseBase64(commitment)
  const present = parseBase64(commitmentOf(root))
  return expected !== undefined && present !== undefined && equalConstantTime(expected, present)
}

function identityBytes({ deployment, id, type }: PathIdentity): Uint8Array {
  return lengthPrefixed('holdfast/1/root-key', deployment, id, type)
}

/** The text of an envelope for its file. */
export function formatEnvelope(envelope: Envelope, root: Secret): string {
  const { deployment, revision, changes, commitment, paths, rotation } = envelope
  const shown = {
    format: formatOf(envelope),
    deployment,
    revision,
    changes,
    commitment,
    paths,
    rotation,
    mac: macOf(envelope, root),
  }
  return `${JSON.stringify(shown, null, 2)}\n`
}

/** @throws SealError when somebody edited the envelope, or mixed two of them. */
export function checkMac(signed: SignedEnvelope, root: Secret): void {
  if (isSignedBy(signed, envelopeKey(root))) return
  throw new SealError('the envelope of the root key was changed by something else than Holdfast: restore it')
}

/** The key of the MAC of an envelope, for a process that does not keep its root key. */
export function envelopeKey(root: Secret): HmacKey {
  using key = deriveKey(root, ENVELOPE_KEY_INFO)
  return key.reveal(hmacKey)
}

/** Whether the MAC of an envelope is right. */
export function isSignedBy({ envelope, mac }: SignedEnvelope, key: HmacKey): boolean {
  const given = parseBase64(mac)
  return given !== undefined && equalConstantTime(given, hmacSha256(key, envelopeBytes(envelope)))
}

function macOf(envelope: Envelope, root: Secret): string {
  return toBase64(hmacSha256(envelopeKey(root), envelopeBytes(envelope)))
}

/** The bytes of which the MAC is made: see docs/reference/formats/seal.md. */
function envelopeBytes(envelope: Envelope): Uint8Array {
  const { deployment, revision, changes, commitment, paths, rotation } = envelope
  const rotated =
    rotation === undefined ? [] : [String(rotation.generation), rotation.at, rotation.state, rotation.keyring]
  const head = [formatOf(envelope), deployment, String(revision), String(changes), commitment, ...rotated]
  return lengthPrefixed(...head, String(paths.length), ...paths.map(pathBytes))
}

function formatOf({ rotation }: Envelope): string {
  return rotation === undefined ? FORMAT : ROTATED_FORMAT
}

/** The root keys of an envelope whose present root key is open. A copy, of which the caller disposes. @throws SealError. */
export function openRootKeys(envelope: Envelope, root: Secret): RootKeys {
  const { rotation } = envelope
  if (rotation === undefined) return firstRootKeys(root)
  const sealed = parseBase64(rotation.keyring)
  using key = deriveKey(root, KEYRING_INFO)
  const bytes =
    sealed &&
    openGcm(
      key,
      sealed.subarray(0, GCM_IV_BYTES),
      sealed.subarray(GCM_IV_BYTES),
      keyringIdentity(envelope, rotation),
    )
  const keys = bytes && parseRootKeys(bytes)
  bytes?.fill(0)
  if (keys?.roots.some((one) => isCommitted(envelope, one)) === true) return keys
  throw new SealError('the keyring of the root key was changed by something else than Holdfast: restore it')
}

/** The rotation of an envelope with these root keys, sealed under the present one. */
export function sealRootKeys(
  { deployment }: Pick<Envelope, 'deployment'>,
  { root, keys }: { readonly root: Secret; readonly keys: RootKeys },
  rotation: Omit<Rotation, 'keyring'>,
  random: Random,
): Rotation {
  const iv = random.bytes(GCM_IV_BYTES)
  using key = deriveKey(root, KEYRING_INFO)
  const bytes = encodeRootKeys(keys)
  const sealed = sealGcm(key, iv, bytes, keyringIdentity({ deployment }, rotation))
  bytes.fill(0)
  return { ...rotation, keyring: toBase64(concatBytes(iv, sealed)) }
}

function keyringIdentity(
  { deployment }: Pick<Envelope, 'deployment'>,
  { generation, at }: Pick<Rotation, 'generation' | 'at'>,
): Uint8Array {
  return lengthPrefixed('holdfast/2/keyring', deployment, String(generation), at)
}

function pathBytes({ id, name, type, parameters, wrapped, createdAt, proved }: UnlockPath): Uint8Array {
  const pairs = Object.entries(parameters).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const proof = proved === undefined ? ['', ''] : [proved.at, String(proved.change)]
  return lengthPrefixed(id, name, type, String(pairs.length), ...pairs.flat(), wrapped, createdAt, ...proof)
}

/** Parses the text of an envelope; its MAC is not checked yet. @throws SealError that repeats nothing of the text. */
export function parseEnvelope(text: string): SignedEnvelope {
  const value = membersOf(parseText(text))
  const { format, deployment, revision, changes, commitment, paths, rotation, mac } = value
  const isKnown = format === FORMAT || format === ROTATED_FORMAT
  if (typeof format === 'string' && !isKnown && format.startsWith('holdfast-seal:'))
    throw new SealError('the envelope of the root key was written by a newer release: use that release')
  if (!isKnown || !Array.isArray(paths) || paths.length > PATHS_MAX) throw damaged()
  if ((format === FORMAT) !== (rotation === undefined)) throw damaged()
  const envelope = {
    deployment: textOf(deployment, UUID),
    revision: countOf(revision),
    changes: countOf(changes),
    commitment: keyOf(commitment),
    paths: paths.map(parsePath),
    ...(rotation === undefined ? {} : { rotation: parseRotation(membersOf(rotation)) }),
  }
  const names = new Set(envelope.paths.map(({ name }) => name))
  if (names.size !== paths.length) throw damaged()
  return { envelope, mac: keyOf(mac) }
}

function parsePath(value: unknown): UnlockPath {
  const { id, name, type, parameters, wrapped, createdAt, proved } = membersOf(value)
  const pairs = Object.entries(membersOf(parameters))
  if (pairs.length > PARAMETERS_MAX) throw damaged()
  return {
    id: textOf(id, UUID),
    name: textOf(name, NAME),
    type: textOf(type, WORD),
    parameters: Object.fromEntries(pairs.map(([key, text]) => [textOf(key, WORD), parameterOf(text)])),
    wrapped: textOf(wrapped, /^[A-Za-z0-9+/]{1,200}={0,2}$/),
    createdAt: timeOf(createdAt),
    proved: proved === undefined ? undefined : parseProof(membersOf(proved)),
  }
}

function parseRotation({ generation, at, state, keyring }: Members): Rotation {
  if (state !== 'under way' && state !== 'ended') throw damaged()
  const text = textOf(keyring, /^[A-Za-z0-9+/]+={0,2}$/)
  if (text.length > KEYRING_MAX_LENGTH) throw damaged()
  return { generation: countOf(generation), at: timeOf(at), state, keyring: text }
}

function parseProof({ at, change }: Members): Proof {
  return { at: timeOf(at), change: countOf(change) }
}

type Members = { readonly [name: string]: unknown }

function membersOf(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged()
  return { ...value }
}

function parseText(text: string): unknown {
  try {
    return parseJsonText(text)
  } catch {
    throw damaged()
  }
}

function textOf(value: unknown, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw damaged()
  return value
}

function parameterOf(value: unknown): string {
  if (typeof value !== 'string' || value.length > PARAMETER_MAX_LENGTH || !value.isWellFormed())
    throw damaged()
  return value
}

function timeOf(value: unknown): string {
  return textOf(value, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
}

function countOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw damaged()
  return value
}

function keyOf(value: unknown): string {
  const text = textOf(value, /^.{1,100}$/)
  const bytes = parseBase64(text)
  // The last character has bits that no byte has: one text for each key.
  if (bytes?.length !== ROOT_KEY_BYTES || toBase64(bytes) !== text) throw damaged()
  return text
}

function damaged(): SealError {
  return new SealError('the envelope of the root key is damaged: restore it from its backup')
}
