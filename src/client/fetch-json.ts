import { parseJsonText } from '../base/json-text.ts'

/** The size limit of a fetched JSON text: key sets of identity providers have a few kilobytes. */
const JSON_MAX_BYTES = 262_144
/** The time limit of a fetch. */
const FETCH_TIMEOUT_MS = 5000

/**
 * Fetches the JSON value of an `https:` URL. It follows no redirects: the provider itself states where its key set is.
 *
 * @throws Error when the answer is no JSON or exceeds {@link FETCH_TIMEOUT_MS} or {@link JSON_MAX_BYTES}.
 */
export async function fetchJson(url: string): Promise<unknown> {
  return exchange(url, { headers: { accept: 'application/json' } })
}

/** A form for {@link postForm}. */
export type PostedForm = {
  readonly form: URLSearchParams
  /** The value of the `Authorization` header, if any. */
  readonly authorization: string | undefined
}

/**
 * Posts a form to an `https:` URL; returns the JSON value of the answer, also of one that refuses the form (400), which says why. It follows no
 * redirects.
 *
 * @throws Error as {@link fetchJson}; it shows nothing of the form.
 */
export async function postForm(url: string, { form, authorization }: PostedForm): Promise<unknown> {
  const request = {
    method: 'POST',
    headers: { accept: 'application/json', ...(authorization !== undefined && { authorization }) },
    body: form,
  }
  return exchange(url, request, BAD_REQUEST)
}

/** Source: RFC 6749, section 5.2. */
const BAD_REQUEST = 400

async function exchange(url: string, request: RequestInit, alsoStatus?: number): Promise<unknown> {
  if (!url.startsWith('https://')) throw new Error(`${url} is no https URL`)
  const answer = await fetch(url, {
    ...request,
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  })
  const isWanted = answer.ok || answer.status === alsoStatus
  if (!isWanted || answer.body === null) throw new Error(`${url} answered ${answer.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body) {
    size += chunk.length
    if (size > JSON_MAX_BYTES) throw new Error(`${url} gave more than ${JSON_MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return parseJsonText(Buffer.concat(chunks).toString('utf8'))
}
