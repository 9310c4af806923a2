import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#flow/clock';
import { S3Bucket, type S3Limits, type S3Options } from '#stores/http-s3/s3-client';
import { S3Transport } from '#stores/http-s3/s3-transport';
import { S3Fault } from '#test/support/s3/fault';
import { type S3Server, startS3Server } from '#test/support/s3-server';
import { eventually } from '#test/support/wait';

const LIMITS: S3Limits = {
  connectMs: 5_000,
  firstByteMs: 20_000,
  idleMs: 20_000,
  totalMs: 60_000,
  writeMs: 20_000,
  socketsMax: 4,
};

let server: S3Server;
let transport: S3Transport;

function optionsOf(changed: Partial<S3Options> = {}): S3Options {
  return {
    source: 'far',
    endpoint: server.endpoint,
    region: 'us-east-1',
    bucket: server.bucketName,
    prefix: 'store',
    pathStyle: true,
    credentials: server.credentials,
    limits: LIMITS,
    allowPrivateHosts: true,
    clock: systemClock,
    ...changed,
  };
}

function open(limits: Partial<S3Limits> = {}): S3Transport {
  const bucket = new S3Bucket(optionsOf({ limits: { ...LIMITS, ...limits } }));
  transport = new S3Transport({ source: 'far', bucket });
  return transport;
}

async function noneOpen(): Promise<void> {
  await eventually('no connection to be open', async () => (await server.connections()) === 0);
}

async function drain(path: string, options: { signal?: AbortSignal } = {}): Promise<number> {
  const reply = await transport.get({ path, ...options });
  let bytes = 0;
  if (reply.kind === 'file') for await (const chunk of reply.chunks) bytes += chunk.length;
  return bytes;
}

/** Begins an answer of 1,000 bytes, and gives 10 of them. */
function beginAnswer(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Length': '1000', ETag: '"x"' });
  response.write('0123456789');
}

beforeEach(async () => {
  server = await startS3Server();
  server.bucket.put('store/a', Buffer.alloc(5_000_000, 'a'), false);
  open();
});
afterEach(async () => {
  await transport.close();
  await server[Symbol.asyncDispose]();
});

describe('S3Transport', () => {
  it.each([
    [new S3Fault(503, 'SlowDown'), 'the server asks to slow down (SlowDown)'],
    [new S3Fault(500, 'InternalError'), 'the server answered 500 (InternalError)'],
    [new S3Fault(403, 'AccessDenied'), 'access is refused (AccessDenied)'],
    [new S3Fault(403, 'RequestTimeTooSkewed'), /the clocks of client and server differ/],
  ])('says what the server said: %s', async (fault, text) => {
    server.interfere = () => fault;
    const message = typeof text === 'string' ? expect.stringContaining(text) : undefined;
    await expect(drain('a')).rejects.toMatchObject({
      class: 'unavailable',
      isRetryable: true,
      message: message ?? expect.stringMatching(text),
    });
  });

  it('sends each request once: whoever calls knows whether to repeat it', async () => {
    server.interfere = () => new S3Fault(503, 'SlowDown');
    await expect(drain('a')).rejects.toMatchObject({ class: 'unavailable' });
    expect(server.requests).toHaveLength(1);
  });

  it('takes a page of a proxy for what its status says', async () => {
    server.interfere = (_request, response) => {
      response.writeHead(502, { 'Content-Type': 'text/html' }).end('<html><br>Bad gateway');
      return 'done';
    };
    const message = expect.stringContaining('the server answered 502');
    await expect(drain('a')).rejects.toMatchObject({ class: 'unavailable', message });
  });

  it.each([301, 302, 307, 308])('follows no redirect (%i) to another server', async (status) => {
    await using other = await startS3Server();
    server.interfere = (_request, response) => {
      const location = `${other.endpoint}/atlas-test/store/a`;
      response.writeHead(status, { Location: location, 'x-amz-bucket-region': 'eu-west-1' }).end();
      return 'done';
    };
    const message = expect.stringContaining(String(status));
    await expect(drain('a')).rejects.toMatchObject({ class: 'unavailable', message });
    expect([server.requests.length, other.requests.length]).toEqual([1, 0]);
  });

  it('a server that does not answer is a timeout, and its connection is closed', async () => {
    server.interfere = () => 'done';
    open({ firstByteMs: 100 });
    await expect(drain('a')).rejects.toMatchObject({
      class: 'timeout',
      message: 'Cannot get "a" from source "far": no answer came in 100 ms',
    });
    await noneOpen();
  });

  it('a body that stops coming is a timeout, and its connection is closed', async () => {
    server.interfere = (_request, response) => {
      beginAnswer(response);
      return 'done';
    };
    open({ idleMs: 100 });
    await expect(drain('a')).rejects.toMatchObject({
      class: 'timeout',
      message: 'Cannot get "a" from source "far": no more of the body came in 100 ms',
    });
    await noneOpen();
  });

  it('a body that drips for ever is a timeout', async () => {
    let dripping: NodeJS.Timeout | undefined;
    server.interfere = (_request, response) => {
      beginAnswer(response);
      dripping = setInterval(() => response.write('.'), 10);
      return 'done';
    };
    open({ totalMs: 300 });
    const message = expect.stringContaining('the body did not end in 300 ms');
    await expect(drain('a')).rejects.toMatchObject({ class: 'timeout', message });
    clearInterval(dripping);
    await noneOpen();
  });

  it('a body that is cut is a network error', async () => {
    server.interfere = (_request, response) => {
      beginAnswer(response);
      setImmediate(() => response.destroy());
      return 'done';
    };
    await expect(drain('a')).rejects.toMatchObject({ class: 'network' });
    await noneOpen();
  });

  it('an answer that is no HTTP is unavailable', async () => {
    server.interfere = (request) => {
      request.socket.end('hello\r\n\r\n');
      return 'done';
    };
    await expect(drain('a')).rejects.toMatchObject({ class: 'unavailable' });
  });

  it('a server that ignores ranges is unsupported, and its connection is closed', async () => {
    server.interfere = (_request, response) => {
      beginAnswer(response);
      return 'done';
    };
    await expect(transport.get({ path: 'a', offset: 5 })).rejects.toMatchObject({
      class: 'unsupported',
      message: expect.stringContaining('it comes from the beginning (want from byte 5 on)'),
    });
    await noneOpen();
  });

  it('another range than the one that was asked for is refused', async () => {
    server.interfere = (_request, response) => {
      response.writeHead(206, { 'Content-Range': 'bytes 0-9/10' }).end('0123456789');
      return 'done';
    };
    await expect(transport.get({ path: 'a', offset: 5 })).rejects.toMatchObject({
      class: 'validation',
      message: expect.stringContaining('its range is "bytes 0-9/10" (want from byte 5 on)'),
    });
  });

  it("the caller's abort ends a body with its reason, and closes the connection", async () => {
    const stop = new AbortController();
    const reply = await transport.get({ path: 'a', signal: stop.signal });
    const reading = (async () => {
      if (reply.kind === 'file')
        for await (const _ of reply.chunks) stop.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
    await noneOpen();
  });

  it("the caller's abort closes the connection of a body that nobody reads", async () => {
    const stop = new AbortController();
    const reply = await transport.get({ path: 'a', signal: stop.signal });
    expect(reply.kind).toBe('file');
    stop.abort(new Error('enough'));
    await noneOpen();
    await expect(drain('a', { signal: stop.signal })).rejects.toThrow('enough');
  });

  it("the caller's abort ends the wait for an answer, and closes the connection", async () => {
    const stop = new AbortController();
    server.interfere = () => {
      stop.abort(new Error('enough'));
      return 'done';
    };
    await expect(drain('a', { signal: stop.signal })).rejects.toThrow('enough');
    await noneOpen();
  });

  it('whoever stops to read closes the connection', async () => {
    const reply = await transport.get({ path: 'a' });
    if (reply.kind === 'file') for await (const _ of reply.chunks) break;
    await noneOpen();
  });
});

describe('S3Bucket', () => {
  it.each(['http://127.0.0.1:9000', 'http://localhost:9000', 'http://[::1]', 'http://10.1.2.3'])(
    'does not go to %s unless it is allowed to',
    (endpoint) => {
      const make = (): S3Bucket => new S3Bucket(optionsOf({ endpoint, allowPrivateHosts: false }));
      expect(make).toThrow(expect.objectContaining({ name: 'StoreError', class: 'validation' }));
    },
  );

  it('does not go to a private address behind a public name either', async () => {
    const bucket = new S3Bucket(
      optionsOf({
        endpoint: server.endpoint.replace('127.0.0.1', 'store.example'),
        allowPrivateHosts: false,
        resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      }),
    );
    const refused = new S3Transport({ source: 'far', bucket });
    await expect(refused.get({ path: 'a' })).rejects.toMatchObject({
      class: 'validation',
      message: expect.stringContaining('host "store.example" has the private address "127.0.0.1"'),
    });
    expect(server.requests).toEqual([]);
    await refused.close();
  });

  it('without credentials takes those of the environment, and says when there are none', async () => {
    const { accessKeyId, secretAccessKey } = server.credentials;
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    const ask = async (): Promise<unknown> => {
      const bucket = new S3Bucket(optionsOf({ credentials: undefined }));
      const asking = new S3Transport({ source: 'far', bucket });
      try {
        return await asking.get({ path: 'b' });
      } finally {
        await asking.close();
      }
    };
    await expect(ask()).rejects.toMatchObject({
      class: 'unavailable',
      message: 'Cannot get "b" from source "far": no credentials were found',
    });
    expect(server.requests).toEqual([]);
    vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
    await expect(ask()).rejects.toMatchObject({ class: 'not_found' });
    vi.unstubAllEnvs();
  });

  it.each(['', 'not a url', 'ftp://host', 'http://me:hidden@host', 'http://host/?a=hidden'])(
    'refuses the endpoint %j without showing it',
    (endpoint) => {
      const make = (): S3Bucket => new S3Bucket(optionsOf({ endpoint }));
      expect(make).toThrow(expect.objectContaining({ code: 'INVALID_SETTING' }));
      expect(make).not.toThrow(/hidden/);
    },
  );

  it('keeps to its limit of connections', async () => {
    const most: number[] = [];
    server.interfere = () => {
      void server.connections().then((count) => most.push(count));
      return 'pass';
    };
    const sizes = await Promise.all(Array.from({ length: 20 }, async () => drain('a')));
    expect(sizes).toEqual(sizes.map(() => 5_000_000));
    expect(Math.max(...most)).toBeLessThanOrEqual(LIMITS.socketsMax);
  });
});
