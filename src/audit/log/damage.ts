/** A place in the log that is not as it was written. */
export type Damage = {
  readonly node: string
  /** The segment's file name, or the folder's when a whole segment or node is missing. */
  readonly file: string
  /** Where the damaged part begins, in bytes and in lines (from 1). */
  readonly offset: number
  readonly line: number
  /** The first sequence number that is not proven to be as written. */
  readonly sequence: number
  readonly what: string
}

/** The log cannot be trusted from some place on: the server does not start. */
export class AuditDamaged extends Error {
  override readonly name = 'AuditDamaged'
  readonly damage: Damage

  constructor(damage: Damage) {
    super(
      `the audit log is damaged: ${formatDamage(damage)}. Restore the folder of ${damage.node} and the records ` +
        'together from one backup, or keep the folder elsewhere for an investigation; nothing has been changed',
    )
    this.damage = damage
  }
}

/** The log cannot be written now; the caller's event is not recorded. */
export class AuditUnavailable extends Error {
  override readonly name = 'AuditUnavailable'
}

/** A damaged place in one line. */
export function formatDamage({ node, file, offset, line, sequence, what }: Damage): string {
  return `${node}/${file}, line ${line} (offset ${offset}), from event ${sequence} on: ${what}`
}
