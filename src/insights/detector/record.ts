import type { Anomaly } from './anomaly.ts'

/** The version of CloudTrail's record that is written. Source: CloudTrail User Guide, "Record contents". */
const EVENT_VERSION = '1.11'
/** The `eventType` of insight records. */
export const INSIGHT_EVENT_TYPE = 'AwsCloudTrailInsight'
/** Averages have ten decimals, as in AWS's examples. */
const DECIMALS = 1e10

/**
 * The CloudTrail record of an anomaly as JSON on one line.
 *
 * Source: CloudTrail User Guide, "CloudTrail record contents for Insights events for trails".
 * `insightSubject` is Holdfast's own.
 */
export function formatInsight(anomaly: Anomaly): string {
  const { id, sharedId, type, state, account, region, second, source, operation, errorCode } = anomaly
  const { baseline, insight, insightMinutes, baselineMinutes, subject, attributions } = anomaly
  return JSON.stringify({
    eventVersion: EVENT_VERSION,
    eventTime: new Date(second * 1000).toISOString().replace('.000Z', 'Z'),
    awsRegion: region,
    eventID: id,
    eventType: INSIGHT_EVENT_TYPE,
    recipientAccountId: account,
    sharedEventID: sharedId,
    insightDetails: {
      state,
      eventSource: source,
      eventName: operation,
      insightType: type,
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(Object.keys(subject).length === 0 ? {} : { insightSubject: subject }),
      insightContext: {
        statistics: {
          baseline: { average: round(baseline) },
          insight: { average: round(insight) },
          insightDuration: insightMinutes,
          baselineDuration: baselineMinutes,
        },
        attributions: attributions.map(({ attribute, insight: own, baseline: usual }) => ({
          attribute,
          insight: own.map(({ value, average }) => ({ value, average: round(average) })),
          baseline: usual.map(({ value, average }) => ({ value, average: round(average) })),
        })),
      },
    },
    eventCategory: 'Insight',
  })
}

function round(average: number): number {
  return Math.round(average * DECIMALS) / DECIMALS
}
