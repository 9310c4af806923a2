import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type ComposeFile, serviceOf } from '#test/support/deploy/compose-file';
import { hasRadosgw, startRadosgw } from '#test/support/radosgw';
import { startS3Server } from '#test/support/s3-server';

/** A server of S3 that knows the account of MinIO in the compose file and has its buckets. */
export interface MinioStandIn extends AsyncDisposable {
  readonly endpoint: string;
}

/**
 * Starts radosgw, or where that is not installed the tests' own server, with the account that MinIO would have, and does what the
 * service `buckets` would do. The tests' own server has one bucket alone: the one that is named.
 */
export async function startMinioStandIn(
  compose: ComposeFile,
  bucketName: string,
): Promise<MinioStandIn> {
  const { MINIO_ROOT_USER = '', MINIO_ROOT_PASSWORD = '' } =
    serviceOf(compose, 'minio').environment ?? {};
  const credentials = { accessKeyId: MINIO_ROOT_USER, secretAccessKey: MINIO_ROOT_PASSWORD };
  const names = bucketsOf(compose);
  if (!hasRadosgw()) return await startS3Server({ credentials, bucketName });
  const server = await startRadosgw(credentials);
  const maker = new URL(serviceOf(compose, 'buckets').environment?.['MC_HOST_store'] ?? '');
  const client = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: maker.username, secretAccessKey: maker.password },
    forcePathStyle: true,
  });
  for (const Bucket of names) await client.send(new CreateBucketCommand({ Bucket }));
  client.destroy();
  return server;
}

/** The buckets that `mc mb --ignore-existing store/a store/b` makes. */
export function bucketsOf(compose: ComposeFile): readonly string[] {
  const [verb, flag, ...targets] = serviceOf(compose, 'buckets').command ?? [];
  if (verb !== 'mb' || flag !== '--ignore-existing') throw new Error('Not a command that is known');
  return targets.map((target) => target.replace(/^store\//, ''));
}
