/** Generates docs/reference/commands.md from the descriptors of the commands: `npm run docs`. */

import { writeFile } from 'node:fs/promises'
import { type Command, commandUsage, EXIT_STATUSES } from '../src/cli/command.ts'
import { COMMANDS } from '../src/cli/commands.ts'
import { optionText } from '../src/cli/help.ts'
import { optionsOf } from '../src/cli/options.ts'
import { formatShape } from '../src/cli/shape.ts'

/** The page that this script generates. */
export const COMMANDS_PAGE = new URL('../docs/reference/commands.md', import.meta.url)

const INTRODUCTION = `# Commands

Every command of \`holdfast\`. This page is written by \`npm run docs\` from the facts that the code of the commands declares; a test
fails when it is out of date. \`holdfast COMMAND --help\` shows the same.

- Every command accepts all [settings](settings.md), as options or as \`HOLDFAST_\` variables; the settings that matter to a command are listed.
- Results go to standard output. Messages, and what to do next, go to standard error.
- \`--json\` prints the result as one JSON document, or as one document on each line where the page says so. Members that this page lists
  keep their names and types; releases may add others. A name that ends with \`?\` is a member that may be absent. Failures have a text on
  standard error, not a document, except where a verification fails.
- Work that takes longer than two seconds reports its progress on standard error when that is a terminal, or with \`--progress\`.
- \`--account\` is the account that a command works on. \`--id\` names what a command creates, moves or attaches to: \`account create\` refuses
  \`--account\`.
- \`--json\` and a \`--format\` other than \`json\` exclude each other.
- Shell completion: \`source <(holdfast completion bash)\`, and the same for zsh and fish.

| exit status | meaning |
| --- | --- |
${EXIT_STATUSES.map(([status, meaning]) => `| ${status} | ${meaning} |`).join('\n')}
`

/** The expected content of the page. */
export function commandsPage(): string {
  const shown = COMMANDS.filter(({ hidden }) => hidden !== true)
  const index = shown.map(
    ({ name, about }) => `| [\`${name}\`](#holdfast-${name.replaceAll(' ', '-')}) | ${about} |`,
  )
  return [
    INTRODUCTION,
    '| command | does |',
    '| --- | --- |',
    ...index,
    '',
    ...shown.flatMap(sectionOf),
  ].join('\n')
}

function sectionOf(command: Command): readonly string[] {
  const { name, about, details = [], settings, json, examples, program } = command
  const operands = (command.operands ?? []).map(({ takes, about: what }) => `\`${takes.name}\`: ${what}.`)
  return [
    `## holdfast ${name}`,
    '',
    [`${about}.`, ...details].join(' '),
    '',
    '```sh',
    `holdfast ${commandUsage(command)}`,
    ...examples.flatMap((example) => [`# ${example.about}`, example.line]),
    '```',
    '',
    ...(operands.length === 0 ? [] : [...operands, '']),
    ...(program === undefined ? [] : [`\`PROGRAM\`: ${program}.`, '']),
    ...optionsTable(command),
    ...settingsLine(settings),
    ...(json === undefined
      ? []
      : [
          `JSON${json.lines === true ? ', a document on each line' : ''}: \`${formatShape(json.shape)}\``,
          '',
        ]),
  ]
}

function optionsTable(command: Command): readonly string[] {
  const rows = Object.entries(optionsOf(command)).map(([name, option]) => {
    const value = option.takes === undefined ? '' : ` ${option.takes.name}`
    return `| \`--${name}${value}\` | ${optionText(option)} |`
  })
  return rows.length === 0 ? [] : ['| option | meaning |', '| --- | --- |', ...rows, '']
}

function settingsLine(settings: Command['settings']): readonly string[] {
  if (settings === 'all') return ['Settings: all.', '']
  return settings.length === 0 ? [] : [`Settings: ${settings.map((name) => `\`--${name}\``).join(', ')}.`, '']
}

if (import.meta.main) await writeFile(COMMANDS_PAGE, commandsPage())
