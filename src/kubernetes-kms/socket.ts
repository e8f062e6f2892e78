import type { Stats } from 'node:fs'
import { chmod, lstat, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { ownershipProblem } from '../base/regular-file.ts'
import { UsageError } from '../base/usage-error.ts'

/** Source: Linux, unix(7): `sun_path` has 108 bytes, and ends with a zero byte. */
const PATH_MAX_BYTES = 107
/** Only the user of the plug-in may connect; with the second, also its group. */
const OWNER_ONLY = 0o600
const OWNER_AND_GROUP = 0o660

/**
 * Makes room for a socket: removes one that nobody listens on any more.
 *
 * @throws UsageError when somebody listens there, when something else has the path, or when others could replace it.
 */
export async function prepareSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) > PATH_MAX_BYTES)
    throw new UsageError(`--socket: expected a path of at most ${PATH_MAX_BYTES} bytes`)
  const problem = ownershipProblem(await folderOf(path))
  if (problem !== undefined) throw new UsageError(`--socket: the folder of '${path}': ${problem}`)
  const present = await lstat(path).catch(() => undefined)
  if (present === undefined) return
  if (!present.isSocket()) throw new UsageError(`--socket: '${path}' exists and is no socket`)
  if (await isServed(path)) throw new UsageError(`--socket: another process serves on '${path}'`)
  await rm(path)
}

async function folderOf(path: string): Promise<Stats> {
  try {
    return await stat(dirname(path))
  } catch (cause) {
    throw new UsageError(`--socket: there is no folder '${dirname(path)}'`, { cause })
  }
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    const end = (served: boolean): void => {
      probe.destroy()
      resolve(served)
    }
    probe.once('connect', () => end(true))
    probe.once('error', () => end(false))
  })
}

/** Runs `listen` so that its new socket has no permission for others at any moment, then sets the wanted ones. */
export async function withPrivateSocket<T>(
  path: string,
  listen: () => Promise<T>,
  { group }: { readonly group: boolean },
): Promise<T> {
  const mask = process.umask(0o177)
  try {
    const result = await listen()
    await chmod(path, group ? OWNER_AND_GROUP : OWNER_ONLY)
    return result
  } finally {
    process.umask(mask)
  }
}
