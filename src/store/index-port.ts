/** The port of an index over audit events. Everything in it is derived, and can be made again. */

/** The place of an event's line: node, first sequence number of the segment, bytes. */
export type EventPlace = {
  readonly node: string
  readonly segment: number
  readonly offset: number
  readonly sizeBytes: number
}

/** The position of a node's log up to which the index has it. */
export type IndexPosition = {
  readonly segment: number
  readonly offset: number
  readonly line: number
  readonly sequence: number
  readonly mac: Uint8Array
}

/**
 * One event to add to the index. Similar events may share their terms and uses, which are then looked up
 * once.
 */
export type EventEntry = {
  /** Seconds since 1970. */
  readonly second: number
  /** Where its line begins in the segment of the batch, and its length without the line end. */
  readonly offset: number
  readonly sizeBytes: number
  readonly eventId: string
  /** The first 48 bits of its id. */
  readonly idPrefix: number
  /** Empty for events that are no calls. */
  readonly requestId: string
  /** The terms that find it. */
  readonly terms: readonly string[]
  /** One for each key, or one without a key. */
  readonly uses: readonly UseEntry[]
}

/** The facts by which calls are counted together. A text that does not apply is empty. */
export type Series = {
  readonly account: string
  readonly region: string
  readonly key: string
  readonly principal: string
  readonly source: string
  readonly operation: string
  /** The requested algorithm or key pair spec. */
  readonly variant: string
}

/** One call to count. */
export type UseEntry = {
  readonly series: Series
  readonly failed: boolean
  /** How it used its key; absent without a key. */
  readonly touch?: Touch
  /** Whether it is the last use of its key: only for successful cryptographic calls. */
  readonly isLast: boolean
  /** Whether somebody only looks at the key in the web console: it is counted, and is no call that depends on the key. */
  readonly isLook?: boolean
}

/** Facts that distinguish calls on a key, beside their series. */
export type Touch = {
  /** The key material used, if the event names it. */
  readonly material: string
  /** Whether that key material opened a ciphertext. */
  readonly opened: boolean
  /** The address of the caller. */
  readonly address: string
}

/** Calls on one key with the same principal, operation, key material, address and outcome. */
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

/** The most rows about one key: the latest, if there are more. */
export const TOUCH_ROWS_MAX = 50_000

/** A part of one node's log. The index gets all of it with the position, or nothing. */
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

/** A question for the last uses of an account's keys in a region, since a second. */
export type LastUsesQuestion = {
  readonly account: string
  readonly region: string
  readonly fromSecond: number
}

/** A key's ARN, and the second of its last successful use. */
export type LastUseRow = { readonly key: string; readonly second: number }

/** A question for events. All terms must match. */
export type EventQuestion = {
  readonly term: string
  /** Both ends are included; seconds. */
  readonly fromSecond: number
  readonly toSecond: number
  /** Only events after this one, newest first. */
  readonly after?: number | undefined
  readonly limit: number
}

/** A question for the number of events in each of some periods of the same length, one after the other. */
export type CountQuestion = {
  readonly term: string
  readonly fromSecond: number
  /** Seconds. */
  readonly period: number
  readonly periods: number
}

/** A found event; `key` orders it among all. */
export type FoundEvent = { readonly key: number; readonly place: EventPlace }

/** A question for usage: hours since 1970, the second not included. */
export type UsageQuestion = {
  readonly fromHour: number
  readonly toHour: number
  readonly account?: string | undefined
  readonly key?: string | undefined
  /** Hours that one row sums up, whose hour is the first of them; 1 without it. */
  readonly hoursPerRow?: number | undefined
  /** The most rows; without it, all. */
  readonly limit?: number | undefined
}

/** Calls of one series in one hour. */
export type UsageRow = Series & { readonly hour: number; readonly calls: number; readonly failures: number }

/** The index of a folder. Its calls are synchronous: use it in a thread of its own. */
export type EventIndex = {
  readonly positions: () => ReadonlyMap<string, IndexPosition>
  /** Adds batches and moves the positions, in one transaction. */
  readonly add: (batches: readonly IndexBatch[], positions: ReadonlyMap<string, IndexPosition>) => void
  readonly find: (question: EventQuestion) => readonly FoundEvent[]
  /** The number of events in each period. */
  readonly counts: (question: CountQuestion) => readonly number[]
  /** Places where an event with this id may be. */
  readonly findById: (idPrefix: number) => readonly FoundEvent[]
  readonly lastUse: (key: string) => LastUse | undefined
  readonly lastUses: (question: LastUsesQuestion) => readonly LastUseRow[]
  readonly usage: (question: UsageQuestion) => readonly UsageRow[]
  /** The calls on a key, the latest first; at most {@link TOUCH_ROWS_MAX} rows. */
  readonly touches: (key: string) => readonly TouchRow[]
  /** Accounts and regions that have events. */
  readonly scopes: () => readonly { readonly account: string; readonly region: string }[]
  /** Clears the index, so that it is made again from the log. */
  readonly clear: () => void
  /** Events in the index. */
  readonly count: () => number
  /** Whether another process asked to make the index again: see `askForRebuild`. */
  readonly rebuildAsked: () => boolean
  readonly askForRebuild: () => void
  readonly close: () => void
}
