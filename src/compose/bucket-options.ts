import type { Broker } from '#clients/nats';
import type { Config } from '#ops/config/settings';
import type { BucketOptions } from '#projections/contract-kv/bucket';

/** Says what the bucket of contracts is made with. */
export function bucketOptions(
  { kvBucket: bucket, streamReplicas: replicas }: Config,
  { js, jsm }: Broker,
): BucketOptions {
  return { js, jsm, bucket, replicas };
}
