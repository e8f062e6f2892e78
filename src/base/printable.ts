/**
 * Characters that act on a terminal, or on the order or look of a line, rather than show themselves:
 * controls, formats (such as those that reverse the writing direction), line separators, and lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** A text from outside for a line on a terminal: unprintable characters are written as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${codeOf(character).toString(16)}}`)
}

/**
 * A text from outside for a table or page, where it must not become longer: an unprintable character becomes
 * one mark.
 */
export function markUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, '\ufffd')
}

/** A value as JSON, for programs and terminals: unprintable characters have JSON escapes. */
export function printableJson(value: unknown): string {
  return escapeJson(JSON.stringify(value))
}

/** The same on several lines. */
export function printableLongJson(value: unknown): string {
  return JSON.stringify(value, null, 2).split('\n').map(escapeJson).join('\n')
}

function escapeJson(json: string): string {
  return json.replace(UNPRINTABLE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}
