/** What an index over audit events can do: everything in it is derived, and can be made again. */

/** Where an event's line is: node, first sequence number of the segment, bytes. */
export type EventPlace = {
  readonly node: string
  readonly segment: number
  readonly offset: number
  readonly sizeBytes: number
}

/** How far a node's log is in the index. */
export type IndexPosition = {
  readonly segment: number
  readonly offset: number
  readonly line: number
  readonly sequence: number
  readonly mac: Uint8Array
}

/**
 * One event on its way into the index. Events that are alike may share their terms and uses, which then are
 * looked up once.
 */
export type EventEntry = {
  /** Seconds since 1970. */
  readonly second: number
  /** Where its line begins in the segment of the batch, and how long it is without its line end. */
  readonly offset: number
  readonly sizeBytes: number
  readonly eventId: string
  /** The first 48 bits of its id. */
  readonly idPrefix: number
  /** Empty for what is no call. */
  readonly requestId: string
  /** Everything that it is found by. */
  readonly terms: readonly string[]
  /** One for each key, or one without a key. */
  readonly uses: readonly UseEntry[]
}

/** What is counted together. A text that does not apply is empty. */
export type Series = {
  readonly account: string
  readonly region: string
  readonly key: string
  readonly principal: string
  readonly source: string
  readonly operation: string
  /** The algorithm or key pair spec that was asked for. */
  readonly variant: string
}

/** One call as it is counted. */
export type UseEntry = {
  readonly series: Series
  readonly failed: boolean
  /** How it touched its key; none without a key. */
  readonly touch?: Touch
  /** Whether it is remembered as the last use of its key: only of successful cryptographic calls. */
  readonly isLast: boolean
}

/** What is told apart of calls on a key, beside their series. */
export type Touch = {
  /** The key material that was used, as far as the event names one. */
  readonly material: string
  /** Whether that material opened a ciphertext. */
  readonly opened: boolean
  /** Where the call came from. */
  readonly address: string
}

/** Calls on one key that have a principal, operation, material, address and outcome in common. */
export type TouchRow = Touch &
  Pick<Series, 'account' | 'principal' | 'source' | 'operation'> & {
    readonly failed: boolean
    readonly calls: number
    /** Of the first and of the last of them; seconds since 1970. */
    readonly firstSecond: number
    readonly lastSecond: number
    /** Of the last of them. */
    readonly eventId: string
  }

/** Rows about one key at most: of more, the latest. */
export const TOUCH_ROWS_MAX = 50_000

/** A part of one node's log: all of it gets into the index, and the position with it, or nothing. */
export type IndexBatch = {
  readonly node: string
  readonly segment: number
  readonly entries: readonly EventEntry[]
}

/** The last successful use of a key. */
export type LastUse = {
  readonly operation: string
  readonly second: number
  readonly eventId: string
  readonly requestId: string
}

/** A question for events. All terms must apply. */
export type EventQuestion = {
  readonly term: string
  /** Both ends are included; seconds. */
  readonly fromSecond: number
  readonly toSecond: number
  /** Only events that come after this one, in the order newest first. */
  readonly after?: number | undefined
  readonly limit: number
}

/** An event that was found; `key` orders it among all. */
export type FoundEvent = { readonly key: number; readonly place: EventPlace }

/** A question for usage: hours since 1970, the second not included. */
export type UsageQuestion = {
  readonly fromHour: number
  readonly toHour: number
  readonly account?: string | undefined
  readonly key?: string | undefined
  /** So many hours are summed up in one row, whose hour is the first of them; 1 when left out. */
  readonly hoursPerRow?: number | undefined
  /** Rows at most; all when left out. */
  readonly limit?: number | undefined
}

/** Calls of one series in one hour. */
export type UsageRow = Series & { readonly hour: number; readonly calls: number; readonly failures: number }

/** The index of a folder. Calls are synchronous: it belongs on a thread of its own. */
export type EventIndex = {
  readonly positions: () => ReadonlyMap<string, IndexPosition>
  /** Adds batches, and moves the positions on, in one transaction. */
  readonly add: (batches: readonly IndexBatch[], positions: ReadonlyMap<string, IndexPosition>) => void
  readonly find: (question: EventQuestion) => readonly FoundEvent[]
  /** Places that an event with this id may have. */
  readonly findById: (idPrefix: number) => readonly FoundEvent[]
  readonly lastUse: (key: string) => LastUse | undefined
  readonly usage: (question: UsageQuestion) => readonly UsageRow[]
  /** The calls on a key, the latest first; at most {@link TOUCH_ROWS_MAX} rows. */
  readonly touches: (key: string) => readonly TouchRow[]
  /** Accounts and regions that there are events of. */
  readonly scopes: () => readonly { readonly account: string; readonly region: string }[]
  /** Forgets everything, so that it is made again from the log. */
  readonly clear: () => void
  /** Events in it. */
  readonly count: () => number
  /** A wish of another process that everything be made again: see `askForRebuild`. */
  readonly rebuildAsked: () => boolean
  readonly askForRebuild: () => void
  readonly close: () => void
}
