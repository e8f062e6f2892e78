/**
 * What an operator has given cannot be used: a flag, a setting, or what one of them names. The message says why.
 * Every command ends with the same exit status then.
 */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}
