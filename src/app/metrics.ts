import type { Log } from '../base/log.ts'
import type { TlsPair } from '../base/network.ts'
import { systemClock, systemRandom, systemTimers } from '../base/ports.ts'
import { VERSION } from '../base/version.ts'
import { formatAddress } from '../config/places.ts'
import type { Config } from '../config/settings.ts'
import { openMetricsListener } from '../http/metrics-listener.ts'
import { mergeSnapshots, type Snapshot } from '../metrics/points.ts'
import { readTls } from './tls.ts'

/** The served and exported metrics of a server. */
export type Monitoring = {
  /** The URL of `/metrics`; nothing when it is not served. */
  readonly url: string | undefined
  /** Makes new connections use another certificate. */
  readonly useTls: (pair: TlsPair) => void
  readonly close: () => Promise<void>
}

/** The source of a server's metrics: the current ones of each process. */
export type MonitoringDependencies = {
  readonly snapshots: () => Promise<readonly Snapshot[]>
  readonly log: Log
}

/** Serves and exports a server's metrics as configured. @throws Error with a message for the operator. */
export async function openMonitoring(
  config: Config,
  dependencies: MonitoringDependencies,
): Promise<Monitoring> {
  const { listen, collector } = config.monitoring
  const startedAt = systemClock.now()
  const collect = async () => ({
    points: mergeSnapshots(await dependencies.snapshots()),
    time: { startedAt, now: systemClock.now() },
  })
  await using stack = new AsyncDisposableStack()
  if (collector !== undefined) {
    const { openMetricsExport } = await import('../metrics/otlp.ts')
    const instance = systemRandom.uuid()
    const exporter = openMetricsExport(
      { endpoint: collector, instance, version: VERSION, timers: systemTimers, log: dependencies.log },
      collect,
    )
    stack.defer(() => exporter.close())
  }
  let url: string | undefined
  let useTls = (_pair: TlsPair): void => {}
  if (listen !== undefined) {
    // Imported on demand: a server without metrics does not load the SDK.
    const { formatPrometheus, PROMETHEUS_MEDIA_TYPE } = await import('../metrics/exposition.ts')
    const tls = await readTls(config)
    const listener = await openMetricsListener({
      ...listen,
      setting: 'HOLDFAST_METRICS',
      tls,
      mediaType: PROMETHEUS_MEDIA_TYPE,
      text: async () => {
        const { points, time } = await collect()
        return formatPrometheus(points, time)
      },
    })
    stack.defer(() => listener.close())
    useTls = listener.useTls
    const scheme = tls === undefined ? 'http' : 'https'
    url = `${scheme}://${formatAddress({ host: listen.host, port: listener.port })}/metrics`
  }
  const open = stack.move()
  return { url, useTls, close: () => open.disposeAsync() }
}
