/** Checks a note that signs the files of a report. Source: docs/reference/formats/report.md; C2SP signed-note. */

/** Why a report is not as it was signed. */
export type Problem = 'key' | 'signature' | 'kind' | 'file' | 'unsupported'

/** A report, its note, and the key that has to have signed it. */
type Signed = {
  readonly name: string
  readonly content: Uint8Array<ArrayBuffer>
  readonly note: string
  readonly verifierKey: string
}

const KIND = 'holdfast/report-files@v1'
/** The type of a signature and of a key: Ed25519. Source: C2SP signed-note, "Signature types". */
const ED25519 = 1
const ID_BYTES = 4
const encoder = new TextEncoder()

/** Checks a report against its note. Returns nothing if the key has signed exactly this content. */
export async function checkReport({
  name,
  content,
  note,
  verifierKey,
}: Signed): Promise<Problem | undefined> {
  const key = await parseVerifierKey(verifierKey.trim())
  if (key === undefined) return 'key'
  const end = note.lastIndexOf('\n\n')
  if (end < 0) return 'signature'
  const body = note.slice(0, end + 1)
  const checked = await isSigned(body, note.slice(end + 2), key)
  if (checked !== true) return checked === undefined ? 'unsupported' : 'signature'
  const [origin, kind, ...files] = body.split('\n').slice(0, -1)
  if (origin !== key.name || kind !== KIND) return 'kind'
  const digest = toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', content)))
  return files.includes(`${name} ${content.length} ${digest}`) ? undefined : 'file'
}

type VerifierKey = {
  readonly name: string
  readonly id: Uint8Array
  readonly publicKey: Uint8Array<ArrayBuffer>
}

async function parseVerifierKey(text: string): Promise<VerifierKey | undefined> {
  const [, name = '', hex = '', encoded = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? []
  const bytes = fromBase64(encoded)
  if (bytes === undefined || bytes[0] !== ED25519) return undefined
  const hashed = new Uint8Array([...encoder.encode(`${name}\n`), ...bytes])
  const id = new Uint8Array(await crypto.subtle.digest('SHA-256', hashed)).subarray(0, ID_BYTES)
  return toHex(id) === hex ? { name, id, publicKey: bytes.slice(1) } : undefined
}

/** Whether one of the signature lines is by the key; nothing if the browser cannot say. */
async function isSigned(body: string, signatures: string, key: VerifierKey): Promise<boolean | undefined> {
  let imported: CryptoKey
  try {
    imported = await crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify'])
  } catch {
    return undefined
  }
  for (const line of signatures.split('\n')) {
    const [, name, encoded = ''] = /^— (\S+) (\S+)$/.exec(line) ?? []
    const bytes = name === key.name ? fromBase64(encoded) : undefined
    if (bytes === undefined || toHex(bytes.subarray(0, ID_BYTES)) !== toHex(key.id)) continue
    const signature = bytes.slice(ID_BYTES)
    if (await crypto.subtle.verify('Ed25519', imported, signature, encoder.encode(body))) return true
  }
  return false
}

/** Returns the bytes of base64 in its only canonical form. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
    return toBase64(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
