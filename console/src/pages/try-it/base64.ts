import { formatBase64, parseBase64 } from '../../shared/bytes.ts'

/** A text as base64 of its UTF-8 bytes. */
export function toBase64(text: string): string {
  return formatBase64(new TextEncoder().encode(text))
}

/** Bytes as text; as base64 when they are no text. */
export function showBytes(base64: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(parseBase64(base64))
  } catch {
    return base64
  }
}

/** Whether a text is base64. */
export function isBase64(text: string): boolean {
  try {
    parseBase64(text.trim())
    return true
  } catch {
    return false
  }
}

/** The base64 of a PEM file, or of a text without its lines. */
export function withoutPem(text: string): string {
  return text.replaceAll(/-----[A-Z ]+-----|\s/g, '')
}
