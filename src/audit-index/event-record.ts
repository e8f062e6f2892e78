/** The used parts of a CloudTrail record of Holdfast's own log. */
export type EventRecord = {
  readonly userIdentity?: Identity
  readonly eventTime: string
  readonly eventSource: string
  readonly eventName: string
  readonly awsRegion: string
  readonly sourceIPAddress?: string
  readonly userAgent?: string
  readonly errorCode?: string
  readonly requestParameters?: Readonly<Record<string, unknown>> | null
  readonly responseElements?: Readonly<Record<string, unknown>> | null
  readonly additionalEventData?: Readonly<Record<string, unknown>> | null
  readonly requestID?: string
  readonly eventID: string
  readonly readOnly: boolean
  readonly resources?: readonly EventResource[]
  readonly eventType: string
  readonly recipientAccountId: string
  /** Only in calls with credentials of the web console. Source: CloudTrail User Guide, "Record contents". */
  readonly sessionCredentialFromConsole?: string
  readonly serviceEventDetails?: Readonly<Record<string, unknown>>
  /** Only in insights, which have no source and name of their own. */
  readonly insightDetails?: {
    readonly eventSource: string
    readonly eventName: string
    readonly insightType: string
  }
}

/** The caller. */
export type Identity = {
  readonly type?: string
  readonly principalId?: string
  readonly arn?: string
  readonly accountId?: string
  readonly accessKeyId?: string
  readonly userName?: string
  readonly invokedBy?: string
  readonly sessionContext?: { readonly sessionIssuer?: { readonly arn?: string } }
}

/** A resource in a record. */
type EventResource = { readonly accountId?: string; readonly type?: string; readonly ARN?: string }

/** Parses a line of the log whose MAC is valid. */
export function parseEvent(line: string): EventRecord {
  return JSON.parse(line) as EventRecord
}
