import { boolean, instant, text } from '../../api/shapes.ts'
import { replace } from '../../store/records.ts'
import { findOwnTrail, findTrail, parseTrailName, trailArn } from '../names.ts'
import { trailOperation } from '../trail-operation.ts'
import { DELIVERY, isLogging } from '../trail-records.ts'
import { TRAIL_NAME } from '../trail-shapes.ts'

const startLogging = trailOperation(
  {
    name: 'StartLogging',
    readOnly: false,
    input: { Name: TRAIL_NAME },
    resource: ({ call, input }) => resourceOf(call, input.Name),
  },
  async ({ call, input, dependencies }) => {
    const trail = await findOwnTrail(dependencies.records, call, input.Name)
    if (isLogging(trail.value)) return { output: {} }
    const periods = [...trail.value.periods, { from: call.now }]
    return { output: {}, changes: [replace(trail, { ...trail.value, periods })] }
  },
)

const stopLogging = trailOperation(
  {
    name: 'StopLogging',
    readOnly: false,
    input: { Name: TRAIL_NAME },
    resource: ({ call, input }) => resourceOf(call, input.Name),
  },
  async ({ call, input, dependencies }) => {
    const trail = await findOwnTrail(dependencies.records, call, input.Name)
    if (!isLogging(trail.value)) return { output: {} }
    const { periods } = trail.value
    const ended = periods.map((period, index) =>
      index === periods.length - 1 ? { ...period, to: call.now } : period,
    )
    return { output: {}, changes: [replace(trail, { ...trail.value, periods: ended })] }
  },
)

const getTrailStatus = trailOperation(
  {
    name: 'GetTrailStatus',
    readOnly: true,
    input: { Name: TRAIL_NAME },
    output: {
      IsLogging: boolean(),
      LatestCloudWatchLogsDeliveryError: text(),
      LatestCloudWatchLogsDeliveryTime: instant(),
      LatestDeliveryAttemptSucceeded: text(),
      LatestDeliveryAttemptTime: text(),
      LatestDeliveryError: text(),
      LatestDeliveryTime: instant(),
      LatestDigestDeliveryError: text(),
      LatestDigestDeliveryTime: instant(),
      LatestNotificationAttemptSucceeded: text(),
      LatestNotificationAttemptTime: text(),
      LatestNotificationError: text(),
      LatestNotificationTime: instant(),
      StartLoggingTime: instant(),
      StopLoggingTime: instant(),
      TimeLoggingStarted: text(),
      TimeLoggingStopped: text(),
    },
    resource: ({ call, input }) => resourceOf(call, input.Name),
  },
  async ({ call, input, dependencies }) => {
    const trail = await findTrail(dependencies.records, call, input.Name)
    const delivery = (await dependencies.records.get(DELIVERY, trail.partition, trail.name))?.value
    const last = trail.value.periods.at(-1)
    const stopped = trail.value.periods.findLast(({ to }) => to !== undefined)?.to
    return {
      output: {
        IsLogging: isLogging(trail.value),
        LatestDeliveryError: delivery?.lastError,
        LatestDeliveryTime: seconds(delivery?.lastDelivery),
        LatestDigestDeliveryTime: seconds(delivery?.lastDigest),
        StartLoggingTime: seconds(last?.from),
        StopLoggingTime: seconds(stopped),
        LatestDeliveryAttemptTime: iso(delivery?.lastDelivery),
        LatestNotificationAttemptTime: '',
        LatestNotificationAttemptSucceeded: '',
        LatestDeliveryAttemptSucceeded: iso(delivery?.lastDelivery),
        TimeLoggingStarted: iso(last?.from),
        TimeLoggingStopped: iso(stopped),
      },
    }
  },
)

/** Operations that start and stop the delivery of a trail, and show its status. */
export const LOGGING_OPERATIONS = [startLogging, stopLogging, getTrailStatus]

function resourceOf(call: Parameters<typeof parseTrailName>[0], text: string): string {
  const { region, account, name } = parseTrailName(call, text)
  return trailArn(region, account, name)
}

function seconds(at: number | undefined): number | undefined {
  return at === undefined ? undefined : at / 1000
}

function iso(at: number | undefined): string {
  return at === undefined ? '' : `${new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`
}
