import type { ChildProcess } from 'node:child_process'
import { closeSync, read } from 'node:fs'
import type { Writable } from 'node:stream'
import { promisify } from 'node:util'
import type { OpenedRoot } from '../app/root-key.ts'
import { assert } from '../base/assert.ts'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import { Secret } from '../base/secret.ts'

const readInto = promisify(read)

/** The descriptor by which a worker gets the root key: after the standard streams and the channel of messages. */
const ROOT_PIPE_FD = 4
/** The size of a root key. Their number is before them, and the JSON text on how they were opened after them. */
const KEY_BYTES = 32
const ROOTS_MAX = 2
/** A root key, and the reasons of sixteen paths. */
const MESSAGE_MAX_BYTES = 65_536

/** How the root key was opened; the first worker records it. */
type Report = Pick<OpenedRoot, 'path' | 'failures' | 'sealedAt'>

/**
 * Sends the root key to a worker, as bytes that no message and no argument repeats.
 *
 * @param roots one, or two during a rotation.
 */
export function sendRoots(child: ChildProcess, roots: readonly Secret[], report: Report | undefined): void {
  assert(roots.length >= 1 && roots.length <= ROOTS_MAX, 'one root key, or two')
  const pipe = child.stdio[ROOT_PIPE_FD] as Writable | undefined
  assert(pipe !== undefined && pipe !== null, 'a worker has a pipe for the root key')
  // A worker that ends early closes it.
  pipe.on('error', () => {})
  const keys = new Uint8Array(1 + roots.length * KEY_BYTES)
  keys[0] = roots.length
  for (const [index, root] of roots.entries()) root.reveal((bytes) => keys.set(bytes, 1 + index * KEY_BYTES))
  pipe.write(keys, () => keys.fill(0))
  pipe.end(report === undefined ? '' : utf8(JSON.stringify(report)))
}

/** What a worker receives. */
type Received = {
  readonly root: Secret
  /** The other root key during a rotation. */
  readonly other: Secret | undefined
  readonly report: Report | undefined
}

/** Receives the root key from the first process. @throws Error when the pipe ends early. */
export async function receiveRoot(): Promise<Received> {
  const whole = new Uint8Array(MESSAGE_MAX_BYTES)
  let size = 0
  // Not as a stream: its buffers would keep copies of the key in memory that is free.
  for (;;) {
    const { bytesRead } = await readInto(ROOT_PIPE_FD, whole, size, MESSAGE_MAX_BYTES - size, null)
    if (bytesRead === 0) break
    size += bytesRead
    assert(size < MESSAGE_MAX_BYTES, 'the first process sends no more')
  }
  closeSync(ROOT_PIPE_FD)
  const count = whole[0] ?? 0
  const end = 1 + count * KEY_BYTES
  if (count < 1 || count > ROOTS_MAX || size < end)
    throw new Error('the first process ended before it sent the root key')
  const root = new Secret(whole.slice(1, 1 + KEY_BYTES))
  const other = count === 1 ? undefined : new Secret(whole.slice(1 + KEY_BYTES, end))
  whole.fill(0, 0, end)
  return { root, other, report: parseReport(whole.subarray(end, size)) }
}

/** The report comes from the first process only. */
function parseReport(bytes: Uint8Array): Report | undefined {
  return bytes.length === 0 ? undefined : (parseJsonText(fromUtf8(bytes)) as Report)
}
