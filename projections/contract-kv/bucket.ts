import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  StorageType,
} from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { API_ERRORS } from '#log/jetstream-errors';

export interface BucketOptions {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** The bucket's name, `REGISTRY_KV_BUCKET`. */
  readonly bucket: string;
  readonly replicas: number;
}

/** Opens the bucket of contracts, and creates it when it is not there. */
export async function openBucket(options: BucketOptions): Promise<KV> {
  const { js, jsm, bucket } = options;
  if (!(await exists(jsm, bucket))) await create(options);
  // Opened so, reads are answered by the leader: any replica could answer with less.
  return await new Kvm(js).open(bucket);
}

/** Opens the bucket if it is there. */
export async function openBucketIfThere(
  options: Pick<BucketOptions, 'js' | 'jsm' | 'bucket'>,
): Promise<KV | undefined> {
  const { js, jsm, bucket } = options;
  return (await exists(jsm, bucket)) ? await new Kvm(js).open(bucket) : undefined;
}

/** Whether a write was refused because the key has another revision than expected. */
export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === API_ERRORS.wrongLastSequence;
}

async function exists(jsm: JetStreamManager, bucket: string): Promise<boolean> {
  try {
    await jsm.streams.info(`KV_${bucket}`);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === API_ERRORS.streamNotFound)
      return false;
    throw error;
  }
}

/**
 * Creates the stream of the bucket as the KV convention wants it (ADR-8 of the NATS architecture). Every write is flushed before
 * it is acknowledged: flushed later, a full disk took values and left the checkpoint behind them.
 */
async function create({ jsm, bucket, replicas }: BucketOptions): Promise<void> {
  await jsm.streams.add({
    name: `KV_${bucket}`,
    subjects: [`$KV.${bucket}.>`],
    storage: StorageType.File,
    num_replicas: replicas,
    max_msgs_per_subject: 1,
    discard: DiscardPolicy.New,
    deny_delete: true,
    allow_rollup_hdrs: true,
    allow_direct: true,
  });
}
