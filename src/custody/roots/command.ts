import { type ChildProcess, spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { parseBase64, toBase64 } from '../../base/bytes.ts'
import type { Random } from '../../base/ports.ts'
import { printable } from '../../base/printable.ts'
import { ownershipProblem } from '../../base/regular-file.ts'
import { Secret } from '../../base/secret.ts'
import type { PathContext, PathMethod } from './path-method.ts'
import { ROOT_KEY_BYTES, SealError } from './root.ts'

/** The largest answer of a program. */
const OUTPUT_MAX_BYTES = 65_536
/** What a message shows of the program's standard error. */
const ERROR_MAX_LENGTH = 300

/** The environment of a program: nothing of the server's own. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' }

/**
 * The path `command`: a program of the operator wraps a random key. It is called as `PROGRAM wrap NAME` with 32 bytes on
 * standard input, and prints the wrapped key; as `PROGRAM unwrap NAME` it gets that and prints the 32 bytes.
 *
 * @param program from a setting: the data folder must not choose which program runs.
 */
export function commandMethod(program: string | undefined, random: Random): PathMethod {
  return {
    isUnattended: true,
    create: async (context) => {
      const key = new Secret(random.bytes(ROOT_KEY_BYTES))
      const input = key.reveal((bytes) => Uint8Array.from(bytes))
      const wrapped = await run(program, 'wrap', context, input)
      if (wrapped.length === 0) throw new SealError(`${program} wrap printed nothing`)
      if (key.reveal((bytes) => Buffer.from(wrapped).includes(bytes)))
        throw new SealError(`${program} wrap printed the key itself`)
      return { parameters: { blob: toBase64(wrapped) }, key }
    },
    open: async (context, parameters) => {
      const wrapped = parseBase64(parameters['blob'] ?? '')
      if (wrapped === undefined) throw new SealError('its wrapped key is damaged')
      const key = await run(program, 'unwrap', context, wrapped)
      if (key.length === ROOT_KEY_BYTES) return new Secret(key)
      const { length } = key
      key.fill(0)
      throw new SealError(`${program} unwrap: expected ${ROOT_KEY_BYTES} bytes; got ${length}`)
    },
  }
}

async function run(
  program: string | undefined,
  action: 'wrap' | 'unwrap',
  { name, deployment, signal }: PathContext,
  input: Uint8Array,
): Promise<Uint8Array> {
  if (program === undefined) throw new SealError('no program is set: see HOLDFAST_SEAL_COMMAND')
  const stats = await stat(program).catch((cause: Error) => {
    throw new SealError(`the program ${program} cannot be used: ${cause.message}`, { cause })
  })
  const problem = stats.isFile() ? ownershipProblem(stats) : 'it is no file'
  if (problem !== undefined) throw new SealError(`the program ${program} cannot be used: ${problem}`)
  const child = spawn(program, [action, name], {
    cwd: '/',
    env: { ...ENVIRONMENT, HOLDFAST_DEPLOYMENT: deployment },
    stdio: 'pipe',
    // A group of its own, so that the time limit also ends what the program has started.
    detached: true,
  })
  return finish(child, { program: `${program} ${action}`, input, signal })
}

type Run = { readonly program: string; readonly input: Uint8Array; readonly signal: AbortSignal }

function finish(child: ChildProcess, { program, input, signal }: Run): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let errors = ''
    let size = 0
    const kill = (): void => endGroup(child)
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', kill)
      for (const chunk of chunks) chunk.fill(0)
      reject(error)
    }
    signal.addEventListener('abort', kill)
    child.once('error', (cause) => fail(new SealError(`${program} cannot run: ${cause.message}`, { cause })))
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= OUTPUT_MAX_BYTES) chunks.push(chunk)
      else kill()
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = `${errors}${chunk.toString('utf8')}`.slice(0, ERROR_MAX_LENGTH)
    })
    // A program that ends early leaves its input unread.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input, () => input.fill(0))
    child.once('close', (status, killedBy) => {
      if (size > OUTPUT_MAX_BYTES)
        fail(new SealError(`${program}: at most ${OUTPUT_MAX_BYTES} bytes allowed`))
      else if (status !== 0)
        fail(new SealError(`${program} failed (${killedBy ?? `status ${status}`})${said(errors)}`))
      else {
        signal.removeEventListener('abort', kill)
        const output = new Uint8Array(size)
        let at = 0
        for (const chunk of chunks) {
          output.set(chunk, at)
          at += chunk.length
          chunk.fill(0)
        }
        resolve(output)
      }
    })
  })
}

function said(errors: string): string {
  const [line = ''] = errors.trim().split('\n')
  return line === '' ? '' : `: ${printable(line)}`
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group has ended meanwhile.
    child.kill('SIGKILL')
  }
}
