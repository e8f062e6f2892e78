import { type Evaluation, spend } from './evaluation.ts'

/** A run of any characters, also none. */
export const STAR = -1
/** Exactly one character. */
export const ANY = -2

/** A part of a pattern: literal text or a wildcard. */
export type Run = string | typeof STAR | typeof ANY

/** Whether a text matches something. */
export type TextTest = (text: string, evaluation: Evaluation) => boolean

/** The test for a pattern. Common forms (exact, prefix) take no scan. */
export function globTest(runs: readonly Run[]): TextTest {
  const [first = '', second, third] = runs
  if (first === STAR && second === undefined) return () => true
  if (typeof first === 'string') {
    if (second === undefined) return (text) => text === first
    if (second === STAR && third === undefined) return (text) => text.startsWith(first)
  }
  const tokens = tokensOf(runs)
  return (text, evaluation) => matchesGlob(tokens, text, evaluation)
}

/** Code units, {@link STAR} and {@link ANY}; never two stars in a row. */
function tokensOf(runs: readonly Run[]): Int32Array {
  const tokens: number[] = []
  for (const run of runs) {
    if (typeof run === 'string') {
      for (let index = 0; index < run.length; index += 1) tokens.push(run.charCodeAt(index))
    } else if (run !== STAR || tokens.at(-1) !== STAR) {
      tokens.push(run)
    }
  }
  return Int32Array.from(tokens)
}

/**
 * Matches without recursion: on a mismatch only the last star takes one character more. Takes at
 * most text × pattern steps, all of which are charged to the evaluation.
 */
function matchesGlob(tokens: Int32Array, text: string, evaluation: Evaluation): boolean {
  let token = 0
  let at = 0
  let starToken = -1
  let starAt = 0
  while (at < text.length) {
    spend(evaluation, 1)
    const wanted = tokens[token]
    if (wanted === STAR) {
      starToken = token
      starAt = at
      token += 1
    } else if (wanted === ANY) {
      token += 1
      at += widthAt(text, at)
    } else if (wanted === text.charCodeAt(at)) {
      token += 1
      at += 1
    } else if (starToken >= 0) {
      starAt += widthAt(text, starAt)
      at = starAt
      token = starToken + 1
    } else {
      return false
    }
  }
  while (tokens[token] === STAR) token += 1
  return token === tokens.length
}

/** Code units of the character there: two beyond the basic plane. */
function widthAt(text: string, at: number): number {
  return Number(text.codePointAt(at)) > 0xffff ? 2 : 1
}
