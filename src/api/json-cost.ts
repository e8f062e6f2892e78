/**
 * Strings, commas, and beginnings of objects and lists in a request body. The largest legal request is a ReEncrypt with
 * two encryption contexts of 8,192 bytes, each of at most 4,200 pairs of two strings and a comma: 25,200.
 */
export const JSON_MAX_TOKENS = 26_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const OPEN_OBJECT = 0x7b

/**
 * Whether a JSON text has more tokens than any request. It reads no further than the limit and keeps nothing,
 * so a text full of brackets, commas or quotes costs a fraction of parsing it. It does not check that the
 * text is JSON.
 */
export function hasTooManyTokens(text: Uint8Array): boolean {
  let tokens = 0
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case QUOTE:
        tokens += 1
        at = endOfString(text, at + 1)
        break
      case OPEN_LIST:
      case OPEN_OBJECT:
      case COMMA:
        tokens += 1
        break
    }
    if (tokens > JSON_MAX_TOKENS) return true
  }
  return false
}

/** The place of the quote that ends a string; the end of the text when there is none. */
function endOfString(text: Uint8Array, begin: number): number {
  const quote = text.indexOf(QUOTE, begin)
  if (quote < 0) return text.length
  if (text[quote - 1] !== BACKSLASH) return quote
  for (let at = begin; at < text.length; at += 1) {
    if (text[at] === BACKSLASH) at += 1
    else if (text[at] === QUOTE) return at
  }
  return text.length
}
