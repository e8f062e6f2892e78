import { createHash, createHmac } from 'node:crypto'

/** What a caller signs with. */
export type SigningCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  /** Of a session. */
  readonly sessionToken?: string
}

/** Header names in lower case and their values, as they will be sent. */
type SignedHeaders = readonly (readonly [name: string, value: string])[]

/** Signs requests of one caller at one moment: the value of `Authorization` for a POST to `/`. */
export type Signer = {
  /** The moment of the signature, as `x-amz-date` must give it. */
  readonly date: string
  /** `headers` must be ordered by name and contain `host` and `x-amz-date`. */
  readonly authorize: (headers: SignedHeaders, bodySha256: string) => string
}

/** The services that the bench calls. */
export type CalledService = 'kms' | 'cloudtrail' | 'holdfast' | 'iam' | 'sts'

/**
 * A signer for POST requests to `/` without a query: all that these services are asked.
 *
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
