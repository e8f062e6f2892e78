import { askAtTerminal } from '../app/root-key.ts'
import { type ListedPath, listPaths, sealDeployment, sealOperator, unsealStopped } from '../app/seal.ts'
import { sealRisks } from '../app/seal-risks.ts'
import { sendToSealed } from '../app/unseal-socket.ts'
import { systemClock } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { formatTable } from '../base/table.ts'
import { ConfigError } from '../config/setting.ts'
import { copyOf } from '../custody/root-keys.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { printNext, printResult } from './result.ts'

type AskPassphrase = typeof askAtTerminal

const LINE_FEED = 0x0a
/** A passphrase, or the shares of a path, on standard input. */
const STDIN_MAX_BYTES = 16_384

/** `holdfast seal list`: lists the unlock paths. */
export async function listUnlockPaths(input: CommandInput): Promise<number> {
  requireDataFolder(input.config)
  const paths = await listPaths(input.config, askAtTerminal)
  const warnings = sealRisks(paths, systemClock.now()).map(({ text }) => text)
  const shown = (paths ?? []).map(jsonOfPath)
  printResult(input, { paths: shown, warnings }, () =>
    formatTable([
      ['path', 'type', 'opens', 'proved'],
      ...shown.map(({ name, type, unattended, provedAt, proved }) => [
        name,
        type,
        unattended ? 'by itself' : 'by a person',
        provedAt === null ? 'never' : `${provedAt}${proved ? '' : ', before the last change'}`,
      ]),
    ]),
  )
  if (!input.json) for (const warning of warnings) input.output.complain(`warning: ${warning}`)
  return 0
}

function jsonOfPath({ name, type, isUnattended, createdAt, provedAt, isProved }: ListedPath) {
  return { name, type, unattended: isUnattended, createdAt, provedAt: provedAt ?? null, proved: isProved }
}

/** `holdfast seal add`: adds an unlock path. */
export async function addUnlockPath(input: CommandInput): Promise<number> {
  const [name = ''] = input.operands
  const { type = '' } = input.flags
  await operatorOf(input).add({ name, type, given: givenOf(input, type) })
  printResult(input, { path: name, type }, () => [`the unlock path ${name} (${type}) was added`])
  printNext(input, `holdfast seal prove${ATTENDED.has(type) ? ` --path ${name}` : ''} shows that it opens`)
  return 0
}

/** The types that need a person. */
const ATTENDED = new Set(['passphrase', 'shares'])

/** The options of each type, with the names of their parameters. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  credential: { credential: 'credential' },
  shares: { threshold: 'threshold', shares: 'shares' },
  kms: { 'key-id': 'keyId', 'key-region': 'region', endpoint: 'endpoint', profile: 'profile' },
  pkcs11: { token: 'token' },
}
const ALL_OPTIONS = Object.values(OPTIONS).flatMap((options) => Object.keys(options))

/** @throws ConfigError for an option of another type. */
function givenOf({ flags }: CommandInput, type: string): Readonly<Record<string, string>> {
  const own = OPTIONS[type] ?? {}
  const given: Record<string, string> = {}
  for (const option of ALL_OPTIONS) {
    const value = flags[option]
    if (value === undefined) continue
    const parameter = own[option]
    if (parameter === undefined)
      throw new ConfigError(
        `--${option}: expected no value, because a path of type ${type} has none; got '${value}'`,
      )
    given[parameter] = value
  }
  return given
}

/** `holdfast seal prove`: opens the root key by one path, or by each that needs no person. */
export async function proveUnlockPaths(input: CommandInput): Promise<number> {
  requireDataFolder(input.config)
  const proved = await operatorOf(input).prove(input.flags['path'])
  const paths = proved.map(({ name, type, failure }) => ({ name, type, failure: failure ?? null }))
  printResult(input, { paths }, () =>
    paths.map(({ name, type, failure }) =>
      failure === null ? `${name} (${type}): opens` : `${name} (${type}): does not open: ${failure}`,
    ),
  )
  return paths.length > 0 && paths.every(({ failure }) => failure === null) ? 0 : EXIT_FAILURE
}

/** `holdfast seal remove`: removes an unlock path. */
export async function removeUnlockPath(input: CommandInput): Promise<number> {
  requireDataFolder(input.config)
  const [path = ''] = input.operands
  await operatorOf(input).remove(path)
  printResult(input, { path }, () => [`the unlock path ${path} was removed`])
  printNext(
    input,
    'back up seal.json again: with an earlier copy of it, the key of the removed path still opens',
  )
  return 0
}

/** `holdfast seal order`: sets the order of the unlock paths. */
export async function orderUnlockPaths(input: CommandInput): Promise<number> {
  requireDataFolder(input.config)
  const paths = (input.operands[0] ?? '').split(',')
  await operatorOf(input).order(paths)
  printResult(input, { paths }, () => paths)
  return 0
}

/** `holdfast seal migrate`: gives a folder of an earlier release unlock paths. */
export async function migrateSeal(input: CommandInput): Promise<number> {
  requireDataFolder(input.config)
  const migrated = await operatorOf(input).migrate()
  printResult(input, { migrated }, () => [
    migrated ? 'the root key has the unlock path file' : 'the root key has unlock paths already',
  ])
  if (migrated)
    printNext(input, 'back up seal.json and root.key, and then destroy the copies of the old root.key')
  return 0
}

/** `holdfast seal now`: ends the keys in the memory of every process of the deployment. */
export async function sealNow(input: CommandInput): Promise<number> {
  requireDataFolder(input.config)
  const { sealedAt, processes, recorded, failures } = await sealDeployment(input.config)
  printResult(input, { sealedAt, processes, recorded, failures }, () => [
    `sealed: ${processes} ${processes === 1 ? 'process' : 'processes'} ended with the keys in memory`,
  ])
  for (const failure of failures) input.output.complain(`holdfast: ${failure}`)
  const isUnrecorded = processes > 0 && recorded === 0
  if (isUnrecorded)
    input.output.complain('warning: no process could record it: the event of the next unsealing names it')
  printNext(input, 'holdfast unseal opens the deployment again; a start does not')
  return failures.length > 0 || isUnrecorded ? EXIT_FAILURE : 0
}

/** `holdfast unseal`: opens sealed servers by a path. */
export async function unseal(input: CommandInput): Promise<number> {
  const { config, flags } = input
  requireDataFolder(config)
  const paths = (await listPaths(config, askAtTerminal)) ?? []
  const path = choosePath(paths, flags['path'])
  const { name } = path
  const { signal } = new AbortController()
  const ask = askOf(input)
  const share =
    path.type === 'shares' ? { confirms: undefined, given: [], threshold: 0, problem: undefined } : undefined
  using secret = path.isUnattended
    ? new Secret(new Uint8Array(0))
    : await ask({ name, isNew: false, signal, share })
  const { opened, waiting, failures } = await sendToSealed(config, name, secret)
  if (failures.length > 0) throw new Error(failures.join('. '))
  if (opened + waiting.length === 0) await unsealStopped(config, openLog(), name, firstThen(secret, ask))
  const [missing = null] = waiting
  printResult(input, { path: name, missing }, () => [
    missing === null ? 'the server has its root key' : `the server waits: ${missing}`,
  ])
  return 0
}

/** Answers with what was given, and then asks for more. */
function firstThen(secret: Secret, ask: AskPassphrase): AskPassphrase {
  let isGiven = false
  return async (question) => {
    if (isGiven) return ask(question)
    isGiven = true
    return copyOf(secret)
  }
}

/** The path that is named; else the first one that needs a person; else the first one. @throws ConfigError. */
function choosePath(paths: readonly ListedPath[], name: string | undefined): ListedPath {
  const path =
    name === undefined
      ? (paths.find(({ isUnattended }) => !isUnattended) ?? paths[0])
      : paths.find((one) => one.name === name)
  if (path !== undefined) return path
  const names = paths.map((one) => one.name).join(', ')
  throw new ConfigError(
    `--path: expected one of ${names}; got ${name === undefined ? 'nothing' : `'${name}'`}`,
  )
}

function operatorOf(input: CommandInput): ReturnType<typeof sealOperator> {
  return sealOperator(input.config, openLog(), askOf(input))
}

/** Who asks for a passphrase: the terminal or standard input. */
export function askOf({ switches }: CommandInput): AskPassphrase {
  return switches.has('stdin') ? readStandardInput : askAtTerminal
}

/** The lines of standard input, and which one the next share is. */
const standardInput: { lines: readonly Secret[] | undefined; next: number } = { lines: undefined, next: 0 }

/** The passphrase, which is the first line, or the next share. @throws ConfigError when there is none. */
const readStandardInput: AskPassphrase = async ({ share }) => {
  standardInput.lines ??= await readLines()
  if (share === undefined || (share.given.length === 0 && share.problem === undefined)) standardInput.next = 0
  const line = standardInput.lines[standardInput.next]
  standardInput.next += 1
  if (line !== undefined) return copyOf(line)
  throw new ConfigError(
    `--stdin: expected one more share; got the end of the input. ${share?.problem ?? ''}`.trim(),
  )
}

/** Reads to the end of standard input; an empty input is one empty line. @throws ConfigError for a longer text. */
async function readLines(): Promise<readonly Secret[]> {
  const whole = new Uint8Array(STDIN_MAX_BYTES)
  let size = 0
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk)
    if (size + bytes.length > STDIN_MAX_BYTES)
      throw new ConfigError(`--stdin: expected at most ${STDIN_MAX_BYTES} bytes; got more`)
    whole.set(bytes, size)
    size += bytes.length
    bytes.fill(0)
  }
  const found: Secret[] = []
  for (let at = 0; at < size || found.length === 0; ) {
    const end = whole.indexOf(LINE_FEED, at)
    const stop = end < 0 || end > size ? size : end
    found.push(new Secret(whole.slice(at, stop)))
    at = stop + 1
  }
  whole.fill(0)
  return found
}
