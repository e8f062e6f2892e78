/** The type of a metric. A counter and the counts of a histogram never decrease while the server runs. */
type MetricType = 'counter' | 'gauge' | 'histogram'

/** How the values of several workers are merged: to one, or to one for each, with a label. */
type Across = 'sum' | 'max' | 'min' | 'worker'

/** The definition of a metric. */
export type MetricDefinition = {
  readonly type: MetricType
  readonly about: string
  readonly labels: readonly string[]
  readonly across: Across
}

/**
 * Every metric, by its name without the suffix that the exposition gives it. The values of each label are
 * from a set that no caller can extend: see `docs/reference/metrics.md`.
 */
export const METRICS = {
  holdfast_build_info: gauge('1, with the release and the version of Node', ['version', 'node'], 'max'),
  holdfast_start_timestamp_seconds: gauge('when the process has started', [], 'worker'),
  holdfast_workers: gauge('processes that answered when they were asked for these metrics', [], 'sum'),
  holdfast_worker_restarts: counter('workers that have ended by themselves and were started again'),
  holdfast_ready: gauge('1 while /readyz answers 200', [], 'worker'),
  holdfast_calls: counter('calls that were answered', ['service', 'operation']),
  holdfast_call_errors: counter('calls that were answered with an error', ['service', 'operation', 'code']),
  holdfast_call_duration_seconds: histogram('from a whole request to its answer, without the network', [
    'service',
    'operation',
  ]),
  holdfast_refusals: counter('calls that were refused or have failed, by the kind of reason', ['kind']),
  holdfast_refusals_summarised: counter(
    'refused calls that the audit log has in a summary only, because they were too many',
  ),
  holdfast_connections: gauge('connections that are open', [], 'worker'),
  holdfast_bounds_reached: counter('clients that were cut off, slowed down or refused for a bound', [
    'bound',
  ]),
  holdfast_audit_durable_seconds: histogram('from the first event of a batch to its being durable'),
  holdfast_audit_queue_events: gauge('events that wait to become durable', [], 'worker'),
  holdfast_audit_outbox_events: gauge(
    'events that are durable with their change and could not be appended to the log yet',
    [],
    'worker',
  ),
  holdfast_audit_writable: gauge('0 while the audit log cannot be written', [], 'worker'),
  holdfast_store_writable: gauge('0 when the last commit could not be written', [], 'worker'),
  holdfast_commit_duration_seconds: histogram('commits to the database, by how they ended', ['outcome']),
  holdfast_record_reads: counter('reads of records, by what has answered them', ['from']),
  holdfast_integrity_alarms: counter('records and keys that did not open: see the log'),
  holdfast_log_lines: counter("lines of the operator's log", ['level']),
  holdfast_job_runs: counter('runs of jobs, by how they ended', ['task', 'outcome']),
  holdfast_job_last_success_timestamp_seconds: gauge('when a job has last succeeded', ['task'], 'max'),
  holdfast_due: counter('deletions, rotations and expiries whose time had come', ['what', 'outcome']),
  holdfast_index_lag_events: gauge('durable events that the index does not have yet', [], 'sum'),
  holdfast_trails: gauge('trails that deliver', [], 'max'),
  holdfast_trails_failing: gauge('trails whose last delivery has failed', [], 'max'),
  holdfast_trail_lag_events: gauge(
    'of the trail that is furthest behind: events not looked at yet',
    [],
    'max',
  ),
  holdfast_trail_last_delivery_timestamp_seconds: gauge(
    'when a file was last delivered, of the trail that had none for longest',
    [],
    'min',
  ),
  holdfast_imported_material_expiring: gauge(
    'imported key materials that expire soon, overdue ones included',
    ['within'],
    'max',
  ),
  holdfast_imported_material_days_left: gauge(
    'days until the next imported key material expires; none within 30 days: no value',
    [],
    'min',
  ),
  holdfast_unlock_paths: gauge('unlock paths of the root key, by type', ['type'], 'max'),
  holdfast_unlock_path_proved_timestamp_seconds: gauge(
    'when a path of the type has last opened the root key for a proof, of the one that was proved longest ago; 0: never',
    ['type'],
    'min',
  ),
  holdfast_backup_timestamp_seconds: gauge('when the last backup was made; 0: never', [], 'max'),
  holdfast_backup_bytes: gauge('the size of the last backup', [], 'max'),
  holdfast_backup_rehearsal_timestamp_seconds: gauge(
    'when a restore was last rehearsed with success; 0: never',
    [],
    'max',
  ),
  holdfast_event_loop_delay_seconds: gauge(
    'by how much the event loop was late since the last time it was asked',
    ['quantile'],
    'worker',
  ),
  holdfast_memory_bytes: gauge('memory', ['kind'], 'worker'),
  holdfast_cpu_seconds: counter('processor time', ['mode']),
} as const satisfies Readonly<Record<string, MetricDefinition>>

/** The name of a metric of {@link METRICS}. */
export type MetricName = keyof typeof METRICS

/** The metric of a name. */
export function metricOf(name: MetricName): MetricDefinition {
  return METRICS[name]
}

/** The name that a metric is exposed under. */
export function exposedName(name: MetricName): string {
  return metricOf(name).type === 'counter' ? `${name}_total` : name
}

/** The labels that a metric is exposed with. */
export function exposedLabels(name: MetricName): readonly string[] {
  const { labels, across } = metricOf(name)
  return across === 'worker' ? [...labels, 'worker'] : labels
}

function counter(about: string, labels: readonly string[] = []): MetricDefinition {
  return { type: 'counter', about, labels, across: 'sum' }
}

function gauge(about: string, labels: readonly string[], across: Across): MetricDefinition {
  return { type: 'gauge', about, labels, across }
}

function histogram(about: string, labels: readonly string[] = []): MetricDefinition {
  return { type: 'histogram', about, labels, across: 'sum' }
}
