import { type Broker, versionOf } from '#clients/nats';
import { isAtLeast, type NatsVersion } from '#clients/nats-version';
import type { Config } from '#ops/config/settings';
import type { BucketOptions } from '#projections/contract-kv/bucket';

const FLUSH_LATER_VERSION_MIN: NatsVersion = [2, 12];

/** Says what the bucket of contracts is made with. */
export function bucketOptions(
  { kvBucket: bucket, streamReplicas: replicas }: Config,
  { js, jsm, nc }: Broker,
): BucketOptions {
  // What a power cut takes from it is projected again: every reconnect begins at the checkpoint that is still there.
  const flushLater = replicas === 1 && isAtLeast(versionOf(nc), FLUSH_LATER_VERSION_MIN);
  return { js, jsm, bucket, replicas, flushLater };
}
