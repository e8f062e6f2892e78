/** A text that is JSON already. */
export type JsonText = string

/** The JSON text of a value that is not there. */
export const JSON_NULL: JsonText = 'null'

/** UTF-8 needs at most this many bytes for a UTF-16 unit. */
const BYTES_PER_CHAR = 3

/** The beginning of a text that fits; no character is cut apart. */
export function cutText(text: string, maxBytes: number): string {
  if (text.length * BYTES_PER_CHAR <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text
  const bytes = Buffer.from(text.slice(0, maxBytes))
  let end = Math.min(maxBytes, bytes.length)
  // A byte 10xxxxxx goes on with the character of the byte before.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.toString('utf8', 0, end)
}

/** The same JSON, or, when it is too long, a marker in its place. */
export function limitJson(json: JsonText, maxBytes: number): JsonText {
  if (json.length * BYTES_PER_CHAR <= maxBytes) return json
  const sizeBytes = Buffer.byteLength(json)
  if (sizeBytes <= maxBytes) return json
  return `{"omitted":true,"originalSize":${sizeBytes},"reason":"larger than ${maxBytes} bytes"}`
}
