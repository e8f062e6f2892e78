import { type Address, parseAddress, parseCollector } from './places.ts'
import { type Given, need, read, setting } from './setting.ts'

/** The configuration of metrics and traces. */
export type MonitoringConfig = {
  /** The address of `/metrics`; nothing when it is not served. */
  readonly listen: Address | undefined
  /** The base URL of an OTLP collector, with a trailing slash. */
  readonly collector: string | undefined
  /** The share of calls to trace where the caller has not decided: 0 to 1. */
  readonly traceShare: number
}

/** The settings of metrics and traces. */
export const MONITORING_SETTINGS = {
  metrics: setting({
    variable: 'HOLDFAST_METRICS',
    flag: 'metrics',
    byDefault: undefined,
    about: 'the address to serve /metrics on; any other than a loopback address requires TLS',
    expected: 'ADDRESS:PORT, for example 127.0.0.1:7601 or [::1]:7601',
    parse: parseAddress,
  }),
  otlp: setting({
    variable: 'HOLDFAST_OTLP',
    flag: 'otlp',
    byDefault: undefined,
    about: 'the OpenTelemetry collector that receives metrics and traces by OTLP over HTTP',
    expected: 'http(s)://HOST:PORT, without /v1/traces',
    parse: parseCollector,
  }),
  traceShare: setting({
    variable: 'HOLDFAST_TRACE_SHARE',
    flag: 'trace-share',
    byDefault: '0.01',
    about: 'the share of calls to trace, unless the caller decides',
    expected: 'a number from 0 to 1, for example 0.01',
    parse: parseShare,
  }),
}

/** @throws ConfigError. */
export function parseMonitoring(given: Given): MonitoringConfig {
  return {
    listen: read(MONITORING_SETTINGS.metrics, given),
    collector: read(MONITORING_SETTINGS.otlp, given),
    traceShare: need(MONITORING_SETTINGS.traceShare, given),
  }
}

/** Whether metrics are served or sent. */
export function isMonitored({ listen, collector }: MonitoringConfig): boolean {
  return listen !== undefined || collector !== undefined
}

function parseShare(text: string): number | undefined {
  const share = /^(?:0|1|0?\.[0-9]{1,9}|[01]\.[0-9]{1,9})$/.test(text) ? Number(text) : Number.NaN
  return share >= 0 && share <= 1 ? share : undefined
}
