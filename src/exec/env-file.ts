import { UsageError } from '../base/usage-error.ts'

/** The maximum number of variables of a file. */
const VARIABLES_MAX = 10_000

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Parses a file of variables: a `NAME=VALUE` on each line, after an optional `export`. Blank lines and lines that begin
 * with `#` mean nothing. A value in single quotes is literal; in double quotes, a backslash escapes `n`, `"`, `$` and
 * itself; without quotes, it ends before ` #`.
 *
 * @throws UsageError that names the line and repeats nothing of it, because it may hold a secret.
 */
export function parseEnvFile(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>()
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const content = line.trim()
    if (content === '' || content.startsWith('#')) continue
    const where = `line ${index + 1}`
    const assignment = content.replace(/^export\s+/, '')
    const equals = assignment.indexOf('=')
    const name = assignment.slice(0, Math.max(equals, 0)).trim()
    if (!NAME.test(name)) throw new UsageError(`${where}: expected NAME=VALUE`)
    if (variables.has(name)) throw new UsageError(`${where}: ${name} is set twice`)
    variables.set(name, parseValue(assignment.slice(equals + 1).trim(), where))
    if (variables.size > VARIABLES_MAX) throw new UsageError(`expected at most ${VARIABLES_MAX} variables`)
  }
  return variables
}

function parseValue(text: string, where: string): string {
  const [, literal] = /^'([^']*)'\s*(?:#.*)?$/.exec(text) ?? []
  if (literal !== undefined) return literal
  const [, escaped] = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text) ?? []
  if (escaped !== undefined)
    return escaped.replaceAll(/\\([n"$\\])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))
  if (/^["']/.test(text)) throw new UsageError(`${where}: the quotes of the value do not end`)
  if (text.includes('\0')) throw new UsageError(`${where}: the value has a zero byte`)
  return text.replace(/(?:^|\s+)#.*$/, '')
}
