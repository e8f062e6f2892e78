import type { WindowResult } from './load-protocol.ts'
import type { MeasuredOperation } from './requests.ts'

/** One row of the throughput table: the medians over the rounds. */
export type ThroughputRow = {
  readonly operation: MeasuredOperation
  readonly connections: number
  readonly label: string
  readonly callsPerSecond: number
  /** Throughput as a share of the floor's. It can exceed 1. */
  readonly shareOfFloor: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuUsPerCall: number | undefined
  /**
   * CPU time of the target as a share of elapsed time. Well below 1 for the floor means that another process used the
   * CPU.
   */
  readonly busy: number | undefined
  readonly rssBytes: number | undefined
  /** CPU time of the load process as a share of elapsed time. Near 1 means that the load process is the bottleneck. */
  readonly loadBusy: number
  readonly errorCount: number
  readonly errors: readonly string[]
}

/** A goal of a release, and the measured figure. */
export type Goal = {
  readonly name: string
  readonly required: string
  readonly measured: string
  readonly met: boolean
}

/** The windows of one target at one number of connections. */
export type Series = {
  readonly operation: MeasuredOperation
  readonly connections: number
  readonly label: string
  readonly windows: readonly WindowResult[]
  readonly rssBytes: number | undefined
}

/** The medians of a series, compared with those of the floor. */
export function summarize(series: Series, floor: Series): ThroughputRow {
  const { windows, operation, connections, label, rssBytes } = series
  const callsPerSecond = median(windows.map(rate))
  const cpu = windows.flatMap(({ cpuMs, calls }) =>
    cpuMs === undefined || calls === 0 ? [] : [(cpuMs * 1000) / calls],
  )
  return {
    operation,
    connections,
    label,
    callsPerSecond,
    shareOfFloor: median(windows.map((window, round) => share(rate(window), floor.windows[round]))),
    p50Ms: median(windows.map(({ p50Us }) => p50Us)) / 1000,
    p99Ms: median(windows.map(({ p99Us }) => p99Us)) / 1000,
    cpuUsPerCall: cpu.length === 0 ? undefined : median(cpu),
    busy: cpu.length === 0 ? undefined : median(windows.map(busyShare)),
    rssBytes,
    loadBusy: median(
      windows.map(({ loadCpuMs, elapsedMs }) => (elapsedMs === 0 ? 0 : loadCpuMs / elapsedMs)),
    ),
    errorCount: windows.reduce((count, window) => count + window.errorCount, 0),
    errors: [...new Set(windows.flatMap(({ errors }) => errors))],
  }
}

/** The middle value, or the mean of the two middle values; 0 for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

/** Calls per second of one window; 0 if the window measured nothing. */
export function rate({ calls, elapsedMs }: WindowResult): number {
  return elapsedMs === 0 ? 0 : (calls * 1000) / elapsedMs
}

function share(callsPerSecond: number, floor: WindowResult | undefined): number {
  const floorRate = floor === undefined ? 0 : rate(floor)
  return floorRate === 0 ? 0 : callsPerSecond / floorRate
}

function busyShare({ cpuMs, elapsedMs }: WindowResult): number {
  return cpuMs === undefined || elapsedMs === 0 ? 0 : cpuMs / elapsedMs
}
