import { valueProblem } from './comparisons.ts'
import { type Condition, type Operator, parseOperator, takesVariables } from './operators.ts'
import { asObject, asScalars, at } from './parse-values.ts'
import type { Json } from './strict-json.ts'
import { LEGACY_PARSING, PolicySyntaxError, quote } from './syntax-error.ts'

/** What IAM says of names without a prefix. Source: recorded answers. */
export const PREFIX_TEXT = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'

/** A key has a prefix: `aws:SourceIp`, `kms:ViaService`, `issuer.example/path:sub`. */
const CONDITION_KEY = /^[^:\s]+:\S(?:.*\S)?$/s

/**
 * The `Condition` element: operators, each with keys, each with values.
 *
 * @param variables whether the policy's version has variables.
 * @throws PolicySyntaxError
 */
export function parseConditions(json: Json | undefined, path: string, variables: boolean): Condition[] {
  if (json === undefined) return []
  const conditions: Condition[] = []
  for (const [name, keys] of asObject(json, path)) {
    const operatorPath = at(path, name)
    const operator = parseOperator(name)
    if (operator === undefined) {
      throw new PolicySyntaxError(`${operatorPath}: not a condition operator`)
    }
    for (const [key, values] of asObject(keys, operatorPath)) {
      conditions.push(parseCondition(operator, key, values, { path: operatorPath, variables }))
    }
  }
  return conditions
}

type Place = { readonly path: string; readonly variables: boolean }

function parseCondition(operator: Operator, key: string, json: Json, place: Place): Condition {
  const path = at(place.path, key)
  if (!CONDITION_KEY.test(key)) {
    throw new PolicySyntaxError(`${path}: a condition key like "aws:SourceIp" required`, {
      iamText: PREFIX_TEXT,
    })
  }
  const variables = place.variables && takesVariables(operator.comparison)
  const values = asScalars(json, path)
  for (const value of values) {
    const wanted = valueProblem(operator.comparison, value, variables)
    if (wanted === undefined) continue
    throw new PolicySyntaxError(`${path}: ${wanted} required, got ${quote(value)}`, {
      iamText: LEGACY_PARSING,
    })
  }
  return { operator, key, values }
}
