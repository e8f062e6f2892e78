/**
 * Characters that do something to a terminal, or to the order or the look of a line, rather than show themselves:
 * controls, formats (which turn the direction of writing among them), separators of lines, and halves of pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** A text from outside as a line on a terminal shows it: what is unprintable is written as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${codeOf(character).toString(16)}}`)
}

/** A text from outside in a table or on a page, where it has no room to grow: what is unprintable is one mark. */
export function markUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, '\ufffd')
}

/** A value as JSON, for programs and for terminals: what is unprintable is escaped as JSON does it. */
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
