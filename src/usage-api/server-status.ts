/** What a deployment says about the custody of its root key and about its backups. */
export type ServerStatus = {
  readonly release: string
  readonly unlockPaths: readonly UnlockPathStatus[]
  /** The last backup, and the last rehearsal of a restore, that succeeded. */
  readonly backup: Done | undefined
  readonly rehearsal: Done | undefined
  readonly risks: readonly { readonly severity: string; readonly text: string }[]
}

type UnlockPathStatus = {
  readonly name: string
  readonly type: string
  /** Whether the server opens it without a person. */
  readonly isUnattended: boolean
  /** ISO 8601; nothing for a path that was never proved. */
  readonly provedAt: string | undefined
}

type Done = {
  /** The id of the backup. */
  readonly id: string
  /** ISO 8601. */
  readonly at: string
}
