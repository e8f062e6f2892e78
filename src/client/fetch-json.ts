/** The largest JSON text that is read from elsewhere: key sets of identity providers have some kilobytes. */
const JSON_MAX_BYTES = 262_144
/** How long another server may take to give it. */
const FETCH_TIMEOUT_MS = 5000

/**
 * The JSON value behind an `https:` URL. Redirects are not followed: where a key set is says the provider itself.
 *
 * @throws Error when there is none within {@link FETCH_TIMEOUT_MS} and {@link JSON_MAX_BYTES}.
 */
export async function fetchJson(url: string): Promise<unknown> {
  if (!url.startsWith('https://')) throw new Error(`${url} is no https URL`)
  const answer = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  })
  if (!answer.ok || answer.body === null) throw new Error(`${url} answered ${answer.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body) {
    size += chunk.length
    if (size > JSON_MAX_BYTES) throw new Error(`${url} gave more than ${JSON_MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
