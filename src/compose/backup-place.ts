import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BackupPlace } from '#backup/backup-files';
import { type BackupKey, parseBackupKey } from '#backup/backup-key';
import { s3Limits } from '#compose/s3-limits';
import type { Setup } from '#compose/setup';
import { quote, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import type { Publisher } from '#stores/publisher';

const S3_URL = /^s3:\/\/([^/]+)(?:\/(.*))?$/;

export interface BackupPlaceOptions {
  /** A folder, or `s3://bucket/prefix` with region, endpoint and path style of the settings. */
  readonly at: string;
  /** The file with the key; without one nothing is encrypted. */
  readonly keyFile: string | undefined;
  /** Whether it is to be written. */
  readonly isWritten: boolean;
}

/** Opens where backups lie. @throws INVALID_REQUEST for the key, CANNOT_START for a key that cannot be read */
export async function openBackupPlace(
  setup: Setup,
  { at, keyFile, isWritten }: BackupPlaceOptions,
): Promise<BackupPlace> {
  const key = keyFile === undefined ? undefined : readKey(keyFile);
  const publisher = await openPublisher(setup, at);
  if (isWritten && publisher instanceof LocalfsPublisher) await publisher.removeLeftovers();
  return { files: publisher.files, key };
}

async function openPublisher({ config, releases }: Setup, at: string): Promise<Publisher> {
  const [, bucketName, prefix = ''] = S3_URL.exec(at) ?? [];
  if (bucketName === undefined) return new LocalfsPublisher(resolve(at));
  // Only where it is used: its SDK takes 20 MB.
  const { S3Bucket } = await import('#stores/http-s3/s3-client');
  const { S3Publisher } = await import('#stores/http-s3/s3-publisher');
  const bucket = new S3Bucket({
    source: 'backup',
    endpoint: config.s3Endpoint,
    region: config.s3Region,
    bucket: bucketName,
    prefix,
    pathStyle: config.s3PathStyle,
    limits: s3Limits(config),
    // Whoever runs the command has named the server.
    allowPrivateHosts: true,
    clock: systemClock,
  });
  const publisher = new S3Publisher({ bucket });
  releases.add('backup', () => publisher.close());
  return publisher;
}

function readKey(path: string): BackupKey {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (cause) {
    const is = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError('CANNOT_START', `Cannot read key ${quote(path)}: ${is}`, { cause });
  }
  return parseBackupKey(content);
}
