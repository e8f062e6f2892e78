import type { Listed } from './document.ts'
import type { Evaluation } from './evaluation.ts'
import { type ArnParts, resourceTest, textTest } from './pattern.ts'

/** Whether an element of a statement covers an action. */
type ActionTest = (actionLowerCased: string, evaluation: Evaluation) => boolean

/** The test for `Action` or `NotAction`; takes the action in lower case. */
export function actionTest(actions: Listed<string>): ActionTest {
  const values = actions.values.map((value) => value.toLowerCase())
  if (values.includes('*')) return () => !actions.negated
  const exact = new Set(values.filter((value) => !/[*?]/.test(value)))
  const tests = values
    .filter((value) => !exact.has(value))
    .map((value) => textTest(value, { wildcards: true, variables: false }))
  return (action, evaluation) =>
    (exact.has(action) || tests.some((test) => test(action, evaluation))) !== actions.negated
}

/** The resource of a request, split once. */
export type Resource = {
  /** An ARN, or `*`. */
  readonly text: string
  /** Nothing when the text is no ARN. */
  readonly parts: ArnParts | undefined
}

/** Whether an element of a statement covers a resource. */
type ResourcesTest = (resource: Resource, evaluation: Evaluation) => boolean

/**
 * The test for `Resource` or `NotResource`. An action without a resource has the resource `*`,
 * which only the value `*` covers.
 *
 * @param variables whether the policy's version has variables.
 */
export function resourcesTest(resources: Listed<string>, variables: boolean): ResourcesTest {
  const { negated, values } = resources
  if (values.includes('*')) return () => !negated
  const exact = new Set(values.filter(isLiteral))
  const tests = values.filter((value) => !exact.has(value)).map((value) => resourceTest(value, variables))
  return ({ text, parts }, evaluation) =>
    (exact.has(text) || (parts !== undefined && tests.some((test) => test(parts, evaluation)))) !== negated
}

/** The ARNs of a `Resource` element that lists nothing else. */
export function listedArns({ negated, values }: Listed<string>): readonly string[] | undefined {
  return !negated && values.every(isLiteral) ? values : undefined
}

/** Whether a resource of a policy stands only for itself. */
function isLiteral(value: string): boolean {
  return !/[*?$]/.test(value)
}
