import { parseArgs } from 'node:util'
import { processEnvironment } from '../config/environment.ts'
import { ConfigError, FLAGS, parseConfig } from '../config/settings.ts'
import { auditVerify } from './audit-verify.ts'
import { type Command, EXIT_FAILURE, EXIT_USAGE, type Output } from './command.ts'
import { environment } from './environment.ts'
import { helpText, VERSION } from './help.ts'
import { outliveReader } from './outlive-reader.ts'
import { serve } from './serve.ts'
import { status } from './status.ts'
import { worker } from './worker.ts'

const COMMANDS: readonly Command[] = [serve, environment, status, auditVerify]

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
    output.complain(`holdfast: ${messageOf(error)}`)
    return isUsage(error) ? EXIT_USAGE : EXIT_FAILURE
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { ...FLAGS, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
    allowPositionals: true,
  })
  if (values['version'] === true) return print(VERSION)
  const name = positionals.join(' ')
  if (values['help'] === true || name === 'help') return print(helpText(COMMANDS))
  const command = [...COMMANDS, worker].find((candidate) => candidate.name === name)
  if (command === undefined) {
    output.complain(name === '' ? helpText(COMMANDS) : unknownCommand(name))
    return EXIT_USAGE
  }
  const config = parseConfig({ flags: values, environment: processEnvironment() })
  return command.run({ config, output })
}

function unknownCommand(name: string): string {
  const names = COMMANDS.map((command) => command.name).join(', ')
  return `holdfast: there is no command '${name}': the commands are ${names}; see holdfast --help`
}

/** Node's parser explains an unknown flag with how to write positional arguments, which are none of ours. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const unknownFlag = /^Unknown option '([^']*)'/.exec(error.message)?.[1]
  return unknownFlag === undefined ? error.message : `there is no flag ${unknownFlag}: see holdfast --help`
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
