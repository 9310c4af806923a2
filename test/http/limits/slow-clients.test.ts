import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRaw, type RawClient } from '#test/support/raw-client';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { openEvents } from '#test/support/sse';
import { eventually } from '#test/support/wait';

let started: TestRegistry;
let url: string;
beforeAll(async () => {
  started = await startTestRegistry({
    ATLAS_HEADERS_TIMEOUT_MS: '1000',
    ATLAS_BODY_PACE_MS: '1000',
    ATLAS_BODY_BYTES_PER_SECOND_MIN: '1000',
    ATLAS_ANSWER_STALL_MS: '1500',
    ATLAS_HEARTBEAT_MS: '60000',
  });
  ({ url } = started.registry);
});
afterAll(async () => await started[Symbol.asyncDispose]());

const artifactUrl = (digest: string): string =>
  `${url}/store/artifacts/sha256/${digest.slice(0, 2)}/${digest}`;

/** Writes a byte now and then until the connection is closed. */
function drip(client: RawClient, bytes: string, everyMs = 100): void {
  let at = 0;
  const timer = setInterval(() => {
    client.write(bytes[at % bytes.length] ?? '');
    at += 1;
  }, everyMs);
  void client.closed.then(() => clearInterval(timer));
}

async function expectTimeout(client: RawClient): Promise<void> {
  const { status, json, headers } = await client.answer();
  expect([status, json?.code, json?.retryable]).toEqual([408, 'REQUEST_TIMEOUT', true]);
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['connection']).toBe('close');
}

describe('a client that is too slow is told 408 and its connection is closed', () => {
  it('which drips its headers', async () => {
    using client = openRaw(url);
    client.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n');
    drip(client, 'X-Y: abcdefgh\r\n');
    await expectTimeout(client);
  });

  it('which connects and says nothing', async () => {
    using client = openRaw(url);
    await expectTimeout(client);
  });

  it('which drips a JSON body', async () => {
    using client = openRaw(url);
    client.write(
      'POST /registry/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"a":"',
    );
    drip(client, 'x');
    await expectTimeout(client);
  });

  it('which drips an upload, of which nothing stays', async () => {
    using client = openRaw(url);
    const digest = createHash('sha256').update('never').digest('hex');
    client.write(
      `PUT /registry/artifacts/${digest} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    drip(client, '1\r\nx\r\n', 20);
    await expectTimeout(client);
    expect((await fetch(artifactUrl(digest))).status).toBe(404);
  });

  it('however many there are: others are answered meanwhile', async () => {
    const clients = Array.from({ length: 300 }, () => openRaw(url));
    for (const client of clients) {
      client.write('POST /registry/datasets HTTP/1.1\r\nHost: localhost\r\n');
      drip(client, 'A: b\r\n', 250);
    }
    const times: number[] = [];
    for (let index = 0; index < 50; index += 1) {
      const began = performance.now();
      expect((await fetch(`${url}/registry/datasets`)).status).toBe(200);
      times.push(performance.now() - began);
    }
    expect(Math.max(...times)).toBeLessThan(1_000);
    await Promise.all(clients.map(async ({ closed }) => closed));
    for (const client of clients) client[Symbol.dispose]();
  });
});

describe('a client that is not too slow', () => {
  it('may upload for longer than any deadline, at a modest pace', async () => {
    using client = openRaw(url);
    const parts = Array.from({ length: 20 }, () => randomBytes(500));
    const digest = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
    client.write(
      `PUT /registry/artifacts/${digest} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 10000\r\n\r\n`,
    );
    const timer = setInterval(() => {
      const part = parts.shift();
      if (part === undefined) clearInterval(timer);
      else client.write(part);
    }, 200);
    expect((await client.answer()).status).toBe(201);
  });

  it('may follow quiet events for longer than any deadline', async () => {
    const events = await openEvents(`${url}/registry/events`);
    let isOver = false;
    void events.ended.then(() => {
      isOver = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect([events.status, isOver]).toEqual([200, false]);
    events.close();
    await events.ended;
  });
});

it('a client that takes nothing of its answer is cut off', async () => {
  const bytes = randomBytes(64 * 1_048_576);
  const digest = createHash('sha256').update(bytes).digest('hex');
  const put = await fetch(`${url}/registry/artifacts/${digest}`, { method: 'PUT', body: bytes });
  expect(put.status).toBe(201);
  expect((await fetch(artifactUrl(digest), { method: 'HEAD' })).status).toBe(200);
  using client = openRaw(url);
  client.socket.pause();
  client.write(`GET ${new URL(artifactUrl(digest)).pathname} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const before = performance.now();
  await eventually('the end of the connection', async () => {
    client.socket.write('\r\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    return client.socket.destroyed || client.socket.errored !== null;
  });
  expect(performance.now() - before).toBeGreaterThan(1_000);
});
