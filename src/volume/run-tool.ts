import { spawn } from 'node:child_process'
import { systemTimers } from '../base/ports.ts'
import { VolumeError } from './volume-error.ts'

/** Where programs that get keys are looked for: no `PATH` of a caller chooses them. */
export const TOOL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** The longest run of a program: to write a header takes seconds on slow disks. */
const TOOL_LIMIT_MS = 120_000
/** A LUKS2 header has at most 4 MiB of JSON; ours have some kilobytes. */
const OUTPUT_MAX_BYTES = 8_388_608

/** How a program ended. `status` is nothing after a signal. */
export type ToolEnd = { readonly status: number | undefined; readonly out: string; readonly err: string }

/** Runs a program without the environment of this process. `stdin` is written to it and never appears in its arguments. @throws VolumeError when it cannot start. */
export function runTool(
  program: string,
  args: readonly string[],
  { stdin, folder }: { readonly stdin?: Uint8Array | undefined; readonly folder?: string } = {},
): Promise<ToolEnd> {
  return new Promise((resolve, reject) => {
    const env = { PATH: TOOL_PATH, LC_ALL: 'C' }
    const child = spawn(program, args, { env, cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
    const deadline = systemTimers.after(TOOL_LIMIT_MS, () => void child.kill('SIGKILL'))
    const [out, err] = [child.stdout, child.stderr].map((stream) =>
      collect(stream, () => child.kill('SIGKILL')),
    )
    child.once('error', (cause) => {
      deadline.cancel()
      reject(new VolumeError('machine', `${program} cannot be started: ${reasonOf(cause)}`, { cause }))
    })
    child.once('close', (status) => {
      deadline.cancel()
      resolve({ status: status ?? undefined, out: out?.() ?? '', err: err?.() ?? '' })
    })
    // A program that ends before it has read its input says why on its own.
    child.stdin.on('error', () => {})
    child.stdin.end(stdin ?? '')
  })
}

/** The same, for a program that has to succeed. @throws VolumeError with what it printed last on standard error. */
export async function runOrFail(
  program: string,
  args: readonly string[],
  options: Parameters<typeof runTool>[2] = {},
): Promise<string> {
  const ended = await runTool(program, args, options)
  if (ended.status === 0) return ended.out
  throw new VolumeError('machine', `${program} ${args[0]}: ${failureLine(ended)}`)
}

/** Why a program failed: the first line that says error, or else the last line. */
export function failureLine({ status, err }: ToolEnd): string {
  const lines = err.trim().split('\n')
  const line = lines.find((one) => /\berror: /.test(one)) ?? lines.at(-1) ?? ''
  return line === '' ? (status === undefined ? 'ended by a signal' : `exit status ${status}`) : line
}

function collect(stream: NodeJS.ReadableStream, tooMuch: () => void): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > OUTPUT_MAX_BYTES) tooMuch()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString()
}

function reasonOf(cause: Error): string {
  return 'code' in cause && cause.code === 'ENOENT' ? 'it is not installed' : cause.message
}
