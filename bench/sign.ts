import { createHash, createHmac } from 'node:crypto'

/** The credentials that sign a request. */
export type SigningCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  /** The token of temporary credentials. */
  readonly sessionToken?: string
}

/** Lower-case header names and their values, as sent. */
type SignedHeaders = readonly (readonly [name: string, value: string])[]

/** Signs requests of one caller at one time. Computes the `Authorization` value for a POST to `/`. */
export type Signer = {
  /** The time of the signature, in the form of `x-amz-date`. */
  readonly date: string
  /** `headers` must be sorted by name and include `host` and `x-amz-date`. */
  readonly authorize: (headers: SignedHeaders, bodySha256: string) => string
}

/** The services that the bench calls. */
export type CalledService = 'kms' | 'cloudtrail' | 'holdfast' | 'iam' | 'sts'

/**
 * Opens a signer for POST requests to `/` without a query string, the only kind that these services use.
 * Source: AWS Signature Version 4, "Create a signed request".
 */
export function openSigner(
  credentials: SigningCredentials,
  at: Date,
  service: CalledService = 'kms',
): Signer {
  const date = at.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = date.slice(0, 8)
  const scope = `${day}/${credentials.region}/${service}/aws4_request`
  let key = hmac(`AWS4${credentials.secretAccessKey}`, day)
  for (const part of [credentials.region, service, 'aws4_request']) key = hmac(key, part)
  const prefix = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=`
  return {
    date,
    authorize: (headers, bodySha256) => {
      const names = headers.map(([name]) => name).join(';')
      const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('')
      const canonical = sha256Hex(`POST\n/\n\n${lines}\n${names}\n${bodySha256}`)
      const signature = createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${canonical}`)
      return `${prefix}${names}, Signature=${signature.digest('hex')}`
    },
  }
}

/** SHA-256 of the UTF-8 bytes of a text, in lower-case hexadecimal. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
