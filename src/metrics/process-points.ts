import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { EpochMs } from '../base/ports.ts'
import { VERSION } from '../base/version.ts'
import type { PointSource } from './node-meters.ts'
import type { Point } from './points.ts'

/** The resolution of the event loop's delay. */
const RESOLUTION_MS = 20
const NANOSECONDS = 1e9
const MICROSECONDS = 1e6
const QUANTILES = [0.5, 0.99] as const

/** The metrics of every process: event loop, memory, processor, release. */
export function processPoints(startedAt: EpochMs): PointSource {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  return () => {
    // The measurement wakes the process at each interval, so it begins when somebody reads it. Before, it is 0.
    delay.enable()
    const { rss, heapUsed, external } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    const late = (quantile: string, nanoseconds: number): Point => ({
      metric: 'holdfast_event_loop_delay_seconds',
      labels: [quantile],
      // A timer of this resolution measures the delay: it is part of each reading.
      value: Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000),
    })
    const delays = [
      ...QUANTILES.map((quantile) => late(String(quantile), delay.percentile(quantile * 100))),
      late('1', delay.max),
    ]
    delay.reset()
    return [
      ...delays,
      { metric: 'holdfast_memory_bytes', labels: ['rss'], value: rss },
      { metric: 'holdfast_memory_bytes', labels: ['heap_used'], value: heapUsed },
      { metric: 'holdfast_memory_bytes', labels: ['external'], value: external },
      { metric: 'holdfast_cpu_seconds', labels: ['user'], value: user / MICROSECONDS },
      { metric: 'holdfast_cpu_seconds', labels: ['system'], value: system / MICROSECONDS },
      { metric: 'holdfast_start_timestamp_seconds', labels: [], value: startedAt / 1000 },
      { metric: 'holdfast_build_info', labels: [VERSION, process.version], value: 1 },
      { metric: 'holdfast_workers', labels: [], value: 1 },
    ]
  }
}
