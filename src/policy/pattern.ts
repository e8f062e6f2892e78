import { present } from '../base/assert.ts'
import type { Evaluation } from './evaluation.ts'
import { globTest, type Run, STAR, type TextTest } from './glob.ts'
import { constantRuns, parseTemplate, resolveRuns, type Syntax, type Template } from './template.ts'

/** An ARN split at its first five colons: `arn`, partition, service, region, account, resource. */
export type ArnParts = readonly string[]

/** Whether an ARN matches a pattern. */
export type ArnTest = (arn: ArnParts, evaluation: Evaluation) => boolean

const ARN_PARTS = 6
const COLONS = ARN_PARTS - 1

/** The six parts; nothing when there are fewer. The last part keeps its colons. */
export function splitArn(text: string): ArnParts | undefined {
  const parts: string[] = []
  let start = 0
  while (parts.length < COLONS) {
    const colon = text.indexOf(':', start)
    if (colon < 0) return undefined
    parts.push(text.slice(start, colon))
    start = colon + 1
  }
  parts.push(text.slice(start))
  return parts
}

/**
 * The test for one value of a policy. A value whose variable is missing matches nothing.
 *
 * @param fold what was done to the texts to test.
 */
export function textTest(text: string, syntax: Syntax, fold: (text: string) => string = asIs): TextTest {
  const template = checkedTemplate(text, syntax)
  const compile = (runs: readonly Run[]): TextTest =>
    globTest(runs.map((run) => (typeof run === 'string' ? fold(run) : run)))
  const constant = constantRuns(template)
  if (constant !== undefined) return compile(constant)
  return (candidate, evaluation) => {
    const runs = resolveRuns(template, evaluation)
    return runs !== undefined && compile(runs)(candidate, evaluation)
  }
}

/** The one text that a value of a policy stands for; nothing when it depends on the request. */
export function literalText(text: string, syntax: Syntax): string | undefined {
  const runs = constantRuns(checkedTemplate(text, syntax))
  return runs?.every((run) => typeof run === 'string') === true ? runs.join('') : undefined
}

/**
 * The test for a pattern of an ARN operator: part by part, so that a wildcard stays inside its
 * part, except in the last one. `*` alone is every ARN.
 */
export function arnTest(text: string, variables: boolean): ArnTest {
  const template = checkedTemplate(text, { wildcards: true, variables })
  const constant = constantRuns(template)
  if (constant !== undefined) return partsTest(text === '*' ? ANY_ARN : splitRuns(constant))
  return (arn, evaluation) => {
    const runs = resolveRuns(template, evaluation)
    return runs !== undefined && partsTest(splitRuns(runs))(arn, evaluation)
  }
}

/** The test for a `Resource` other than `*`: variables count only after the fifth colon. */
export function resourceTest(text: string, variables: boolean): ArnTest {
  const parts = present(splitArn(text), 'A checked resource')
  return allParts(
    parts.map((part, index) => textTest(part, { wildcards: true, variables: variables && index === COLONS })),
  )
}

/** Whether a text has the form of an ARN operator's value, as far as that shows without a request. */
export function isArnPattern(text: string, variables: boolean): boolean {
  const template = parseTemplate(text, { wildcards: true, variables })
  if (template === undefined) return false
  const constant = constantRuns(template)
  return constant === undefined || text === '*' || splitRuns(constant) !== undefined
}

function checkedTemplate(text: string, syntax: Syntax): Template {
  return present(parseTemplate(text, syntax), 'A checked template')
}

function asIs(text: string): string {
  return text
}

const ANY_ARN: readonly Run[][] = new Array<Run[]>(ARN_PARTS).fill([STAR])

function partsTest(parts: readonly Run[][] | undefined): ArnTest {
  return parts === undefined ? () => false : allParts(parts.map((runs) => globTest(runs)))
}

function allParts(tests: readonly TextTest[]): ArnTest {
  return (arn, evaluation) =>
    tests.every((test, index) => test(present(arn[index], 'A part of an ARN'), evaluation))
}

/** A pattern split at its first five colons; nothing when it has fewer. */
function splitRuns(runs: readonly Run[]): readonly Run[][] | undefined {
  let current: Run[] = []
  const parts = [current]
  for (const run of runs) {
    if (typeof run !== 'string') {
      current.push(run)
      continue
    }
    let rest = run
    let colon = rest.indexOf(':')
    while (colon >= 0 && parts.length < ARN_PARTS) {
      if (colon > 0) current.push(rest.slice(0, colon))
      current = []
      parts.push(current)
      rest = rest.slice(colon + 1)
      colon = rest.indexOf(':')
    }
    if (rest !== '') current.push(rest)
  }
  return parts.length === ARN_PARTS ? parts : undefined
}
