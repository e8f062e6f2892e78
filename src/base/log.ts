/** The fields of a log line beside its message: never a secret, a plaintext or a signature. */
type LogFields = Readonly<Record<string, string | number | boolean | LogObject | undefined>>
/** A value that is already JSON, such as an event of the event stream. */
type LogObject = { readonly [name: string]: unknown }

/** The operator's log. The audit log is another: see `audit/`. */
export type Log = {
  readonly info: (message: string, fields?: LogFields) => void
  readonly warn: (message: string, fields?: LogFields) => void
  readonly error: (message: string, fields?: LogFields) => void
}

/** A log that keeps nothing, for tests and for commands that print their own result. */
export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} }
