import type { Setup } from '#compose/setup';
import { systemClock } from '#flow/clock';
import type { Config } from '#ops/config/settings';
import type { S3Limits } from '#stores/http-s3/s3-client';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import type { Publisher } from '#stores/publisher';

const SOCKETS_MAX = 64;

/** The store that this registry writes to. */
export interface ArtifactStore {
  readonly publisher: Publisher;
  /** Where it is, for people. */
  readonly description: string;
  /** Whether other nodes see it too. */
  readonly isShared: boolean;
}

/** Opens the artifact store. @throws CANNOT_START when its bucket cannot be used */
export async function openArtifactStore(setup: Setup, folder: string): Promise<ArtifactStore> {
  const { config, logger, releases } = setup;
  if (config.store !== 's3' || config.s3Bucket === undefined) {
    const publisher = new LocalfsPublisher(folder);
    await publisher.removeLeftovers();
    return { publisher, description: folder, isShared: false };
  }
  // Only where it is used: its SDK takes 20 MB.
  const { S3Bucket } = await import('#stores/http-s3/s3-client');
  const { S3Publisher } = await import('#stores/http-s3/s3-publisher');
  const bucket = new S3Bucket({
    source: 'artifacts',
    endpoint: config.s3Endpoint,
    region: config.s3Region,
    bucket: config.s3Bucket,
    prefix: config.s3Prefix ?? '',
    pathStyle: config.s3PathStyle,
    limits: s3Limits(config),
    // Its operator has named the server: it is no address that came from elsewhere.
    allowPrivateHosts: true,
    clock: systemClock,
  });
  const publisher = new S3Publisher({ bucket });
  releases.add('artifact store', () => publisher.close());
  if (config.role !== 'reader') await publisher.probe();
  logger.debug({ bucket: config.s3Bucket }, 'the artifact store answers');
  const at = config.s3Endpoint === undefined ? '' : ` at ${config.s3Endpoint}`;
  const description = `s3://${config.s3Bucket}/${config.s3Prefix ?? ''}${at}`;
  return { publisher, description, isShared: true };
}

/** The limits of everything that speaks S3. */
export function s3Limits(config: Config): S3Limits {
  return {
    connectMs: config.storeConnectMs,
    firstByteMs: config.storeFirstByteMs,
    idleMs: config.storeIdleMs,
    totalMs: config.storeTotalMs,
    writeMs: config.storeTotalMs,
    socketsMax: SOCKETS_MAX,
  };
}
