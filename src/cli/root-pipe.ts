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
/** The size of a root key, before the JSON text on how it was opened. */
const KEY_BYTES = 32
/** A root key, and the reasons of sixteen paths. */
const MESSAGE_MAX_BYTES = 65_536

/** How the root key was opened; the first worker records it. */
type Report = Pick<OpenedRoot, 'path' | 'failures'>

/** Sends the root key to a worker, as bytes that no message and no argument repeats. */
export function sendRoot(child: ChildProcess, root: Secret, report: Report | undefined): void {
  const pipe = child.stdio[ROOT_PIPE_FD] as Writable | undefined
  assert(pipe !== undefined && pipe !== null, 'a worker has a pipe for the root key')
  // A worker that ends early closes it.
  pipe.on('error', () => {})
  const key = root.reveal((bytes) => Uint8Array.from(bytes))
  pipe.write(key, () => key.fill(0))
  pipe.end(report === undefined ? '' : utf8(JSON.stringify(report)))
}

/** Receives the root key from the first process. @throws Error when the pipe ends early. */
export async function receiveRoot(): Promise<{ readonly root: Secret; readonly report: Report | undefined }> {
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
  if (size < KEY_BYTES) throw new Error('the first process ended before it sent the root key')
  const root = new Secret(whole.slice(0, KEY_BYTES))
  whole.fill(0, 0, KEY_BYTES)
  return { root, report: parseReport(whole.subarray(KEY_BYTES, size)) }
}

/** The report comes from the first process only. */
function parseReport(bytes: Uint8Array): Report | undefined {
  return bytes.length === 0 ? undefined : (parseJsonText(fromUtf8(bytes)) as Report)
}
