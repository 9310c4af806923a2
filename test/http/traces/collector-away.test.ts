import { describe, expect, it } from 'vitest';
import { startRegistry } from '#compose/start-registry';
import { newId } from '#flow/new-id';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';
import { Api } from '#test/support/api';
import { startOtlpReceiver } from '#test/support/otlp-receiver';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const NOBODY = 'http://127.0.0.1:1';
const REQUESTS = 40;
// What a request waits for by itself is far below; a collector is given 5 s.
const REQUEST_MS_MAX = 3_000;

/** A registry that traces everything, and the lines that it writes. */
async function startTraced(endpoint: string, rest: Readonly<Record<string, string>> = {}) {
  const folder = tempFolder();
  const lines: string[] = [];
  const config = readConfig({
    PATH: process.env['PATH'],
    BIND_ADDR: '127.0.0.1:0',
    ATLAS_DATA_DIR: folder.path,
    ATLAS_TRACES_ENDPOINT: endpoint,
    ATLAS_TRACES_RATIO: '1',
    ATLAS_TRACES_PER_SECOND_MAX: '100000',
    ATLAS_TRACES_HEADERS: 'authorization=hunter2',
    ...rest,
  });
  const logger = createLogger('warn', { write: (line) => void lines.push(line) });
  const registry = await startRegistry(config, logger);
  await registry.ready(20_000);
  return {
    api: new Api(registry.url),
    lost: () => lines.filter((line) => line.includes('traces were lost')),
    close: () => registry.close(),
    async [Symbol.asyncDispose]() {
      await registry.close();
      folder[Symbol.dispose]();
    },
  };
}

/** Writes and reads; gives the longest time that one request took, ms. */
async function slowest(api: Api): Promise<number> {
  let longest = 0;
  for (let i = 0; i < REQUESTS; i += 1) {
    const began = performance.now();
    const body = { name: `a/${newId()}`, schema_fingerprint: 'fp' };
    const answer =
      i % 2 === 0 ? await api.get('/catalog') : await api.post('/registry/datasets', body);
    expect(answer.status).toBeLessThan(300);
    longest = Math.max(longest, performance.now() - began);
  }
  return longest;
}

describe('a collector that', () => {
  it('is not there makes no request slower and none fail, and is told of once', async () => {
    await using traced = await startTraced(NOBODY);
    expect(await slowest(traced.api)).toBeLessThan(REQUEST_MS_MAX);
    await eventually('a word about it', () => traced.lost().length > 0);
    expect(await slowest(traced.api)).toBeLessThan(REQUEST_MS_MAX);
    expect(traced.lost()).toHaveLength(1);
    expect(JSON.parse(traced.lost()[0] ?? '')).toMatchObject({
      level: 'warn',
      part: 'traces',
      unsent: expect.any(Number),
    });
    expect(traced.lost().join('')).not.toContain('hunter2');
  });

  it('refuses what it gets is told of once, and gets what comes when it takes it again', async () => {
    await using receiver = await startOtlpReceiver();
    receiver.behaviour = 'refuse';
    await using traced = await startTraced(receiver.url);
    expect(await slowest(traced.api)).toBeLessThan(REQUEST_MS_MAX);
    await eventually('a word about it', () => traced.lost().length > 0);
    receiver.behaviour = 'take';
    await slowest(traced.api);
    await eventually('traces', () => receiver.spans.length > 0);
    expect(traced.lost()).toHaveLength(1);
  });

  it('never answers makes no request slower, and no end later than its time', async () => {
    await using receiver = await startOtlpReceiver();
    receiver.behaviour = 'hang';
    await using traced = await startTraced(receiver.url, { ATLAS_SHUTDOWN_GRACE_MS: '1000' });
    expect(await slowest(traced.api)).toBeLessThan(REQUEST_MS_MAX);
    await eventually('a request to it', () => receiver.headers.length > 0);
    expect(await slowest(traced.api)).toBeLessThan(REQUEST_MS_MAX);
    const began = performance.now();
    await traced.close();
    // The broker and the views end within it too.
    expect(performance.now() - began).toBeLessThan(8_000);
    expect(traced.lost().length).toBeGreaterThan(0);
  });

  it('is slow gets what was under way when the node is ended', async () => {
    await using receiver = await startOtlpReceiver();
    await using traced = await startTraced(receiver.url);
    const answer = await traced.api.get('/catalog');
    await traced.close();
    const traceId = answer.headers.get('atlas-trace-id') ?? '';
    expect(receiver.trace(traceId).map(({ name }) => name)).toEqual(['GET /catalog']);
    expect(traced.lost()).toEqual([]);
  });
});

it('traces that senders ask for are bounded: no more begin in a second than may', async () => {
  await using receiver = await startOtlpReceiver();
  await using traced = await startTraced(receiver.url, { ATLAS_TRACES_PER_SECOND_MAX: '5' });
  const began = performance.now();
  const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => traced.api.send('/healthz', { headers: { traceparent } })),
  );
  const seconds = Math.ceil((performance.now() - began) / 1_000) + 1;
  const recorded = answers.filter(({ headers }) => headers.has('atlas-trace-id'));
  expect(recorded.length).toBeGreaterThan(0);
  expect(recorded.length).toBeLessThanOrEqual(5 * seconds);
});
