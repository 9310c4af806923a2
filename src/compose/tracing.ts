import type { Setup } from '#compose/setup';
import { newId } from '#flow/new-id';
import { NO_TRACES, type Tracer } from '#flow/tracer';
import { packageInfo } from '#ops/package-root';

// Within the time that a supervisor waits behind the end of requests.
const FLUSH_MS_MAX = 3_000;

/** Opens the traces of a node; where they are off, the SDK is not loaded. */
export async function openTracer({ config, logger, releases }: Setup): Promise<Tracer> {
  const { tracesEndpoint: endpoint, tracesService, role } = config;
  if (endpoint === undefined) return NO_TRACES;
  // Only where it is used: it takes 0.1 s to load.
  const { Tracing } = await import('#ops/tracing');
  const tracing = new Tracing({
    endpoint,
    headers: config.tracesHeaders,
    ratio: config.tracesRatio,
    perSecondMax: config.tracesPerSecondMax,
    service: {
      name: role === 'all' ? tracesService : `${tracesService}-${role}`,
      version: packageInfo().version,
      instance: config.nodeId ?? newId(),
    },
    onLost: ({ dropped, unsent, cause }) =>
      logger.warn({ part: 'traces', dropped, unsent, err: cause }, 'traces were lost'),
  });
  releases.add('traces', () => tracing.close(Math.min(config.shutdownGraceMs, FLUSH_MS_MAX)));
  return tracing;
}
