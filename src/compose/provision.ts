import { connectBroker } from '#clients/nats';
import { bucketOptions } from '#compose/bucket-options';
import { natsAccess } from '#compose/logs';
import { WEBHOOK_BUCKET, webhookBucket } from '#compose/webhooks';
import { RegistryError } from '#domain/errors';
import { provisionStreams } from '#log/provision';
import { STREAMS } from '#log/streams';
import type { Config } from '#ops/config/settings';
import { openBucket } from '#projections/contract-kv/bucket';

/**
 * Makes the streams and the buckets of contracts and webhooks where they are not there, and checks those that are. Gives their names.
 * Nodes that find them need no permission to make any. See ADR 023.
 * @throws CANNOT_START
 */
export async function provision(config: Config): Promise<readonly string[]> {
  const { natsUrl: url, natsConnectTimeoutMs: connectTimeoutMs } = config;
  if (url === undefined)
    throw new RegistryError(
      'CANNOT_START',
      'Cannot provision NATS: there is no NATS_URL (want one; a registry with a broker of its own provisions it by itself)',
    );
  const { credentials, tls, inboxPrefix } = natsAccess(config);
  const prefix = inboxPrefix === undefined ? {} : { inboxPrefix };
  const who = { name: 'atlas-registry provision', credentials, tls, ...prefix };
  const broker = await connectBroker({ url, connectTimeoutMs, ...who });
  try {
    await provisionStreams(broker.jsm, { replicas: config.streamReplicas });
    await openBucket(bucketOptions(config, broker));
    await openBucket(webhookBucket(config, broker));
  } finally {
    await broker.close();
  }
  return [...Object.keys(STREAMS), `KV_${config.kvBucket}`, `KV_${WEBHOOK_BUCKET}`];
}
