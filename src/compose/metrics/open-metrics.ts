import type { OpenedBroker } from '#clients/open-broker';
import type { Logs } from '#compose/logs';
import { meterNode } from '#compose/metrics/node-meters';
import { meterViews } from '#compose/metrics/view-meters';
import type { Setup } from '#compose/setup';
import type { Views } from '#compose/views';
import type { HttpDependencies, PartHealth } from '#http/dependencies';
import { buildMetricsApp } from '#http/metrics-app';
import { listen } from '#http/server';
import type { TlsIdentity } from '#http/tls/tls-identity';
import { METRICS_TYPE } from '#ops/metrics/meters';

const GRACE_MS = 1_000;

interface MetricsFrom {
  readonly tls: TlsIdentity | undefined;
  readonly opened: OpenedBroker;
  readonly logs: Logs;
  readonly views: Views;
  readonly health: () => readonly PartHealth[];
}

type ShownByHttp = Pick<HttpDependencies, 'metrics' | 'onFollower'>;

/**
 * Begins to show how the node stands, and gives what its main port does for that. Where metrics have a port of their own, they
 * are served there and not on the main one.
 */
export async function openMetrics(setup: Setup, from: MetricsFrom): Promise<ShownByHttp> {
  const { config, meters } = setup;
  if (!config.metrics) return { metrics: undefined, onFollower: undefined };
  const { opened, logs, views, health, tls } = from;
  meterNode(setup, { opened, health });
  meterViews(setup, { logs, views });
  meters.add('atlas_event_subscribers', 0);
  const onFollower = (change: 1 | -1): void => meters.add('atlas_event_subscribers', change);
  return { metrics: await metricsOfMainPort(setup, tls), onFollower };
}

async function metricsOfMainPort(
  { config, meters, logger, releases }: Setup,
  tls: TlsIdentity | undefined,
): Promise<ShownByHttp['metrics']> {
  const { metricsBind, auth } = config;
  const metrics = { type: METRICS_TYPE, text: async () => meters.text() };
  if (metricsBind === undefined) return auth === 'off' ? metrics : undefined;
  const server = await listen(buildMetricsApp(metrics), { ...metricsBind, tls });
  releases.add('metrics', () => server.close(GRACE_MS));
  logger.info({ url: `${server.url}/metrics` }, 'metrics are served');
  return undefined;
}
