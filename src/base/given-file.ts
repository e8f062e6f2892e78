import { UsageError } from './usage-error.ts'

/** A file or folder that the operator names by a setting or an option. */
export type GivenPath = {
  /** `HOLDFAST_…` or `--…`. */
  readonly name: string
  readonly path: string
}

/** What an operator reads for the error codes of file reads. */
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a folder'],
])

/**
 * Runs `use` on what a setting or an option names.
 *
 * @throws UsageError with the name, the path and the reason. `use` throws errors that hold nothing of the content.
 */
export async function usingGiven<T>(
  { name, path }: GivenPath,
  use: (path: string) => T | Promise<T>,
): Promise<T> {
  try {
    return await use(path)
  } catch (cause) {
    throw new UsageError(`${name}: cannot use '${path}': ${reasonOf(cause)}`, { cause })
  }
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return REASONS.get(code) ?? (cause instanceof Error ? cause.message : String(cause))
}
