/** Levels of objects and lists in a request body: requests of KMS and CloudTrail have six at most. */
export const JSON_MAX_DEPTH = 32
/**
 * Strings, commas, and beginnings of objects and lists in a request body. The largest legal request has an encryption
 * context of 8,192 bytes, at most 4,200 pairs, each of two strings and a comma.
 */
export const JSON_MAX_TOKENS = 16_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * What a JSON text has too much of, if anything. Reads no further than the limit and keeps nothing, so that a text
 * that is all brackets, commas or quotes costs a fraction of what parsing it would. Says nothing of whether the text is
 * JSON.
 */
export function excessOfJson(text: Uint8Array): 'depth' | 'tokens' | undefined {
  let depth = 0
  let tokens = 0
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case QUOTE:
        tokens += 1
        at = endOfString(text, at + 1)
        break
      case OPEN_LIST:
      case OPEN_OBJECT:
        tokens += 1
        depth += 1
        if (depth > JSON_MAX_DEPTH) return 'depth'
        break
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1
        break
      case COMMA:
        tokens += 1
        break
    }
    if (tokens > JSON_MAX_TOKENS) return 'tokens'
  }
  return undefined
}

/** Where the quote is that ends a string; the end of the text when there is none. */
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
