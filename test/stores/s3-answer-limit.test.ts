import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#flow/clock';
import { S3Bucket } from '#stores/http-s3/s3-client';
import { S3Transport } from '#stores/http-s3/s3-transport';
import { endlessAs, type RudeServer, startRudeServer } from '#test/support/rude-server';

const PATIENCE_MS = 40_000;

let server: RudeServer;
let bucket: S3Bucket;
beforeEach(async () => {
  server = await startRudeServer();
  bucket = new S3Bucket({
    source: 'far',
    endpoint: server.url.replace(/\/$/, ''),
    region: 'us-east-1',
    bucket: 'bucket',
    prefix: '',
    pathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    allowPrivateHosts: true,
    clock: systemClock,
    limits: {
      connectMs: PATIENCE_MS,
      firstByteMs: PATIENCE_MS,
      idleMs: PATIENCE_MS,
      totalMs: PATIENCE_MS,
      writeMs: PATIENCE_MS,
      socketsMax: 2,
    },
  });
});
afterEach(async () => {
  bucket.close();
  await server[Symbol.asyncDispose]();
});

describe('an answer of S3 without an end', () => {
  it('is given up at its limit, long before its time is over, and its connection is closed', async () => {
    const list = new ListObjectsV2Command({ Bucket: 'bucket' });
    const calls = [
      [500, async () => await new S3Transport({ source: 'far', bucket }).get({ path: 'a' })],
      [
        200,
        async () => await bucket.call((client, o) => client.send(list, o), { ms: PATIENCE_MS }),
      ],
      [
        403,
        async () => await bucket.call((client, o) => client.send(list, o), { ms: PATIENCE_MS }),
      ],
    ] as const;
    for (const [status, call] of calls) {
      server.behave(endlessAs(status));
      const started = performance.now();
      await expect(call()).rejects.toThrow(/the server answered|is larger than|access is refused/);
      expect(performance.now() - started).toBeLessThan(PATIENCE_MS / 2);
      await server.abandoned();
    }
  });
});
