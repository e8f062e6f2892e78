import { parseArgs } from 'node:util'
import { KmsError } from '../api/errors.ts'
import { printable } from '../base/printable.ts'
import { UsageError } from '../base/usage-error.ts'
import { VERSION } from '../base/version.ts'
import { processEnvironment } from '../config/environment.ts'
import { ConfigError } from '../config/setting.ts'
import { FLAGS, parseConfig } from '../config/settings.ts'
import { accountCreate, accountList } from './account.ts'
import { auditArchive } from './audit-archive.ts'
import { auditCheckProof } from './audit-check-proof.ts'
import { auditCheckpoint } from './audit-checkpoint.ts'
import { auditConsistency } from './audit-consistency.ts'
import { auditProve } from './audit-prove.ts'
import { auditReindex } from './audit-reindex.ts'
import { auditVerify } from './audit-verify.ts'
import {
  type Command,
  type CommandInput,
  commandUsage,
  EXIT_FAILURE,
  EXIT_USAGE,
  type Output,
} from './command.ts'
import { CONTROL_COMMANDS } from './control-policy.ts'
import { environment } from './environment.ts'
import { EVENT_COMMANDS } from './events.ts'
import { explain } from './explain.ts'
import { helpText } from './help.ts'
import { insights } from './insights.ts'
import { ORGANIZATION_COMMANDS } from './organization.ts'
import { outliveReader } from './outlive-reader.ts'
import { policyWhatIf } from './policy-what-if.ts'
import { QUOTA_COMMANDS } from './quota.ts'
import { REPORT_COMMANDS } from './report-commands.ts'
import { rootCredentialsCreate } from './root-credentials.ts'
import { serve } from './serve.ts'
import { simulate } from './simulate.ts'
import { status } from './status.ts'
import { usage } from './usage.ts'
import { worker } from './worker.ts'
import { xksProxy } from './xks-proxy.ts'
import { XKS_PROXY_ADMINISTRATION } from './xks-proxy-administration.ts'

const COMMANDS: readonly Command[] = [
  serve,
  environment,
  status,
  auditVerify,
  auditReindex,
  auditArchive,
  auditCheckpoint,
  auditProve,
  auditConsistency,
  auditCheckProof,
  usage,
  insights,
  explain,
  simulate,
  policyWhatIf,
  ...REPORT_COMMANDS,
  accountCreate,
  accountList,
  rootCredentialsCreate,
  ...ORGANIZATION_COMMANDS,
  ...CONTROL_COMMANDS,
  ...EVENT_COMMANDS,
  ...QUOTA_COMMANDS,
  xksProxy,
  ...XKS_PROXY_ADMINISTRATION,
]

/** What a command line is run in. */
export type Surroundings = {
  readonly output: Output
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Runs `holdfast` with its arguments; gives the exit status. */
export async function runCommandLine(
  args: readonly string[],
  surroundings: Surroundings = processSurroundings(),
): Promise<number> {
  try {
    return await run(args, surroundings)
  } catch (error) {
    surroundings.output.complain(`holdfast: ${messageOf(error)}`)
    return isUsage(error) ? EXIT_USAGE : EXIT_FAILURE
  }
}

function processSurroundings(): Surroundings {
  process.stdout.on('error', outliveReader)
  process.stderr.on('error', outliveReader)
  const output = {
    print: (line: string) => void process.stdout.write(`${line}\n`),
    // Messages repeat what files and arguments hold.
    complain: (text: string) => void process.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`),
  }
  return { output, environment: processEnvironment() }
}

async function run(args: readonly string[], { output, environment }: Surroundings): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      ...FLAGS,
      ...COMMAND_FLAGS,
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  if (values['version'] === true) return print(output, VERSION)
  const name = positionals.join(' ')
  if (values['help'] === true || name === 'help') return print(output, helpText(COMMANDS))
  const command = findCommand(positionals)
  if (command === undefined) {
    output.complain(name === '' ? helpText(COMMANDS) : unknownCommand(positionals))
    return EXIT_USAGE
  }
  const flags = flagsOf(command, values)
  const config = parseConfig({ flags: values, environment })
  const operands = positionals.slice(command.name.split(' ').length)
  return command.run({ config, operands, output, ...flags })
}

/** The flags of all commands, for node:util's parseArgs. */
const COMMAND_FLAGS = Object.fromEntries(
  COMMANDS.flatMap(({ flags = {} }) =>
    Object.entries(flags).map(([flag, { kind }]) => {
      const type = kind === 'switch' ? ('boolean' as const) : ('string' as const)
      return [flag, { type, multiple: kind === 'list' }]
    }),
  ),
)

/** @throws ConfigError when a flag of another command is given. */
function flagsOf(
  command: Command,
  values: Readonly<Record<string, unknown>>,
): Pick<CommandInput, 'flags' | 'lists' | 'switches'> {
  const flags: Record<string, string> = {}
  const lists: Record<string, readonly string[]> = {}
  const switches = new Set<string>()
  for (const flag of Object.keys(COMMAND_FLAGS)) {
    const value = values[flag]
    if (value === undefined) continue
    if (command.flags?.[flag] === undefined)
      throw new ConfigError(`--${flag} is not a flag of ${command.name}`)
    if (typeof value === 'string') flags[flag] = value
    else if (Array.isArray(value)) lists[flag] = value.map(String)
    else switches.add(flag)
  }
  return { flags, lists, switches }
}

function findCommand(words: readonly string[]): Command | undefined {
  return [...COMMANDS, worker].find(
    (command) => isNamed(command, words) && commandUsage(command).split(' ').length === words.length,
  )
}

function isNamed({ name }: Command, words: readonly string[]): boolean {
  return name.split(' ').every((word, index) => word === words[index])
}

function unknownCommand(words: readonly string[]): string {
  const meant = COMMANDS.find((command) => command.operands !== undefined && isNamed(command, words))
  if (meant !== undefined) return `holdfast: usage: holdfast ${commandUsage(meant)}`
  const all = COMMANDS.map(({ name }) => name)
  const group = all.filter((name) => name.startsWith(`${words[0]} `))
  const names = (group.length > 0 ? group : all).join(', ')
  return `holdfast: there is no command '${words.join(' ')}': the commands are ${names}; see holdfast --help`
}

/** Node's parser explains an unknown flag with how to write positional arguments, which are none of ours. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const unknownFlag = /^Unknown option '([^']*)'/.exec(error.message)?.[1]
  return unknownFlag === undefined ? error.message : `there is no flag ${unknownFlag}: see holdfast --help`
}

function print(output: Output, text: string): number {
  output.print(text)
  return 0
}

/** What was given cannot be used: says one of us, the contract with callers, or node:util's parser. */
function isUsage(error: unknown): boolean {
  if (error instanceof UsageError || error instanceof KmsError) return true
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
