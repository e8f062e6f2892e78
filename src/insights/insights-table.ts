import type { Anomaly } from './detector/anomaly.ts'

const TITLES = ['time', 'state', 'insight', 'what', 'whose', 'usual/min', 'now/min', 'minutes']

/** Formats anomalies as an aligned table. */
export function insightsTable(anomalies: readonly Anomaly[]): readonly string[] {
  const rows = [TITLES, ...anomalies.map(rowOf)]
  const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function rowOf(anomaly: Anomaly): readonly string[] {
  const { second, state, type, operation, errorCode, subject, account, region } = anomaly
  const { principal, key, network } = subject
  const whose = [principal, key, network].filter((one) => one !== undefined)
  return [
    new Date(second * 1000).toISOString().replace(':00.000Z', 'Z'),
    state,
    type.replace(/Insight$/, ''),
    errorCode === undefined ? operation : `${operation} ${errorCode}`,
    whose.length === 0 ? `${account} ${region}` : whose.join(' '),
    anomaly.baseline.toFixed(1),
    anomaly.insight.toFixed(1),
    String(anomaly.insightMinutes),
  ]
}
