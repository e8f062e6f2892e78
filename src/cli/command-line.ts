import { parseArgs } from 'node:util'
import { processEnvironment } from '../config/environment.ts'
import { ConfigError, FLAGS, parseConfig } from '../config/settings.ts'
import { accountCreate, accountList } from './account.ts'
import { auditVerify } from './audit-verify.ts'
import { type Command, type CommandInput, EXIT_FAILURE, EXIT_USAGE, type Output } from './command.ts'
import { environment } from './environment.ts'
import { helpText, VERSION } from './help.ts'
import { outliveReader } from './outlive-reader.ts'
import { SCP_COMMANDS } from './scp.ts'
import { serve } from './serve.ts'
import { status } from './status.ts'
import { worker } from './worker.ts'

const COMMANDS: readonly Command[] = [
  serve,
  environment,
  status,
  auditVerify,
  accountCreate,
  accountList,
  ...SCP_COMMANDS,
]

/** The flags of all commands: which of them a command takes is checked when it is known. */
const COMMAND_FLAGS = Object.fromEntries(
  COMMANDS.flatMap(({ flags = {} }) => Object.keys(flags).map((name) => [name, { type: 'string' as const }])),
)

const output: Output = {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
}

/** Runs `holdfast` with its arguments; gives the exit status. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  process.stdout.on('error', outliveReader)
  process.stderr.on('error', outliveReader)
  try {
    return await run(args)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    output.complain(`holdfast: ${message}`)
    return isUsage(error) ? EXIT_USAGE : EXIT_FAILURE
  }
}

async function run(args: readonly string[]): Promise<number> {
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
  if (values['version'] === true) return print(VERSION)
  const name = positionals.join(' ')
  if (values['help'] === true || name === 'help') return print(helpText(COMMANDS))
  const command = [...COMMANDS, worker].find((candidate) => candidate.name === name)
  if (command === undefined) {
    output.complain(
      name === '' ? helpText(COMMANDS) : `holdfast: there is no command '${name}': see holdfast --help`,
    )
    return EXIT_USAGE
  }
  const config = parseConfig({ flags: values, environment: processEnvironment() })
  return command.run({ config, output, flags: ownFlags(command, values) })
}

/** @throws ConfigError for a flag that only another command takes. */
function ownFlags(command: Command, values: Readonly<Record<string, unknown>>): CommandInput['flags'] {
  const flags: Record<string, string> = {}
  for (const name of Object.keys(COMMAND_FLAGS)) {
    const value = values[name]
    if (typeof value !== 'string') continue
    if (command.flags?.[name] === undefined) {
      throw new ConfigError(`holdfast ${command.name} takes no --${name}`)
    }
    flags[name] = value
  }
  return flags
}

function print(text: string): number {
  output.print(text)
  return 0
}

/** Errors of the arguments: ours, and those of node:util's parser. */
function isUsage(error: unknown): boolean {
  if (error instanceof ConfigError) return true
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
