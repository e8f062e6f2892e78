/** The record of something unusual, as `formatInsight` has written it. */
export type RecordedInsight = {
  readonly eventID: string
  readonly sharedEventID: string
  readonly eventTime: string
  readonly insightDetails: {
    readonly state: string
    readonly eventSource: string
    readonly eventName: string
    readonly insightType: string
    readonly errorCode?: string
    readonly insightSubject?: Readonly<Record<string, string>>
  }
}

/** A line of the log that is an insight, whose MAC has been checked. */
export function parseInsight(line: string): RecordedInsight {
  return JSON.parse(line) as RecordedInsight
}
