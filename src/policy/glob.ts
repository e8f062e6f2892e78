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
  const pattern = patternOf(runs)
  return (text, evaluation) => matchesPattern(pattern, text, evaluation)
}

/** The text between two stars: code units and {@link ANY}. */
type Segment = {
  readonly units: Int32Array
  /**
   * For a segment without wildcards: after so many units match, how many still do when the next does not (the
   * algorithm of Knuth, Morris and Pratt). So a search takes steps by the length of the text alone.
   */
  readonly fallbacks: Int32Array | undefined
}

/** Segments with stars between them; empty ones stand only before a first and after a last star. */
type Pattern = {
  readonly first: Segment
  readonly middle: readonly Segment[]
  readonly last: Segment | undefined
}

function patternOf(runs: readonly Run[]): Pattern {
  let units: number[] = []
  const segments = [units]
  for (const run of runs) {
    if (run === STAR) {
      units = []
      segments.push(units)
    } else if (run === ANY) {
      units.push(ANY)
    } else {
      for (let index = 0; index < run.length; index += 1) units.push(run.charCodeAt(index))
    }
  }
  const [first = [], ...rest] = segments
  const last = rest.pop()
  return {
    first: segmentOf(first),
    middle: rest.filter((middle) => middle.length > 0).map(segmentOf),
    last: last && segmentOf(last),
  }
}

function segmentOf(codes: readonly number[]): Segment {
  const units = Int32Array.from(codes)
  const isLiteral = !codes.includes(ANY) && !isLowSurrogate(codes[0] ?? 0)
  return { units, fallbacks: isLiteral ? fallbacksOf(units) : undefined }
}

/** A star takes whole characters, so what follows one never begins within a character. */
function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

function fallbacksOf(units: Int32Array): Int32Array {
  const fallbacks = new Int32Array(units.length)
  for (let at = 1, matched = 0; at < units.length; at += 1) {
    while (matched > 0 && units[at] !== units[matched]) matched = fallbacks[matched - 1] ?? 0
    if (units[at] === units[matched]) matched += 1
    fallbacks[at] = matched
  }
  return fallbacks
}

/**
 * Matches segment by segment, each at the first place where it matches: whatever a later place allows, this
 * one does. Charges all steps to the evaluation.
 */
function matchesPattern({ first, middle, last }: Pattern, text: string, evaluation: Evaluation): boolean {
  spend(evaluation, 1)
  let at = endAt(first, text, 0, evaluation)
  if (last === undefined) return at === text.length
  if (at === undefined) return false
  for (const segment of middle) {
    at = findEnd(segment, text, at, evaluation)
    if (at === undefined) return false
  }
  return endsWith(last, text, at, evaluation)
}

/**
 * The end of a segment that begins at a place; nothing when it does not match there. This is where hostile patterns
 * spend their steps, so it counts them without touching the evaluation, and needs no iterator.
 */
function endAt({ units }: Segment, text: string, from: number, evaluation: Evaluation): number | undefined {
  const { length } = units
  const most = Math.min(length, evaluation.remaining + 1)
  let at = from
  let matched = 0
  for (; matched < most && at < text.length; matched += 1) {
    const unit = units[matched]
    if (unit === ANY) at += widthAt(text, at)
    else if (unit === text.charCodeAt(at)) at += 1
    else break
  }
  // The unit that does not match is a step too.
  spend(evaluation, Math.min(most, matched + 1))
  return matched === length ? at : undefined
}

/** The end of a segment at the first place, from another one on, where it matches. */
function findEnd(segment: Segment, text: string, from: number, evaluation: Evaluation): number | undefined {
  const { fallbacks } = segment
  if (fallbacks !== undefined) return findLiteralEnd(segment.units, fallbacks, { text, from }, evaluation)
  for (let at = from; at < text.length; at += widthAt(text, at)) {
    const end = endAt(segment, text, at, evaluation)
    if (end !== undefined) return end
  }
  return undefined
}

/** Characters that a search for a literal segment looks at in the time of one step. */
const CHARACTERS_PER_STEP = 4

function findLiteralEnd(
  units: Int32Array,
  fallbacks: Int32Array,
  { text, from }: { readonly text: string; readonly from: number },
  evaluation: Evaluation,
): number | undefined {
  let matched = 0
  let at = from
  for (; at < text.length && matched < units.length; at += 1) {
    const code = text.charCodeAt(at)
    while (matched > 0 && units[matched] !== code) matched = fallbacks[matched - 1] ?? 0
    if (units[matched] === code) matched += 1
  }
  spend(evaluation, 1 + Math.floor((at - from) / CHARACTERS_PER_STEP))
  return matched === units.length ? at : undefined
}

/** Whether a segment matches at or after a place and ends with the text. */
function endsWith(segment: Segment, text: string, from: number, evaluation: Evaluation): boolean {
  const { units, fallbacks } = segment
  if (units.length === 0) return true
  if (fallbacks !== undefined) {
    const at = text.length - units.length
    return at >= from && endAt(segment, text, at, evaluation) !== undefined
  }
  for (let at = from; at < text.length; at += widthAt(text, at)) {
    if (endAt(segment, text, at, evaluation) === text.length) return true
  }
  return false
}

/** Code units of the character there: two beyond the basic plane. */
function widthAt(text: string, at: number): number {
  return isHighSurrogate(text.charCodeAt(at)) && isLowSurrogate(text.charCodeAt(at + 1)) ? 2 : 1
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
