import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';
import { S3Bucket, type S3Options } from '#stores/http-s3/s3-client';
import { hasRadosgw, startRadosgw } from '#test/support/radosgw';
import type { TestCredentials } from '#test/support/s3/signature';
import { startS3Server } from '#test/support/s3-server';

/** The servers that S3 tests can run against. */
export type TestS3Kind = 'S3_ENDPOINT' | 'radosgw' | 'the in-process server';

/** A server of S3 with a bucket, for tests. */
export interface TestS3 extends AsyncDisposable {
  readonly kind: TestS3Kind;
  /** What a connection to it is made of, with a prefix of its own each time. */
  options(changed?: Partial<S3Options>): S3Options;
  /** A plain client for what the registry does not do itself. */
  readonly client: S3Client;
  readonly bucketName: string;
  /** The keys of the uploads under a prefix that are neither completed nor aborted. */
  uploads(prefix: string): Promise<readonly string[]>;
}

interface Started {
  readonly endpoint: string;
  readonly credentials: TestCredentials;
  readonly bucketName: string;
  readonly stop: () => Promise<void>;
}

const LIMITS = {
  connectMs: 5_000,
  firstByteMs: 20_000,
  idleMs: 20_000,
  totalMs: 60_000,
  writeMs: 30_000,
  socketsMax: 32,
};

/** The servers that there are here: the one that was named, or else the real one and ours. */
export function testS3Kinds(): readonly TestS3Kind[] {
  if (process.env['S3_ENDPOINT'] !== undefined) return ['S3_ENDPOINT'];
  return hasRadosgw() ? ['radosgw', 'the in-process server'] : ['the in-process server'];
}

/** Opens the most real server that there is, or the one that is asked for, and says in the end which it was. */
export async function openTestS3(kind: TestS3Kind | undefined = testS3Kinds()[0]): Promise<TestS3> {
  if (kind === undefined) throw new Error('There is no S3 here');
  const { endpoint, credentials, bucketName, stop } = await start(kind);
  const region = process.env['S3_REGION'] ?? 'us-east-1';
  const shared = { endpoint, region, credentials };
  const client = new S3Client({ ...shared, forcePathStyle: true });
  if (kind === 'radosgw') await client.send(new CreateBucketCommand({ Bucket: bucketName }));
  return {
    kind,
    client,
    bucketName,
    options: (changed = {}) => ({
      ...shared,
      source: 'bucket',
      bucket: bucketName,
      prefix: `test-${newId()}`,
      pathStyle: true,
      limits: LIMITS,
      allowPrivateHosts: true,
      clock: systemClock,
      ...changed,
    }),
    async uploads(prefix) {
      const { Uploads: found = [] } = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucketName }),
      );
      return found.map(({ Key: key = '' }) => key).filter((key) => key.startsWith(prefix));
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await stop();
      console.log(`The S3 of these tests was ${kind === 'S3_ENDPOINT' ? endpoint : kind}`);
    },
  };
}

async function start(kind: TestS3Kind): Promise<Started> {
  switch (kind) {
    case 'S3_ENDPOINT':
      return {
        endpoint: setting('S3_ENDPOINT'),
        credentials: {
          accessKeyId: setting('S3_ACCESS_KEY_ID'),
          secretAccessKey: setting('S3_SECRET_ACCESS_KEY'),
        },
        bucketName: setting('S3_BUCKET'),
        stop: async () => {},
      };
    case 'radosgw': {
      const server = await startRadosgw();
      return {
        ...server,
        bucketName: 'atlas-test',
        stop: async () => server[Symbol.asyncDispose](),
      };
    }
    case 'the in-process server': {
      const server = await startS3Server();
      return { ...server, stop: async () => server[Symbol.asyncDispose]() };
    }
    default:
      return kind satisfies never;
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`Cannot test S3: ${name} is not set (want a value)`);
  return value;
}

/** Opens a connection of the registry's own kind. */
export function openBucket(s3: TestS3, changed: Partial<S3Options> = {}): S3Bucket {
  return new S3Bucket(s3.options(changed));
}
