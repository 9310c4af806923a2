import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#flow/clock';
import { S3Bucket, type S3Limits } from '#stores/http-s3/s3-client';
import { S3Publisher } from '#stores/http-s3/s3-publisher';
import { artifactPath } from '#stores/layout';
import { chunksOf, freshBytes, ROOMY } from '#test/support/publisher-bed';
import { S3Fault } from '#test/support/s3/fault';
import { type S3Server, startS3Server } from '#test/support/s3-server';

const PART_BYTES = 5_242_880;
const LIMITS: S3Limits = {
  connectMs: 5_000,
  firstByteMs: 20_000,
  idleMs: 20_000,
  totalMs: 60_000,
  writeMs: 20_000,
  socketsMax: 8,
};

let server: S3Server;
let publisher: S3Publisher;

function open(limits: Partial<S3Limits> = {}): S3Publisher {
  const bucket = new S3Bucket({
    source: 'bucket',
    endpoint: server.endpoint,
    region: 'us-east-1',
    bucket: server.bucketName,
    prefix: '',
    pathStyle: true,
    credentials: server.credentials,
    limits: { ...LIMITS, ...limits },
    allowPrivateHosts: true,
    clock: systemClock,
  });
  publisher = new S3Publisher({ bucket, partBytes: PART_BYTES });
  return publisher;
}

/** Answers the first requests that fit with a fault. */
function failing(pattern: RegExp, fault: S3Fault, times = Number.POSITIVE_INFINITY): void {
  let left = times;
  server.interfere = ({ method, url }) => {
    if (left <= 0 || !pattern.test(`${method} ${url}`)) return 'pass';
    left -= 1;
    return fault;
  };
}

function nothingIsLeft(): void {
  expect([...server.bucket.objects.keys()]).toEqual([]);
  expect(server.bucket.uploads.size).toBe(0);
}

beforeEach(async () => {
  server = await startS3Server();
  open();
});
afterEach(async () => {
  await publisher.close();
  await server[Symbol.asyncDispose]();
});

describe('S3Publisher', () => {
  it('probe() refuses a server that ignores If-None-Match, and leaves nothing behind', async () => {
    server.interfere = () => 'ignore-conditions';
    await expect(publisher.probe()).rejects.toMatchObject({
      code: 'CANNOT_START',
      message:
        'Cannot write to bucket "atlas-test": it ignores If-None-Match, so that of two who create one file both win ' +
        '(want a server that refuses the second)',
    });
    nothingIsLeft();
  });

  it('probe() refuses a server that does not know If-None-Match or must not be written to', async () => {
    failing(/^PUT /, new S3Fault(501, 'NotImplemented'));
    await expect(publisher.probe()).rejects.toMatchObject({ code: 'CANNOT_START' });
    failing(/^PUT /, new S3Fault(403, 'AccessDenied'));
    await expect(publisher.probe()).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: 'Cannot write to bucket "atlas-test": access is refused (AccessDenied)',
    });
  });

  it('probe() of a server that cannot now is STORE_UNAVAILABLE', async () => {
    failing(/^PUT /, new S3Fault(500, 'InternalError'));
    const unavailable = { code: 'STORE_UNAVAILABLE', outcome: 'not-applied', retryAfterSeconds: 5 };
    await expect(publisher.probe()).rejects.toMatchObject(unavailable);
  });

  it('put() sends what fits into one part in one piece, and more in equal parts', async () => {
    const small = freshBytes(PART_BYTES);
    await publisher.put(small.sha256, chunksOf(small.bytes), ROOMY);
    const { pathname } = new URL(artifactPath(small.sha256), 'http://host/atlas-test/');
    expect(server.requests.map((line) => line.replace('?x-id=PutObject', ''))).toEqual([
      `HEAD ${pathname}`,
      `PUT ${pathname}`,
    ]);
    const sizes: string[] = [];
    server.interfere = ({ method, url, headers }) => {
      if (method === 'PUT' && url?.includes('partNumber') === true)
        sizes.push(headers['content-length'] ?? '');
      return 'pass';
    };
    const large = freshBytes(2 * PART_BYTES + 1);
    await publisher.put(large.sha256, chunksOf(large.bytes), ROOMY);
    expect(sizes).toEqual([String(PART_BYTES), String(PART_BYTES), '1']);
    expect(server.bucket.uploads.size).toBe(0);
  });

  it('put() makes parts so large that S3 takes as many as the largest body needs', async () => {
    const { bytes, sha256 } = freshBytes(6_000_000);
    await publisher.put(sha256, chunksOf(bytes), { bytesMax: 60_000_000_000 });
    expect(server.requests.filter((line) => line.startsWith('POST'))).toEqual([]);
  });

  it.each([1, 2, 3])('put() whose part %i is refused leaves nothing', async (number) => {
    failing(new RegExp(`partNumber=${number}&`), new S3Fault(500, 'InternalError'));
    const { bytes, sha256 } = freshBytes(12_000_000);
    await expect(publisher.put(sha256, chunksOf(bytes), ROOMY)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      outcome: 'not-applied',
      message: `Cannot write artifact "${sha256}": the server answered 500 (InternalError)`,
    });
    nothingIsLeft();
  });

  it('put() whose part is never acknowledged gives up, and leaves nothing', async () => {
    open({ writeMs: 200 });
    server.interfere = ({ url }) => (url?.includes('partNumber=2') === true ? 'done' : 'pass');
    const { bytes, sha256 } = freshBytes(12_000_000);
    const message = expect.stringContaining('no answer came in 200 ms');
    const late = { code: 'STORE_UNAVAILABLE', message };
    await expect(publisher.put(sha256, chunksOf(bytes), ROOMY)).rejects.toMatchObject(late);
    nothingIsLeft();
  });

  it('put() whose completion answers 200 and then an error is an error, and leaves nothing', async () => {
    server.interfere = ({ method, url }, response) => {
      if (method !== 'POST' || url?.includes('uploadId') !== true) return 'pass';
      response.writeHead(200, { 'Content-Type': 'application/xml' });
      response.end('<?xml version="1.0"?>\n<Error><Code>InternalError</Code></Error>');
      return 'done';
    };
    const { bytes, sha256 } = freshBytes(12_000_000);
    const refused = {
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('InternalError'),
    };
    await expect(publisher.put(sha256, chunksOf(bytes), ROOMY)).rejects.toMatchObject(refused);
    nothingIsLeft();
  });

  it('put() that breaks off repeats an abort that failed, so that nothing is left', async () => {
    failing(/^DELETE /, new S3Fault(500, 'InternalError'), 2);
    const { bytes, sha256 } = freshBytes(12_000_000);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* chunksOf(bytes);
      throw new Error('the client went away');
    }
    await expect(publisher.put(sha256, broken(), ROOMY)).rejects.toThrow('the client went away');
    nothingIsLeft();
  });

  it('put() never replaces what another one has stored meanwhile', async () => {
    for (const length of [1_000, 12_000_000]) {
      const { bytes, sha256 } = freshBytes(length);
      const path = artifactPath(sha256);
      async function* overtaken(): AsyncGenerator<Uint8Array> {
        yield* chunksOf(bytes);
        server.bucket.put(path, bytes, true);
      }
      const put = await publisher.put(sha256, overtaken(), ROOMY);
      expect(put).toEqual({ bytes: length, existing: true });
      expect(server.bucket.get(path).etag).not.toContain('-');
      expect(server.bucket.uploads.size).toBe(0);
    }
  });

  it('put() whose completion meets another one takes what that one has stored', async () => {
    const { bytes, sha256 } = freshBytes(12_000_000);
    const conflict = new S3Fault(409, 'ConditionalRequestConflict');
    failing(/^POST .*uploadId/, conflict);
    const unavailable = {
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('ConditionalRequestConflict'),
    };
    await expect(publisher.put(sha256, chunksOf(bytes), ROOMY)).rejects.toMatchObject(unavailable);
    nothingIsLeft();
    let looks = 0;
    server.interfere = ({ method, url }) => {
      if (method === 'POST' && url?.includes('uploadId') === true) return conflict;
      if (method === 'HEAD') looks += 1;
      if (looks === 4) server.bucket.put(artifactPath(sha256), bytes, false);
      return 'pass';
    };
    const put = await publisher.put(sha256, chunksOf(bytes), ROOMY);
    expect(put).toEqual({ bytes: bytes.length, existing: true });
    expect(server.bucket.uploads.size).toBe(0);
  });

  it('put() reads no further than two parts ahead of the server', async () => {
    open({ writeMs: 300 });
    server.interfere = ({ url }) => (url?.includes('partNumber=1') === true ? 'done' : 'pass');
    const { bytes, sha256 } = freshBytes(30_000_000);
    let given = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunksOf(bytes)) {
        given += chunk.length;
        yield chunk;
      }
    }
    const late = { code: 'STORE_UNAVAILABLE' };
    await expect(publisher.put(sha256, counted(), ROOMY)).rejects.toMatchObject(late);
    expect(given).toBeLessThanOrEqual(2 * PART_BYTES + 65_536);
    nothingIsLeft();
  });

  it('files.list() refuses a page that is cut off and names no next one', async () => {
    server.interfere = (_request, response) => {
      const page = '<Contents><Key>a/b</Key></Contents><IsTruncated>true</IsTruncated>';
      response.writeHead(200, { 'Content-Type': 'application/xml' });
      response.end(`<?xml version="1.0"?><ListBucketResult>${page}</ListBucketResult>`);
      return 'done';
    };
    const message = 'Cannot list file "a": the answer is cut off and names no next page';
    await expect(publisher.files.list('a')).rejects.toMatchObject({ message });
  });

  it('files.create() tries again after a conflict, and gives up when there is no end to them', async () => {
    failing(/^PUT /, new S3Fault(409, 'ConditionalRequestConflict'), 3);
    expect(await publisher.files.create('a', Buffer.from('x'))).toBe(true);
    failing(/^PUT /, new S3Fault(409, 'ConditionalRequestConflict'));
    await expect(publisher.files.create('b', Buffer.from('x'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      outcome: 'not-applied',
      message: expect.stringContaining('ConditionalRequestConflict'),
    });
  });

  it('a write whose answer is lost is unknown, one that was refused is not applied', async () => {
    server.interfere = (request) => {
      request.socket.destroy();
      return 'done';
    };
    const { files } = publisher;
    const body = Buffer.from('x');
    const writes = [
      async () => files.create('a', body),
      async () => files.replace('a', body),
      async () => files.remove('a'),
    ];
    const away = { code: 'STORE_UNAVAILABLE', retryAfterSeconds: 5 };
    for (const write of writes)
      await expect(write()).rejects.toMatchObject({ ...away, outcome: 'unknown' });
    failing(/./, new S3Fault(503, 'SlowDown'));
    for (const write of writes)
      await expect(write()).rejects.toMatchObject({ ...away, outcome: 'not-applied' });
  });

  it('files.read() stops at its limit, also when the server says no size', async () => {
    server.interfere = (_request, response) => {
      response.writeHead(200);
      response.write('0123456789');
      return 'done';
    };
    const message = 'Cannot read file "a": it has 10 bytes (want at most 9)';
    await expect(publisher.files.read('a', 9)).rejects.toMatchObject({ message });
  });

  it('errors carry neither a signature nor a token, however deep one looks', async () => {
    failing(/./, new S3Fault(503, 'SlowDown'));
    const error: unknown = await publisher.files.read('a', 9).catch((reason: unknown) => reason);
    const shown = inspect(error, { depth: 20, showHidden: true });
    expect(shown).toContain('SlowDown');
    expect(shown).not.toMatch(/signature|authorization|AKIA/i);
  });

  it('refuses parts that S3 does not take', () => {
    const make = (): S3Publisher =>
      new S3Publisher({ bucket: {} as S3Bucket, partBytes: PART_BYTES - 1 });
    expect(make).toThrow(RangeError);
  });
});
