import { type Evaluation, spend } from './evaluation.ts'
import { ANY, type Run, STAR } from './glob.ts'

/** `${key}` or `${key, 'default'}`: stands for the key's value, taken literally. */
type Variable = { readonly key: string; readonly fallback: string | undefined }

/** A value of a policy, taken apart: literal text, wildcards and variables. */
export type Template = readonly (Run | Variable)[]

/** What has a meaning in a value besides literal text. */
export type Syntax = { readonly wildcards: boolean; readonly variables: boolean }

/** Up to the next thing that might have a meaning. */
const LITERAL = /[^*?$]+/y
const VARIABLE = /\$\{(\$|[^${}',]+)(?:,\s*'([^'{}]*)')?\}/y
/** `${*}`, `${?}` and `${$}` stand for the character itself. */
const LITERAL_VARIABLE = /^[*?$]$/

/**
 * Takes a value apart; nothing when it has a `${` that is not a variable.
 *
 * Source: IAM User Guide, "IAM policy elements: Variables and tags".
 */
export function parseTemplate(text: string, syntax: Syntax): Template | undefined {
  const template: (Run | Variable)[] = []
  let literal = ''
  let at = 0
  const push = (piece: Run | Variable): void => {
    if (literal !== '') template.push(literal)
    literal = ''
    template.push(piece)
  }
  while (at < text.length) {
    const step = parsePiece(text, at, syntax)
    if (step === undefined) return undefined
    at += step.length
    if (typeof step.piece === 'string') literal += step.piece
    else push(step.piece)
  }
  if (literal !== '') template.push(literal)
  return template
}

/** Whether every `${` of a text begins a variable. */
export function isTemplate(text: string, variables: boolean): boolean {
  return parseTemplate(text, { wildcards: true, variables }) !== undefined
}

type Step = { readonly piece: Run | Variable; readonly length: number }

function parsePiece(text: string, at: number, syntax: Syntax): Step | undefined {
  const character = text.charAt(at)
  if (character === '$' && syntax.variables && text[at + 1] === '{') return parseVariable(text, at)
  if (character === '*' && syntax.wildcards) return { piece: STAR, length: 1 }
  if (character === '?' && syntax.wildcards) return { piece: ANY, length: 1 }
  LITERAL.lastIndex = at
  const piece = LITERAL.exec(text)?.[0] ?? character
  return { piece, length: piece.length }
}

function parseVariable(text: string, at: number): Step | undefined {
  VARIABLE.lastIndex = at
  const match = VARIABLE.exec(text)
  if (match === null) return undefined
  const [whole, name = '', fallback] = match
  const key = name.trim()
  if (key === '') return undefined
  const { length } = whole
  if (!LITERAL_VARIABLE.test(key)) return { piece: { key: key.toLowerCase(), fallback }, length }
  return fallback === undefined ? { piece: key, length } : undefined
}

/** The template as a pattern, when it has no variables. */
export function constantRuns(template: Template): readonly Run[] | undefined {
  const runs: Run[] = []
  for (const piece of template) {
    if (typeof piece === 'object') return undefined
    runs.push(piece)
  }
  return runs
}

/** The template as a pattern for this request; nothing when a variable has no value. */
export function resolveRuns(template: Template, evaluation: Evaluation): readonly Run[] | undefined {
  const runs: Run[] = []
  for (const piece of template) {
    const run = typeof piece === 'object' ? findValue(piece, evaluation) : piece
    if (run === undefined) return undefined
    spend(evaluation, typeof run === 'string' ? run.length : 1)
    const last = runs.at(-1)
    if (typeof run === 'string' && typeof last === 'string') runs[runs.length - 1] = last + run
    else runs.push(run)
  }
  return runs
}

/** A key with several values has no one value that could be put in. */
function findValue(variable: Variable, evaluation: Evaluation): string | undefined {
  const value = evaluation.context(variable.key) ?? variable.fallback
  return typeof value === 'string' ? value : undefined
}
