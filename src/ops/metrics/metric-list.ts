/** What one metric counts or shows. */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Each takes few values, whatever clients send: routes, classes, codes, views, and what the operator has named. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, ascending, in its unit. */
  readonly buckets?: readonly number[];
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

function counter(help: string, ...labels: string[]): MetricSpec {
  return { type: 'counter', help, labels };
}

function gauge(help: string, ...labels: string[]): MetricSpec {
  return { type: 'gauge', help, labels };
}

function seconds(help: string, ...labels: string[]): MetricSpec {
  return { type: 'histogram', help, labels, buckets: SECONDS };
}

/** Every metric of the registry itself; the process has those of Node.js beside them. `docs/metrics.md` is made from it. */
export const METRICS = {
  atlas_build_info: gauge('Always 1; the labels say what runs', 'version', 'role'),
  atlas_ready: gauge('Whether the node is ready: 1, or 0'),
  atlas_part_ready: gauge('Whether a part of the node is ready, as `/readyz` tells it', 'part'),
  atlas_writes_frozen: gauge('Whether writes are refused because a view has halted'),

  atlas_http_requests_total: counter(
    'Requests that were answered',
    'route',
    'method',
    'class',
    'status',
  ),
  atlas_http_request_duration_seconds: seconds(
    'From the head of a request to its answer; of streams, to their beginning',
    'route',
    'class',
  ),
  atlas_http_refusals_total: counter(
    'Requests that were answered with an error, by its code',
    'code',
    'class',
  ),
  atlas_event_subscribers: gauge('Clients that follow events by server-sent events'),

  atlas_commands_total: counter(
    'Commands by what they came to: appended, unchanged, replayed, or the code of the error',
    'kind',
    'outcome',
  ),
  atlas_command_attempts_total: counter('Decisions that were made for commands', 'kind'),
  atlas_command_conflicts_total: counter(
    'Appends that lost to another writer and were decided anew',
    'kind',
  ),
  atlas_command_duration_seconds: seconds(
    'From the load of the state to the outcome, the wait for its turn included',
    'kind',
  ),
  atlas_append_duration_seconds: seconds(
    'From one append to the answer of the broker: appended, conflict, unknown or refused',
    'stream',
    'outcome',
  ),

  atlas_log_position: gauge('Position of the newest event, as last heard of', 'stream'),
  atlas_projection_position: gauge('Position that a view shows', 'projection', 'stream'),
  atlas_projection_lag_events: gauge('Positions between a view and its log', 'projection'),
  atlas_projection_lag_seconds: gauge(
    'For how long the log has held events that a view has not applied; seen every few seconds',
    'projection',
  ),
  atlas_projection_halted: gauge(
    'Whether a view has halted: only a person can go on',
    'projection',
  ),

  atlas_store_errors_total: counter(
    'Errors of stores of datasets, by kind of store and of error',
    'backend',
    'class',
  ),
  atlas_source_up: gauge('Whether the last look at a source succeeded', 'source'),
  atlas_source_refresh_age_seconds: gauge(
    'Since the catalog of a source was last read; absent before the first time',
    'source',
  ),
  atlas_circuit_state: gauge(
    'Circuit breakers: 1 for the state that it is in, 0 for the others',
    'circuit',
    'state',
  ),

  atlas_cache_hits_total: counter('Reads of datasets that found the file in the cache'),
  atlas_cache_misses_total: counter('Reads of datasets that had to wait for a download'),
  atlas_cache_downloads_total: counter('Files that were downloaded into the cache'),
  atlas_cache_evictions_total: counter('Files that were removed from the cache'),
  atlas_cache_quarantines_total: counter('Files that were left alone after repeated damage'),
  atlas_cache_bytes: gauge('Bytes of the files in the cache'),
  atlas_cache_bytes_max: gauge('Bytes that the cache may hold'),
  atlas_cache_files: gauge('Files in the cache: artifacts and shards', 'kind'),
  atlas_cache_quarantined: gauge('Files that are in quarantine now'),
  atlas_cache_open_files: gauge('Files that the main thread has open'),

  atlas_queue_waiting: gauge('Works that wait now', 'queue'),
  atlas_queue_running: gauge('Works that run now', 'queue'),
  atlas_shed_total: counter('Queries of datasets that were refused for load, by reason', 'reason'),

  atlas_webhook_attempts_total: counter(
    'Events that were sent to webhooks, by what came of it: taken, gone, refused, failed',
    'outcome',
  ),
  atlas_webhook_dead_letters_total: counter(
    'Events that a webhook did not take and that were given up',
  ),
  atlas_webhooks_stopped_total: counter(
    'Webhooks that nothing is sent to any more, by reason',
    'reason',
  ),

  atlas_nats_connected: gauge('Whether the connection to NATS stands'),
  atlas_nats_reconnects_total: counter('Times that the connection to NATS was renewed'),
  atlas_disk_full: gauge('Whether the embedded broker takes no writes for want of disk'),
  atlas_postgres_up: gauge(
    'Whether the last statement was answered: of the views, and of the anchors of the audit',
    'pool',
  ),
  atlas_postgres_connections: gauge('Connections to Postgres: open and idle', 'pool', 'state'),
  atlas_postgres_waiting: gauge('Statements that wait for a connection', 'pool'),
  atlas_redis_up: gauge('Whether commands can be sent to Redis'),
} as const satisfies Readonly<Record<`atlas_${string}`, MetricSpec>>;

export type MetricName = keyof typeof METRICS;
