import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chunksOf, freshBytes } from '#test/support/publisher-bed';
import { readPayload } from '#test/support/s3/read-payload';
import { type S3Server, startS3Server } from '#test/support/s3-server';

let server: S3Server;
let client: S3Client;

beforeEach(async () => {
  server = await startS3Server();
  const { endpoint, credentials } = server;
  const shared = { endpoint, credentials, region: 'us-east-1', forcePathStyle: true };
  client = new S3Client({ ...shared, requestStreamBufferSize: 65_536, maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  await server[Symbol.asyncDispose]();
});

/** Lets requests be changed after they were signed, as on the way. */
function changeOnTheWay(change: { body?: string; path?: string }): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      Object.assign(args.request as object, change);
      return await next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
}

describe('the S3 server of the tests', () => {
  it('takes the framing off a streamed body and checks its trailer', async () => {
    const { bytes } = freshBytes(300_000);
    const target = { Bucket: server.bucketName, Key: 'a' };
    const Body = Readable.from(chunksOf(bytes, 70_000));
    await client.send(new PutObjectCommand({ ...target, Body, ContentLength: bytes.length }));
    expect(server.bucket.get('a').bytes.equals(bytes)).toBe(true);
    const read = await client.send(new GetObjectCommand(target));
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true);
  });

  it('refuses bytes that are not those of their checksum', async () => {
    const ChecksumSHA256 = Buffer.alloc(32).toString('base64');
    const target = { Bucket: server.bucketName, Key: 'a' };
    const wrong = new PutObjectCommand({ ...target, Body: 'x', ChecksumSHA256 });
    await expect(client.send(wrong)).rejects.toMatchObject({ name: 'BadDigest' });
    const ContentMD5 = Buffer.alloc(16).toString('base64');
    const other = new PutObjectCommand({ ...target, Body: 'x', ContentMD5 });
    await expect(client.send(other)).rejects.toMatchObject({ name: 'BadDigest' });
    expect(server.bucket.objects.size).toBe(0);
  });

  it('refuses who is anonymous', async () => {
    server.bucket.put('a', Buffer.from('x'), false);
    const url = `${server.endpoint}/${server.bucketName}/a`;
    for (const method of ['GET', 'PUT', 'DELETE', 'POST'])
      expect((await fetch(url, { method })).status).toBe(403);
    expect(server.bucket.get('a').bytes.toString()).toBe('x');
  });

  it('refuses a body that was changed on the way', async () => {
    changeOnTheWay({ body: 'y' });
    const put = new PutObjectCommand({ Bucket: server.bucketName, Key: 'a', Body: 'x' });
    await expect(client.send(put)).rejects.toMatchObject({ name: 'XAmzContentSHA256Mismatch' });
    expect(server.bucket.objects.size).toBe(0);
  });

  it('refuses a key that was changed on the way', async () => {
    changeOnTheWay({ path: `/${server.bucketName}/b` });
    const put = new PutObjectCommand({ Bucket: server.bucketName, Key: 'a', Body: 'x' });
    await expect(client.send(put)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    expect(server.bucket.objects.size).toBe(0);
  });

  it.each(['a b', 'ä/ö', "it's (1)*!", 'a+b=c&d', 'a/../b', '%2e'])(
    'keeps the key %j as it is',
    async (Key) => {
      const target = { Bucket: server.bucketName, Key };
      await client.send(new PutObjectCommand({ ...target, Body: 'x' }));
      expect([...server.bucket.objects.keys()]).toEqual([Key]);
    },
  );

  describe('with chunks that are signed', () => {
    // The example of AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    const signatures = [
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ];
    const key = ['20130524', 'us-east-1', 's3', 'aws4_request'].reduce<Buffer>(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      Buffer.from('AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
    );
    const signed = {
      key,
      date: '20130524T000000Z',
      scope: '20130524/us-east-1/s3/aws4_request',
      signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
      contentSha256: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    };

    async function read(letter: string): Promise<Buffer> {
      const sizes = [65_536, 1_024, 0];
      const frames = sizes.map(
        (size, i) =>
          `${size.toString(16)};chunk-signature=${signatures[i]}\r\n${letter.repeat(size)}\r\n`,
      );
      const headers = { 'content-length': '66824', 'x-amz-decoded-content-length': '66560' };
      const request = Object.assign(Readable.from(frames.map((text) => Buffer.from(text))), {
        method: 'PUT',
        headers,
      });
      return await readPayload(request as unknown as IncomingMessage, signed);
    }

    it('takes them', async () => {
      expect((await read('a')).equals(Buffer.alloc(66_560, 'a'))).toBe(true);
    });

    it('refuses them when they were changed', async () => {
      await expect(read('b')).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    });
  });
});
