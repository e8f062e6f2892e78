import { SETTING_FACTS } from '../config/settings.ts'
import type { Command, CommandInput } from './command.ts'
import { GROUPS } from './groups.ts'
import { optionsOf } from './options.ts'
import { SHELLS, type Value } from './values.ts'

/** `holdfast completion SHELL`: a script that completes commands, options and values, made from their facts. */
export async function printCompletion(
  { operands, output }: CommandInput,
  commands: readonly Command[],
): Promise<number> {
  const shell = SHELLS.find((known) => known === operands[0]) ?? 'bash'
  output.print(SCRIPTS[shell](placesOf(commands)))
  return 0
}

/** The completions after the words of a command or group. */
type Place = {
  /** The words, with spaces between them; empty at the beginning. */
  readonly path: string
  readonly words: readonly Described[]
  readonly options: readonly Option[]
  readonly operand: Value | undefined
}

type Described = { readonly name: string; readonly about: string }
type Option = Described & { readonly takes: Pick<Value, 'choices' | 'completes'> | undefined }

function placesOf(commands: readonly Command[]): readonly Place[] {
  const shown = commands.filter(({ hidden }) => hidden !== true)
  const paths = new Set(['', ...shown.flatMap(({ name }) => prefixesOf(name))])
  return [...paths].map((path) => {
    const command = shown.find(({ name }) => name === path)
    return {
      path,
      words: wordsAfter(path, [...paths], shown),
      options: [...(command === undefined ? [] : allOptions(command)), HELP],
      operand: command?.operands?.[0]?.takes,
    }
  })
}

const HELP: Option = { name: 'help', about: 'Print help', takes: undefined }

function prefixesOf(name: string): readonly string[] {
  const words = name.split(' ')
  return words.map((_, index) => words.slice(0, index + 1).join(' '))
}

function wordsAfter(path: string, paths: readonly string[], shown: readonly Command[]): readonly Described[] {
  const depth = path === '' ? 0 : path.split(' ').length
  const after = paths.filter(
    (one) =>
      one !== '' &&
      one.split(' ').length === depth + 1 &&
      `${one} `.startsWith(path === '' ? '' : `${path} `),
  )
  return after.map((one) => ({
    name: one.split(' ').at(-1) ?? '',
    about: shown.find(({ name }) => name === one)?.about ?? GROUPS[one] ?? '',
  }))
}

function allOptions(command: Command): readonly Option[] {
  const { settings } = command
  const own = Object.entries(optionsOf(command)).map(([name, { about, takes }]) => ({ name, about, takes }))
  const shown = SETTING_FACTS.filter(({ flag }) => settings === 'all' || settings.includes(flag))
  return [...own, ...shown.map(settingOption)]
}

function settingOption({ flag, about, expected }: (typeof SETTING_FACTS)[number]): Option {
  if (expected !== 'a path') return { name: flag, about, takes: {} }
  return { name: flag, about, takes: { completes: flag === 'data' ? 'folders' : 'files' } }
}

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], (places: readonly Place[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** A text in single quotes, for any of the shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** The lines of a `case` over options with values; each shell completes values in its own way. */
function valueCases(
  places: readonly Place[],
  complete: (takes: Pick<Value, 'choices' | 'completes'>) => string,
): readonly string[] {
  return places.flatMap(({ path, options }) =>
    options.flatMap(({ name, takes }) =>
      takes === undefined ? [] : [`    ${quote(`${path}:--${name}`)}) ${complete(takes)}; return ;;`],
    ),
  )
}

function knownPaths(places: readonly Place[]): string {
  return places
    .filter(({ path }) => path !== '')
    .map(({ path }) => quote(path))
    .join('|')
}

function bashScript(places: readonly Place[]): string {
  const complete = ({ choices, completes }: Pick<Value, 'choices' | 'completes'>): string => {
    if (choices !== undefined) return `COMPREPLY=($(compgen -W ${quote(choices.join(' '))} -- "$cur"))`
    return completes === undefined ? ':' : `_holdfast_paths ${completes === 'files' ? '-f' : '-d'}`
  }
  return [
    '# Completes holdfast in bash. Made by: holdfast completion bash',
    '_holdfast_paths() {',
    "  local IFS=$'\\n'",
    '  compopt -o filenames 2>/dev/null',
    '  COMPREPLY=($(compgen "$1" -- "$cur"))',
    '}',
    '_holdfast() {',
    `  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" i words options`,
    '  if [[ $cur == "=" ]]; then cur=""',
    `  elif [[ $prev == "=" ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi`,
    '  COMPREPLY=()',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    `    case "\${at:+$at }\${COMP_WORDS[i]}" in`,
    `      ${knownPaths(places)}) at="\${at:+$at }\${COMP_WORDS[i]}" ;;`,
    '    esac',
    '  done',
    '  case "$at:$prev" in',
    ...valueCases(places, complete),
    '  esac',
    '  case "$at" in',
    ...places.map(({ path, words, options }) => {
      const names = options.map(({ name }) => `--${name}`).join(' ')
      return `    ${quote(path)}) words=${quote(words.map(({ name }) => name).join(' '))} options=${quote(names)} ;;`
    }),
    '  esac',
    '  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$cur")); return; fi',
    '  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$cur")); return; fi',
    '  case "$at" in',
    ...operandCases(places, complete),
    '  esac',
    '}',
    'complete -F _holdfast holdfast',
  ].join('\n')
}

function operandCases(
  places: readonly Place[],
  complete: (takes: Pick<Value, 'choices' | 'completes'>) => string,
): readonly string[] {
  return places.flatMap(({ path, operand }) =>
    operand?.choices === undefined && operand?.completes === undefined
      ? []
      : [`    ${quote(path)}) ${complete(operand)} ;;`],
  )
}

function zshScript(places: readonly Place[]): string {
  const complete = ({ choices, completes }: Pick<Value, 'choices' | 'completes'>): string => {
    if (choices !== undefined) return `compadd -- ${choices.join(' ')}`
    return completes === undefined ? ':' : `_files${completes === 'files' ? '' : ' -/'}`
  }
  const described = (list: readonly Described[], prefix: string): string =>
    list.map(({ name, about }) => quote(`${prefix}${name}:${about}`)).join(' ')
  return [
    '#compdef holdfast',
    '# Completes holdfast in zsh. Made by: holdfast completion zsh',
    '_holdfast() {',
    `  local prev="\${words[CURRENT-1]}" at='' word`,
    '  local -i i',
    '  local -a commands options',
    '  for ((i = 2; i < CURRENT; i++)); do',
    `    word="\${words[i]}"`,
    `    case "\${at:+$at }$word" in`,
    `      ${knownPaths(places)}) at="\${at:+$at }$word" ;;`,
    '    esac',
    '  done',
    '  case "$at:$prev" in',
    ...valueCases(places, complete),
    '  esac',
    '  case "$at" in',
    ...places.map(
      ({ path, words, options }) =>
        `    ${quote(path)}) commands=(${described(words, '')}) options=(${described(options, '--')}) ;;`,
    ),
    '  esac',
    `  if [[ "\${words[CURRENT]}" == -* ]]; then _describe option options; return; fi`,
    `  if (( \${#commands} > 0 )); then _describe command commands; return; fi`,
    '  case "$at" in',
    ...operandCases(places, complete),
    '  esac',
    '}',
    `if [[ "\${funcstack[1]}" == _holdfast ]]; then _holdfast "$@"; else compdef _holdfast holdfast; fi`,
  ].join('\n')
}

function fishScript(places: readonly Place[]): string {
  const complete = (takes: Pick<Value, 'choices' | 'completes'> | undefined): string => {
    if (takes?.choices !== undefined) return `-x -a ${quote(takes.choices.join(' '))}`
    if (takes?.completes !== undefined) return '-r -F'
    return takes === undefined ? '' : '-x'
  }
  const rows = places.flatMap(({ path, words, options, operand }) => {
    const here = `complete -c holdfast -n ${quote(`__holdfast_at "${path}"`)}`
    const operands =
      operand?.completes === undefined && operand?.choices === undefined
        ? []
        : [
            `${here} ${operand.completes === undefined ? '' : '-F '}-a ${quote((operand.choices ?? []).join(' '))}`,
          ]
    return [
      ...words.map(({ name, about }) => `${here} -a ${name} -d ${quote(about)}`),
      ...options.map(({ name, about, takes }) =>
        `${here} -l ${name} ${complete(takes)}`.trimEnd().concat(` -d ${quote(about)}`),
      ),
      ...operands,
    ]
  })
  return [
    '# Completes holdfast in fish. Made by: holdfast completion fish',
    'function __holdfast_at',
    "    set -l at ''",
    '    for word in (commandline -opc)[2..-1]',
    '        set -l next (string trim -- "$at $word")',
    '        switch "$next"',
    `            case ${knownPaths(places).replaceAll('|', ' ')}`,
    '                set at "$next"',
    '        end',
    '    end',
    '    test "$at" = "$argv[1]"',
    'end',
    'complete -c holdfast -f',
    ...rows,
  ].join('\n')
}
