import type { CompiledStatement } from './compiled-statement.ts'
import type { ContextLookup, ContextValue } from './context.ts'
import { type Evaluation, startEvaluation } from './evaluation.ts'
import { STAR } from './glob.ts'
import { parseInstant } from './instant.ts'
import type { Condition } from './operators.ts'
import { parseTemplate, resolveRuns } from './template.ts'

/** One condition of a statement, ready to be asked. */
export type AskedCondition = CompiledStatement['conditions'][number]

/** A value of a condition key; nothing where the key is left out. */
export type Witness = { readonly found: ContextValue | undefined }

/** Values of one condition, and of one key, that are tried. */
const VALUES_TRIED = 8
const CANDIDATES_MAX = 64
/** Values of one key that are told apart. */
const WITNESSES_MAX = 16

/**
 * Values of a key, of which no two make the same conditions on it hold: those that the conditions name come first,
 * leaving the key out last. Every condition must be on the key.
 */
export function witnessesFor(
  key: string,
  conditions: readonly AskedCondition[],
  { context }: Pick<Evaluation, 'context'>,
): readonly Witness[] {
  const named = conditions.flatMap(({ written }) => candidatesFor(written, context))
  const tried = [...new Set([...named, ...OTHERS])].slice(0, CANDIDATES_MAX)
  const byOutcome = new Map<string, Witness>()
  for (const found of [...tried, undefined]) {
    const outcome = outcomeOf(conditions, { key, found, context })
    if (!byOutcome.has(outcome)) byOutcome.set(outcome, { found })
  }
  return [...byOutcome.values()].slice(0, WITNESSES_MAX)
}

type Tried = Witness & { readonly key: string; readonly context: ContextLookup }

function outcomeOf(conditions: readonly AskedCondition[], { key, found, context }: Tried): string {
  const evaluation = startEvaluation((name) => (name === key ? found : context(name)))
  return conditions.map(({ holds }) => (holds(evaluation) ? '1' : '0')).join('')
}

/** Whether all conditions, each on the key, hold or fail as wanted. */
export function fits(
  conditions: readonly AskedCondition[],
  wanted: boolean,
  { key, found, context }: Tried,
): boolean {
  const evaluation = startEvaluation((name) => (name === key ? found : context(name)))
  return conditions.every(({ holds }) => holds(evaluation) === wanted)
}

/** Whatever a policy lists, one of these is mostly something else. Source of the addresses: RFC 5737, RFC 3849. */
const OTHERS: readonly string[] = [
  ...['other', '192.0.2.1', '198.51.100.1', '2001:db8::1', '0', '-1', '1', '1000000', 'QQ=='],
  ...['arn:aws:iam::123456789012:user/other', '2000-01-01T00:00:00Z', '2100-01-01T00:00:00Z'],
]

function candidatesFor({ operator, values }: Condition, context: ContextLookup): readonly string[] {
  const { comparison } = operator
  const shown = values.slice(0, VALUES_TRIED)
  if (comparison === 'Null') return []
  if (comparison === 'Bool') return [...shown, ...shown.map((text) => String(text.toLowerCase() !== 'true'))]
  if (comparison === 'IpAddress') return shown.map((text) => text.replace(/\/.*$/, ''))
  if (comparison.startsWith('Numeric'))
    return shown.flatMap((text) => [text, String(Number(text) - 1), String(Number(text) + 1)])
  if (comparison.startsWith('Date')) return shown.flatMap((text) => [text, ...secondsAround(text)])
  return shown.flatMap((text) => textsFor(text, context))
}

function secondsAround(text: string): readonly string[] {
  const at = parseInstant(text)
  return at === undefined ? [] : [at - 1000, at + 1000].map((one) => new Date(one).toISOString())
}

/** Texts that a value with wildcards and variables may stand for; in any version of the language. */
function textsFor(text: string, context: ContextLookup): readonly string[] {
  const spent = startEvaluation(context)
  const readings = [true, false].flatMap((variables) => {
    const template = parseTemplate(text, { wildcards: true, variables })
    const runs = template && resolveRuns(template, spent)
    return runs === undefined ? [] : [runs]
  })
  const filled = readings.flatMap((runs) =>
    ['x', ''].map((star) =>
      runs.map((run) => (typeof run === 'string' ? run : run === STAR ? star : 'x')).join(''),
    ),
  )
  const bare = readings.map((runs) =>
    runs.map((run) => (typeof run === 'string' ? run : run === STAR ? '*' : '?')).join(''),
  )
  return [...new Set([...bare, text, ...filled])]
}
