/** A text that is already JSON. */
export type JsonText = string

/** The JSON text of an absent value. */
export const JSON_NULL: JsonText = 'null'

/** UTF-8 needs at most this many bytes for a UTF-16 unit. */
const BYTES_PER_CHAR = 3

/** The beginning of a text that fits, cut between characters. */
export function cutText(text: string, maxBytes: number): string {
  if (text.length * BYTES_PER_CHAR <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text
  const bytes = Buffer.from(text.slice(0, maxBytes))
  let end = Math.min(maxBytes, bytes.length)
  // A byte 10xxxxxx continues the character of the byte before.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.toString('utf8', 0, end)
}

/** The same JSON, or a marker if it is too long. */
export function limitJson(json: JsonText, maxBytes: number): JsonText {
  if (json.length * BYTES_PER_CHAR <= maxBytes) return json
  const sizeBytes = Buffer.byteLength(json)
  if (sizeBytes <= maxBytes) return json
  return omittedJson(sizeBytes, maxBytes)
}

function omittedJson(sizeBytes: number, maxBytes: number): JsonText {
  return `{"omitted":true,"originalSize":${sizeBytes},"reason":"larger than ${maxBytes} bytes"}`
}

/**
 * The JSON of some members. If it is too long, markers replace the longest members, as few as possible, so
 * that the rest still shows what the call was about.
 */
export function limitMembers(members: { readonly [name: string]: unknown }, maxBytes: number): JsonText {
  const written = Object.entries(members).flatMap(([name, value]) => {
    const json: JsonText | undefined = JSON.stringify(value)
    return json === undefined ? [] : [{ name, json }]
  })
  const whole = joinMembers(written)
  if (limitJson(whole, maxBytes) === whole) return whole
  const parts = written.map(({ name, json }) => ({ name, json, sizeBytes: Buffer.byteLength(json) }))
  let sizeBytes = Buffer.byteLength(whole)
  const omitted = new Map<string, JsonText>()
  for (const part of parts.toSorted((one, other) => other.sizeBytes - one.sizeBytes)) {
    if (sizeBytes <= maxBytes) break
    const marker = omittedJson(part.sizeBytes, maxBytes)
    omitted.set(part.name, marker)
    sizeBytes += marker.length - part.sizeBytes
  }
  return limitJson(
    joinMembers(parts.map(({ name, json }) => ({ name, json: omitted.get(name) ?? json }))),
    maxBytes,
  )
}

function joinMembers(members: readonly { readonly name: string; readonly json: JsonText }[]): JsonText {
  return `{${members.map(({ name, json }) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}
