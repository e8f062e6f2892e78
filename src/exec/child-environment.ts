import { UsageError } from '../base/usage-error.ts'

/** The limit of one variable, with its name. Source: Linux, `include/uapi/linux/binfmts.h`, MAX_ARG_STRLEN. */
const VARIABLE_MAX_BYTES = 131_071

/**
 * The environment of a program: the variables, with each encrypted value replaced by its plaintext.
 *
 * @throws UsageError that names the variables whose plaintext no environment can hold.
 */
export function withPlaintexts(
  variables: ReadonlyMap<string, string>,
  plaintexts: ReadonlyMap<string, Uint8Array>,
): Readonly<Record<string, string>> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const environment = new Map(variables)
  const problems: string[] = []
  for (const [name, bytes] of plaintexts) {
    try {
      const text = decoder.decode(bytes)
      if (text.includes('\0')) problems.push(name)
      else environment.set(name, text)
    } catch {
      problems.push(name)
    }
  }
  if (problems.length > 0)
    throw new UsageError(
      `${problems.join(', ')}: the plaintext is not text, and a variable holds only text: use --files`,
    )
  return recordOf(environment)
}

/** The environment of a program that finds the plaintexts in files: `NAME_FILE` has the path in place of `NAME`. */
export function withFiles(
  variables: ReadonlyMap<string, string>,
  paths: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const environment = new Map(variables)
  // All ciphertexts first: one of them may have the name that the file of another gets.
  for (const name of paths.keys()) environment.delete(name)
  for (const [name, path] of paths) environment.set(`${name}_FILE`, path)
  return recordOf(environment)
}

function recordOf(variables: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  for (const [name, value] of variables) {
    if (Buffer.byteLength(name) + Buffer.byteLength(value) < VARIABLE_MAX_BYTES) continue
    throw new UsageError(`${name}: expected at most ${VARIABLE_MAX_BYTES} bytes, which the system allows`)
  }
  return Object.fromEntries(variables)
}
