import { fileURLToPath } from 'node:url'
import { parseBase64 } from '../base/bytes.ts'
import { usingGiven } from '../base/given-file.ts'
import { UsageError } from '../base/usage-error.ts'
import { withFiles, withPlaintexts } from '../exec/child-environment.ts'
import { decryptValues, findEncryptedValues, NotDecrypted } from '../exec/encrypted-values.ts'
import { parseEnvFile } from '../exec/env-file.ts'
import { findMemoryFolder, writePrivateFiles } from '../exec/private-files.ts'
import { becomeProgram, findProgram, type Program, runProgram } from '../exec/start-program.ts'
import { openAwsClient, parseContext, reasonOf } from './aws-client.ts'
import { type CommandInput, EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, EXIT_NOT_STARTED } from './command.ts'
import { readGivenFile } from './given-file.ts'

/** `holdfast exec`: starts a program with decrypted variables; without one that was not decrypted, never. */
export async function execute(input: CommandInput): Promise<number> {
  const [name = '', ...args] = input.program
  const variables = await variablesOf(input)
  const found = await findProgram(name, variables.get('PATH'))
  if ('missing' in found) {
    input.output.complain(`holdfast: ${name}: ${found.missing}`)
    return found.missing === 'not found' ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE
  }
  const program = { path: found.path, args: [name, ...args] as const }
  try {
    const plaintexts = await decryptAll(input, variables)
    if (input.switches.has('files')) return await startWithFiles(input, program, { variables, plaintexts })
    return start(input, { ...program, environment: withPlaintexts(variables, plaintexts) })
  } catch (error) {
    if (!(error instanceof NotDecrypted)) throw error
    for (const line of error.message.split('\n')) input.output.complain(`holdfast: ${line}`)
    input.output.complain(`holdfast: ${name} was not started`)
    return EXIT_NOT_STARTED
  }
}

/** Where `bin/node26` has Node keep compiled code, unless a variable says otherwise; it is not for the program. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/holdfast', import.meta.url))

/** The variables of this process and, above them, those of the file. */
async function variablesOf(input: CommandInput): Promise<ReadonlyMap<string, string>> {
  const variables = new Map<string, string>()
  for (const [name, value] of Object.entries(input.environment)) {
    if (value === undefined || (name === 'NODE_COMPILE_CACHE' && value === COMPILE_CACHE)) continue
    variables.set(name, value)
  }
  const path = input.flags['env-file']
  if (path === undefined) return variables
  const text = await readGivenFile(input, 'env-file')
  const given = await usingGiven({ name: '--env-file', path }, async () => parseEnvFile(text))
  for (const [name, value] of given) variables.set(name, value)
  return variables
}

/** Without encrypted values it needs no credentials, and makes no call. */
async function decryptAll(
  input: CommandInput,
  variables: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const encrypted = findEncryptedValues(variables)
  if (encrypted.size === 0) return new Map()
  const EncryptionContext = parseContext(input.lists['context'] ?? [])
  const KeyId = input.flags['key']
  using client = await openAwsClient(input)
  return await decryptValues(encrypted, async (CiphertextBlob) => {
    try {
      const key = KeyId === undefined ? {} : { KeyId }
      return parsePlaintext(await client.call('Decrypt', { CiphertextBlob, EncryptionContext, ...key }))
    } catch (error) {
      throw new Error(reasonOf(error, client.endpoint), { cause: error })
    }
  })
}

function parsePlaintext(answer: unknown): Uint8Array {
  const text =
    typeof answer === 'object' && answer !== null && 'Plaintext' in answer ? answer.Plaintext : undefined
  const bytes = typeof text === 'string' ? parseBase64(text) : undefined
  if (bytes === undefined) throw new Error('the answer of Decrypt has no Plaintext')
  return bytes
}

type Values = {
  readonly variables: ReadonlyMap<string, string>
  readonly plaintexts: ReadonlyMap<string, Uint8Array>
}

async function startWithFiles(
  input: CommandInput,
  program: Omit<Program, 'environment'>,
  { variables, plaintexts }: Values,
): Promise<number> {
  const folder =
    input.flags['files-in'] ??
    (await findMemoryFolder([input.environment['XDG_RUNTIME_DIR'], '/run/user', '/dev/shm']))
  await using files = await usingGiven({ name: '--files-in', path: folder }, () =>
    writePrivateFiles(folder, plaintexts),
  )
  for (const bytes of plaintexts.values()) bytes.fill(0)
  const environment = withFiles(variables, files.paths)
  try {
    return await runProgram({ ...program, environment })
  } catch (error) {
    return notExecutable(input, program.path, error)
  }
}

function start(input: CommandInput, program: Program): number {
  try {
    return becomeProgram(program)
  } catch (error) {
    if (error instanceof UsageError) throw error
    return notExecutable(input, program.path, error)
  }
}

/** The error of the system names the program only; other errors could hold the environment. */
function notExecutable({ output }: CommandInput, path: string, error: unknown): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'error'
  output.complain(`holdfast: ${path}: cannot be executed: ${code}`)
  return EXIT_NOT_EXECUTABLE
}
