import { KmsError } from '../api/errors.ts'
import { readLimited } from '../app/report-files.ts'
import { fromUtf8 } from '../base/bytes.ts'
import { usingGiven } from '../base/given-file.ts'
import { ConfigError } from '../config/setting.ts'
import { PolicySyntaxError } from '../policy/syntax-error.ts'
import type { CommandInput } from './command.ts'

/** The size limit of a file that an option names: about thirty times the longest policy. */
const GIVEN_FILE_MAX_BYTES = 1_048_576

/** The text of the file that an option names. @throws UsageError with the option and the path. */
export async function readGivenFile(input: Pick<CommandInput, 'flags'>, flag: string): Promise<string> {
  const path = input.flags[flag] ?? ''
  return usingGiven({ name: `--${flag}`, path }, async () =>
    fromUtf8(await readLimited(path, GIVEN_FILE_MAX_BYTES)),
  )
}

/**
 * Runs `use` on the policy in the file that an option names. @throws UsageError with option and path for an
 * invalid policy.
 */
export async function withPolicyOf<T>(
  input: Pick<CommandInput, 'flags'>,
  flag: string,
  use: () => Promise<T>,
): Promise<T> {
  try {
    return await use()
  } catch (cause) {
    if (!(cause instanceof KmsError || cause instanceof PolicySyntaxError)) throw cause
    throw new ConfigError(`--${flag}: invalid policy in '${input.flags[flag]}': ${cause.message}`, { cause })
  }
}
