/** Values of a request's condition keys, by lower-cased name. */
export type Values = { readonly [key: string]: string | readonly string[] }

export type Options = {
  readonly wildcards: boolean
  readonly variables: boolean
  readonly ignoreCase?: boolean
}

/**
 * Whether a text matches a value of a policy, by turning the value into a regular expression. A variable without a
 * value makes the whole value null: it matches nothing.
 */
export function matchesText(value: string, text: string, options: Options, context: Values): boolean {
  const source = toSource(value, options, context)
  if (source === undefined) return false
  const flags = options.ignoreCase === true ? 'isu' : 'su'
  return new RegExp(`^(?:${source})$`, flags).test(text)
}

const VARIABLE = /^\$\{([^}',]+)(?:,\s*'([^']*)')?\}/

function toSource(value: string, options: Options, context: Values): string | undefined {
  let source = ''
  let rest = value
  while (rest !== '') {
    const variable = options.variables ? VARIABLE.exec(rest) : null
    if (variable !== null) {
      const text = variableValue(String(variable[1]).trim(), variable[2], context)
      if (text === undefined) return undefined
      source += quoted(text)
      rest = rest.slice(variable[0].length)
      continue
    }
    const [character = ''] = rest
    if (options.wildcards && character === '*') source += '.*'
    else if (options.wildcards && character === '?') source += '.'
    else source += quoted(character)
    rest = rest.slice(character.length)
  }
  return source
}

function variableValue(name: string, fallback: string | undefined, context: Values): string | undefined {
  if (name === '*' || name === '?' || name === '$') return name
  const found = context[name.toLowerCase()]
  if (found === undefined) return fallback
  return typeof found === 'string' ? found : undefined
}

function quoted(text: string): string {
  return [...text].map((character) => `\\u{${character.codePointAt(0)?.toString(16)}}`).join('')
}

/** The six parts of an ARN; the last keeps its colons. */
export function partsOf(arn: string): readonly string[] | undefined {
  const parts = arn.split(':')
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')]
}

/** Whether an action matches one of a policy. */
export function matchesAction(pattern: string, action: string): boolean {
  const options = { wildcards: true, variables: false, ignoreCase: true }
  return pattern === '*' || matchesText(pattern, action, options, {})
}

/** Whether a resource matches one of a policy. */
export function matchesResource(
  pattern: string,
  resource: string,
  variables: boolean,
  context: Values,
): boolean {
  if (pattern === '*') return true
  const wanted = partsOf(pattern)
  const found = partsOf(resource)
  if (wanted === undefined || found === undefined) return false
  return wanted.every((part, at) =>
    matchesText(part, String(found[at]), { wildcards: true, variables: variables && at === 5 }, context),
  )
}
