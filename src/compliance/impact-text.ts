import { markUnprintable } from '../base/printable.ts'
import { formatTable } from '../base/table.ts'
import { formatInstant, formatSecond } from './facts.ts'
import { type Impact, type KeyUser, type NamingStatement, SHOWN_MAX } from './impact.ts'

/** Formats what depends on a key, as lines for people. */
export function formatImpact(impact: Impact): readonly string[] {
  const { key, users, statements, consequences } = impact
  const { arn, state, spec, usage, description } = key
  return [
    arn,
    `${state}, ${spec}, ${usage}`,
    ...(description === '' ? [] : [markUnprintable(description)]),
    ...section('When it is disabled or deleted', consequences.map(markUnprintable)),
    ...section(
      'Calls on it',
      users.length === 0 ? ['none'] : formatTable([USER_COLUMNS, ...users.map(userRow)]),
    ),
    ...(impact.moreUsers > 0 ? [`  and ${impact.moreUsers} more`] : []),
    ...section('Aliases', key.aliases.length === 0 ? ['none'] : key.aliases.map(markUnprintable)),
    ...section(`Grants: ${key.grants.length}`, grantLines(impact)),
    ...section(
      'Policy statements that name it',
      formatTable([STATEMENT_COLUMNS, ...statements.map(statementRow)]),
    ),
    ...(impact.moreStatements > 0 ? [`  and ${impact.moreStatements} more`] : []),
  ]
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

/** The maximum number of values of a list in a line; `--json` shows all. */
const VALUES_SHOWN = 3

/** Joins the first values of a list; counts the others, `others` more included. */
function listed(values: readonly string[], between: string, others = 0): string {
  const more = Math.max(0, values.length - VALUES_SHOWN) + others
  const shown = values.slice(0, VALUES_SHOWN).join(between)
  return more === 0 ? shown : `${shown} and ${more} more`
}

/** The maximum length of a condition in a line; `--json` shows all of it. */
const CONDITION_MAX_CHARS = 80

function shortened(condition: string): string {
  if (condition.length <= CONDITION_MAX_CHARS) return condition
  return `${condition.slice(0, CONDITION_MAX_CHARS).toWellFormed()}…`
}

const USER_COLUMNS = ['principal', 'operation', 'calls', 'failures', 'first', 'last', 'from', 'last event']

function userRow(user: KeyUser): readonly string[] {
  const { principal, operation, calls, failures, firstSecond, lastSecond, addresses, moreAddresses } = user
  const times = [formatSecond(firstSecond), formatSecond(lastSecond)]
  const from = listed(addresses, ' ', moreAddresses)
  return [principal, operation, String(calls), String(failures), ...times, from, user.lastEventId]
}

function grantLines({ key: { grants } }: Impact): readonly string[] {
  if (grants.length === 0) return []
  const rows = grants
    .slice(0, SHOWN_MAX)
    .map(({ id, grantee, operations, createdAt, constrained }) => [
      id,
      grantee,
      listed(operations, ' '),
      formatInstant(createdAt),
      constrained ? 'yes' : 'no',
    ])
  const more = grants.length - SHOWN_MAX
  const lines = formatTable([['grant', 'grantee', 'operations', 'created', 'constraints'], ...rows])
  return more > 0 ? [...lines, `and ${more} more`] : lines
}

const STATEMENT_COLUMNS = [
  'of',
  'policy',
  'statement',
  'effect',
  'names',
  'principals',
  'actions',
  'conditions',
]

function statementRow(statement: NamingStatement): readonly string[] {
  const { holder, policy, effect, names, principals, actions, conditions } = statement
  const lists = [listed(principals, ' '), listed(actions, ' '), listed(conditions.map(shortened), '; ')]
  return [holder, policy, statement.statement, effect, names, ...lists]
}
