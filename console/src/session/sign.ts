/** Signature Version 4 for the console's calls: `POST /` with headers that are always the same. */

/** What signs calls. The secret is a key that the browser uses and does not give out. */
export type Signer = {
  readonly accessKeyId: string
  readonly sessionToken: string
  readonly key: CryptoKey
}

/** What is signed. */
export type ToSign = {
  readonly service: string
  readonly region: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly at: Date
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' }
const encoder = new TextEncoder()

/** Makes a signer; nobody else keeps the secret. */
export async function newSigner(
  accessKeyId: string,
  secretAccessKey: string,
  sessionToken: string,
): Promise<Signer> {
  return { accessKeyId, sessionToken, key: await importKey(encoder.encode(`AWS4${secretAccessKey}`)) }
}

/** The headers of a signed call. Source: IAM User Guide, "Create a signed AWS API request". */
export async function signedHeaders(
  { accessKeyId, sessionToken, key }: Signer,
  { service, region, headers, body, at }: ToSign,
): Promise<Record<string, string>> {
  const time = at.toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`
  const sent: Record<string, string> = {
    ...headers,
    'x-amz-date': time,
    'x-amz-security-token': sessionToken,
  }
  const all = { ...sent, host: window.location.host }
  const names = Object.keys(all).toSorted()
  const lines = names.map((name) => `${name}:${Reflect.get(all, name)}\n`).join('')
  const canonical = `POST\n/\n\n${lines}\n${names.join(';')}\n${await sha256(body)}`
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${await sha256(canonical)}`
  let signing = key
  for (const part of [time.slice(0, 8), region, service, 'aws4_request']) {
    signing = await importKey(await hmac(signing, part))
  }
  const signature = hex(await hmac(signing, text))
  sent['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return sent
}

function importKey(bytes: BufferSource): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign'])
}

function hmac(key: CryptoKey, text: string): Promise<ArrayBuffer> {
  return crypto.subtle.sign(HMAC.name, key, encoder.encode(text))
}

async function sha256(text: string): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', encoder.encode(text)))
}

function hex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
