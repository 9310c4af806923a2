import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { S3Bucket } from '#stores/http-s3/s3-client';
import { S3Publisher } from '#stores/http-s3/s3-publisher';
import {
  chunksOf,
  freshBytes,
  type PublisherBed,
  ROOMY,
  readArtifact,
} from '#test/support/publisher-bed';
import { publisherConformance } from '#test/support/publisher-conformance';
import type { S3PublishTask } from '#test/support/s3-publish-child';
import { openBucket, openTestS3, type TestS3, testS3Kinds } from '#test/support/test-s3';

const CHILD = join(import.meta.dirname, '../../dist/test/support/s3-publish-child.js');
const PART_BYTES = 5_242_880;

async function keysUnder(s3: TestS3, prefix: string): Promise<string[]> {
  const listed = await s3.client.send(
    new ListObjectsV2Command({ Bucket: s3.bucketName, Prefix: `${prefix}/` }),
  );
  return (listed.Contents ?? []).map(({ Key: key = '' }) => key.slice(prefix.length + 1));
}

function openBed(s3: TestS3): PublisherBed {
  const { prefix } = s3.options();
  const [publisher, other] = [0, 1].map(
    () => new S3Publisher({ bucket: openBucket(s3, { prefix }), partBytes: PART_BYTES }),
  );
  if (publisher === undefined || other === undefined) throw new Error('There are two');
  return {
    publisher,
    other,
    async everything() {
      const uploads = await s3.uploads(prefix);
      return [...(await keysUnder(s3, prefix)), ...uploads.map((key) => `upload of ${key}`)];
    },
    async [Symbol.asyncDispose]() {
      await publisher.close();
      await other.close();
    },
  };
}

describe.each(testS3Kinds())('S3Publisher over %s', (kind) => {
  let s3: TestS3;
  beforeAll(async () => {
    s3 = await openTestS3(kind);
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });

  publisherConformance(`s3 over ${kind}`, async () => openBed(s3));

  it('probe() takes the server, and leaves nothing behind', async () => {
    const { prefix } = s3.options();
    const publisher = new S3Publisher({ bucket: openBucket(s3, { prefix }) });
    await publisher.probe();
    expect(await keysUnder(s3, prefix)).toEqual([]);
    await publisher.close();
  });

  it('files.list() gives more files than one answer of the server holds', async () => {
    const bed = openBed(s3);
    const names = Array.from({ length: 1_050 }, (_, i) => String(i).padStart(5, '0'));
    for (let at = 0; at < names.length; at += 50) {
      const some = names.slice(at, at + 50);
      await Promise.all(
        some.map(async (name) => bed.publisher.files.create(`many/${name}`, Buffer.from(name))),
      );
    }
    expect(await bed.publisher.files.list('many')).toEqual(names);
    await bed[Symbol.asyncDispose]();
  });

  it.each([
    ['a wrong secret', { secretAccessKey: 'not-the-secret' }, /SignatureDoesNotMatch/],
    ['an unknown key', { accessKeyId: 'AKIAUNKNOWNUNKNOWN00' }, /InvalidAccessKeyId/],
  ])('probe() refuses to start with %s, and shows no secret', async (_what, wrong, code) => {
    const { credentials } = s3.options();
    if (credentials === undefined) throw new Error('The test has credentials');
    const bucket = openBucket(s3, { credentials: { ...credentials, ...wrong } });
    const publisher = new S3Publisher({ bucket });
    const { bytes, sha256 } = freshBytes(10);
    const error: unknown = await publisher.probe().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'CANNOT_START',
      message: expect.stringMatching(/^Cannot write to bucket ".*": the credentials are refused/),
    });
    expect(error).toMatchObject({ message: expect.stringMatching(code) });
    expect(JSON.stringify(error)).not.toContain('secret');
    await expect(publisher.files.create('a', bytes)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      outcome: 'not-applied',
      retryAfterSeconds: 5,
      message: expect.stringMatching(code),
    });
    await expect(publisher.put(sha256, chunksOf(bytes), ROOMY)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('(403)'),
    });
    await publisher.close();
  });

  it('probe() refuses to start with a bucket that is not there', async () => {
    const publisher = new S3Publisher({ bucket: openBucket(s3, { bucket: 'nowhere-at-all' }) });
    await expect(publisher.probe()).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: 'Cannot write to bucket "nowhere-at-all": the bucket is not there (NoSuchBucket)',
    });
    await publisher.close();
  });

  it('put() that is killed in mid multipart shows nothing, and the next one stores it', async () => {
    const { prefix } = s3.options();
    const bed = openBed(s3);
    const bytes = Buffer.alloc(3 * PART_BYTES, prefix);
    const sha256 = sha256Of(bytes);
    const { clock: _clock, ...options } = s3.options({ prefix });
    const task: S3PublishTask = { options, sha256, bytes: bytes.length - 1, fill: prefix };
    const writer = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(writer, 'exit');
    const half = once(writer.stdout, 'data').then(() => 'half');
    expect(await Promise.race([half, exit])).toBe('half');
    writer.kill('SIGKILL');
    await exit;
    expect(await s3.uploads(prefix)).toHaveLength(1);
    expect(await keysUnder(s3, prefix)).toEqual([]);
    await bed[Symbol.asyncDispose]();
    const next = new S3Publisher({ bucket: openBucket(s3, { prefix }), partBytes: PART_BYTES });
    expect(await next.stat(sha256)).toBeUndefined();
    const put = await next.put(sha256, chunksOf(bytes), ROOMY);
    expect(put).toEqual({ bytes: bytes.length, existing: false });
    expect((await readArtifact(next, sha256)).equals(bytes)).toBe(true);
    await next.close();
  });

  it('a server that is not there is STORE_UNAVAILABLE', async () => {
    const publisher = new S3Publisher({
      bucket: new S3Bucket(s3.options({ endpoint: 'http://127.0.0.1:1' })),
    });
    const { bytes, sha256 } = freshBytes(10);
    const unavailable = { code: 'STORE_UNAVAILABLE', retryAfterSeconds: 5 };
    await expect(publisher.probe()).rejects.toMatchObject(unavailable);
    await expect(publisher.stat(sha256)).rejects.toMatchObject(unavailable);
    await expect(publisher.put(sha256, chunksOf(bytes), ROOMY)).rejects.toMatchObject(unavailable);
    await expect(readArtifact(publisher, sha256)).rejects.toMatchObject(unavailable);
    await expect(publisher.files.list('a')).rejects.toMatchObject(unavailable);
    await publisher.close();
  });
});
