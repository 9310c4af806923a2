import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { HttpS3Store } from '#stores/http-s3/http-s3-store';
import { S3Transport } from '#stores/http-s3/s3-transport';
import type { TransportReply } from '#stores/http-s3/transport';
import type { Store } from '#stores/store';
import { someBytes, storeConformance } from '#test/support/store-conformance';
import type { StoreFolder } from '#test/support/store-folder';
import { openBucket, openTestS3, type TestS3, testS3Kinds } from '#test/support/test-s3';

const SOURCE = 'bucket';

/** Keeps the part of a bucket under a prefix equal to a folder, when it is told to. */
class Mirror {
  readonly #s3: TestS3;
  readonly #root: string;
  readonly #prefix: string;
  #digests = new Map<string, string>();
  #last: Promise<void> = Promise.resolve();

  constructor(s3: TestS3, root: string, prefix: string) {
    this.#s3 = s3;
    this.#root = root;
    this.#prefix = prefix;
  }

  async sync(): Promise<void> {
    const next = this.#last.then(async () => this.#copy());
    this.#last = next;
    await next;
  }

  async #copy(): Promise<void> {
    const found = new Map<string, string>();
    for (const entry of readdirSync(this.#root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const full = join(entry.parentPath, entry.name);
      const [path, bytes] = [full.slice(this.#root.length + 1), readFileSync(full)];
      found.set(path, sha256Of(bytes));
      if (found.get(path) !== this.#digests.get(path))
        await this.#s3.client.send(new PutObjectCommand({ ...this.#at(path), Body: bytes }));
    }
    for (const path of this.#digests.keys()) {
      if (!found.has(path)) await this.#s3.client.send(new DeleteObjectCommand(this.#at(path)));
    }
    this.#digests = found;
  }

  #at(path: string): { Bucket: string; Key: string } {
    return { Bucket: this.#s3.bucketName, Key: `${this.#prefix}/${path}` };
  }
}

/** A store over a bucket that always holds what the folder does. */
function serve(s3: TestS3, folder: StoreFolder): Store {
  const { prefix } = s3.options();
  const mirror = new Mirror(s3, folder.path, prefix);
  const transport = new S3Transport({ source: SOURCE, bucket: openBucket(s3, { prefix }) });
  return new HttpS3Store({
    source: SOURCE,
    transport: {
      async get(request) {
        await mirror.sync();
        return await transport.get(request);
      },
      close: async () => transport.close(),
    },
  });
}

async function textOf(reply: TransportReply): Promise<string> {
  if (reply.kind === 'not_modified') return reply.kind;
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

describe.each(testS3Kinds())('HttpS3Store and S3Transport over %s', (kind) => {
  let s3: TestS3;
  beforeAll(async () => {
    s3 = await openTestS3(kind);
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });

  storeConformance(`s3 over ${kind}`, (folder) => serve(s3, folder));

  async function holding(bytes: Uint8Array): Promise<S3Transport> {
    const { prefix } = s3.options();
    const at = { Bucket: s3.bucketName, Key: `${prefix}/a/b.json` };
    await s3.client.send(new PutObjectCommand({ ...at, Body: bytes }));
    return new S3Transport({ source: SOURCE, bucket: openBucket(s3, { prefix }) });
  }

  it('get() gives a file with its size and its entity tag, and not_modified for that tag', async () => {
    const bytes = someBytes(10_000);
    const transport = await holding(bytes);
    const reply = await transport.get({ path: 'a/b.json' });
    expect(reply).toMatchObject({ kind: 'file', bytes: 10_000, offset: 0 });
    expect(await textOf(reply)).toBe(bytes.toString('latin1'));
    const etag = reply.kind === 'file' ? reply.etag : undefined;
    expect(etag).toMatch(/^".+"$/);
    const same = await transport.get({ path: 'a/b.json', ifNoneMatch: etag });
    expect(same).toEqual({ kind: 'not_modified' });
    const other = await transport.get({ path: 'a/b.json', ifNoneMatch: '"another"' });
    expect(await textOf(other)).toBe(bytes.toString('latin1'));
    await transport.close();
  });

  it('get() begins at any offset up to the size, and refuses what is behind it', async () => {
    const transport = await holding(Buffer.from('0123456789'));
    for (const offset of [1, 9, 10]) {
      const reply = await transport.get({ path: 'a/b.json', offset });
      expect(reply).toMatchObject({ kind: 'file', bytes: 10, offset });
      expect(await textOf(reply)).toBe('0123456789'.slice(offset));
    }
    await expect(transport.get({ path: 'a/b.json', offset: 11 })).rejects.toMatchObject({
      class: 'validation',
      message: 'Cannot get "a/b.json" from source "bucket": it has 10 bytes (want at least 11)',
    });
    await transport.close();
  });

  it('get() of an empty file gives no bytes', async () => {
    const transport = await holding(Buffer.alloc(0));
    const reply = await transport.get({ path: 'a/b.json' });
    expect(reply).toMatchObject({ kind: 'file', bytes: 0 });
    expect(await textOf(reply)).toBe('');
    await transport.close();
  });

  it('get() of what is not there is not_found, at an offset and with a tag too', async () => {
    const transport = await holding(Buffer.from('x'));
    for (const more of [{}, { offset: 5 }, { ifNoneMatch: '"x"' }]) {
      await expect(transport.get({ path: 'a/c.json', ...more })).rejects.toMatchObject({
        class: 'not_found',
        source: SOURCE,
        message: 'Cannot get "a/c.json" from source "bucket": it is not there (NoSuchKey)',
      });
    }
    await transport.close();
  });

  it.each([
    ['a bucket that is not there', { bucket: 'nowhere-at-all' }, 'NoSuchBucket'],
    [
      'a wrong secret',
      { credentials: { accessKeyId: '', secretAccessKey: 'not-the-secret' } },
      'SignatureDoesNotMatch',
    ],
    [
      'an unknown key',
      { credentials: { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'not-the-secret' } },
      'InvalidAccessKeyId',
    ],
  ])('get() with %s is unavailable, and shows no secret', async (_what, changed, code) => {
    const options = s3.options(changed);
    const accessKeyId =
      options.credentials?.accessKeyId === ''
        ? (s3.options().credentials?.accessKeyId ?? '')
        : (options.credentials?.accessKeyId ?? '');
    const secretAccessKey = options.credentials?.secretAccessKey ?? '';
    const bucket = openBucket(s3, { ...changed, credentials: { accessKeyId, secretAccessKey } });
    const transport = new S3Transport({ source: SOURCE, bucket });
    const error: unknown = await transport.get({ path: 'a' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      class: 'unavailable',
      message: expect.stringMatching(new RegExp(`^Cannot get "a" from source "bucket": .*${code}`)),
    });
    expect(String(error)).not.toContain(secretAccessKey);
    await transport.close();
  });
});
