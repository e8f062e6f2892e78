/** A statement, as far as the console reads it. */
export type Statement = Readonly<Record<string, unknown>>

/** Returns the statements of a policy; nothing for a text that is none. */
export function statementsOf(text: string): readonly Statement[] {
  const policy = parseObject(text)
  const statements = policy?.['Statement']
  return (Array.isArray(statements) ? statements : [statements]).filter(isObject)
}

/** Returns a policy with one more statement; a new policy if there is none. */
export function withStatement(text: string, statement: string): string {
  const policy = parseObject(text) ?? { Version: '2012-10-17', Statement: [] }
  return formatPolicy({ ...policy, Statement: [...statementsOf(text), parseObject(statement)] })
}

/** Returns a policy without the statement at this place. */
export function withoutStatement(text: string, index: number): string {
  const policy = parseObject(text) ?? {}
  return formatPolicy({ ...policy, Statement: statementsOf(text).filter((_, place) => place !== index) })
}

/** A policy that allows nothing, to begin with. */
export function emptyPolicy(): string {
  return formatPolicy({ Version: '2012-10-17', Statement: [] })
}

/** Returns the texts of an element: it has one, a list, or none. */
export function textsOf(element: unknown): readonly string[] {
  if (element === undefined) return []
  return (Array.isArray(element) ? element : [element]).map(String)
}

/** Whether a value is an object with members. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function formatPolicy(policy: object): string {
  return JSON.stringify(policy, null, 2)
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
