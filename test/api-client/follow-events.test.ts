import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { AtlasClient } from '#api-client/atlas-client';
import { ResponseError } from '#api-client/errors';
import { type EventMessage, eventMessages } from '#api-client/event-messages';
import type { RegistryEvent } from '#api-client/follow-events';
import { newId } from '#flow/new-id';
import { type Fault, faultProxy } from '#test/api-client/fault-proxy';
import { startProcess } from '#test/support/process';
import { startTestRegistry } from '#test/support/registry';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

async function register(client: AtlasClient, count: number): Promise<number[]> {
  const positions: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const body = { name: `e/${newId()}`, schema_fingerprint: 'fp' };
    positions.push((await client.call('registerDataset', { body })).position ?? 0);
  }
  return positions;
}

function follow(client: AtlasClient, from?: number) {
  const stop = new AbortController();
  const events: RegistryEvent[] = [];
  const interruptions: string[] = [];
  const ended = (async () => {
    const options = {
      from,
      signal: stop.signal,
      onInterruption: ({ message }: Error) => void interruptions.push(message),
    };
    for await (const event of client.events(options)) events.push(event);
  })();
  return { stop, events, ended, interruptions };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('AtlasClient.events()', () => {
  it('gives every event once and in order although connections are cut all the time', async () => {
    await using registry = await startTestRegistry();
    const faults: readonly Fault[] = [
      { cutAfterBytes: 900 },
      'cut-before',
      { status: 503, headers: { 'Retry-After': '0' } },
      { cutAfterBytes: 1_500 },
      { cutAfterBytes: 10 },
    ];
    let next = 0;
    await using proxy = await faultProxy(registry.api.url, ({ path }) =>
      path.includes('/events') ? (faults[next++ % 20] ?? 'none') : 'none',
    );
    const tenant = `t${newId()}`;
    const writer = new AtlasClient({ url: registry.api.url, tenant });
    const positions = await register(writer, 10);
    const reader = new AtlasClient({ url: proxy.url, tenant, retry: { pauseMs: 5 } });
    const { stop, events, ended, interruptions } = follow(reader, 1);
    await eventually('the old events', () => events.length >= 10);
    positions.push(...(await register(writer, 5)));
    await eventually('the new events', () => events.length >= 15);
    expect(events.map(({ position }) => position)).toEqual(positions);
    expect(interruptions.length).toBeGreaterThan(3);
    stop.abort();
    await ended;
  });

  it('gives what comes from now on, also while its first connection fails', async () => {
    await using registry = await startTestRegistry();
    const tenant = `t${newId()}`;
    const writer = new AtlasClient({ url: registry.api.url, tenant });
    await register(writer, 2);
    let refusals = 0;
    await using proxy = await faultProxy(registry.api.url, ({ path }) =>
      path.includes('/events') && refusals < 1e9 && refusals++ >= 0 ? 'cut-before' : 'none',
    );
    const reader = new AtlasClient({ url: proxy.url, tenant, retry: { pauseMs: 5 } });
    const { stop, events, ended } = follow(reader);
    await eventually('it to be refused', () => refusals > 1);
    const positions = await register(writer, 3);
    refusals = 1e9;
    await eventually('three events', () => events.length >= 3);
    expect(events.map(({ position }) => position)).toEqual(positions);
    stop.abort();
    await ended;
  });

  it('goes on when the registry is killed and started again', async () => {
    using folder = tempFolder();
    const port = await freePort();
    const env = { BIND_ADDR: `127.0.0.1:${port}` };
    const url = `http://127.0.0.1:${port}`;
    const client = new AtlasClient({ url, retry: { pauseMs: 20, pauseMsMax: 200 } });
    const following = follow(client, 1);
    const positions: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      await using registry = startProcess(folder.path, env);
      await registry.ready();
      positions.push(...(await register(client, 4)));
      await eventually('what was written', () => following.events.length >= positions.length);
      registry.child.kill('SIGKILL');
    }
    expect(following.events.map(({ position }) => position)).toEqual(positions);
    following.stop.abort();
    await following.ended;
  });

  it('ends without an error by its signal, and closes its connection when nobody wants more', async () => {
    await using registry = await startTestRegistry({ ATLAS_SUBSCRIBERS_MAX: '1' });
    const client = new AtlasClient({ url: registry.api.url });
    await register(client, 1);
    for (let round = 0; round < 3; round += 1)
      for await (const { type } of client.events({ from: 1 })) {
        expect(type).toBe('DatasetRegistered');
        break;
      }
    const stopped = client.events({ signal: AbortSignal.abort() });
    expect(await stopped.next()).toMatchObject({ done: true });
  });

  it('says at once what waiting does not mend', async () => {
    await using registry = await startTestRegistry();
    const client = new AtlasClient({ url: registry.api.url, tenant: 'NOT A TENANT' });
    await expect(client.events({ from: 1 }).next()).rejects.toThrow(ResponseError);
    await expect(client.events({ from: -1 }).next()).rejects.toThrow(RangeError);
  });

  it('goes to another connection when nothing is heard', async () => {
    await using registry = await startTestRegistry({ ATLAS_HEARTBEAT_MS: '60000' });
    const client = new AtlasClient({ url: registry.api.url, retry: { pauseMs: 5 } });
    const stop = new AbortController();
    let interruptions = 0;
    const onInterruption = ({ message }: Error): void => {
      expect(message).toMatch(/nothing was heard/);
      interruptions += 1;
      if (interruptions === 2) stop.abort();
    };
    const { signal } = stop;
    await client.events({ from: 1, signal, onInterruption, silenceMsMax: 50 }).next();
    expect(interruptions).toBe(2);
  });
});

describe('eventMessages()', () => {
  async function read(...chunks: readonly (string | Uint8Array)[]): Promise<EventMessage[]> {
    const encoder = new TextEncoder();
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) yield typeof chunk === 'string' ? encoder.encode(chunk) : chunk;
    }
    const messages: EventMessage[] = [];
    for await (const message of eventMessages(bytes())) messages.push(message);
    return messages;
  }

  it('reads a stream the same wherever it is cut into chunks, with every kind of line end', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = `: hello\nid: 1\nevent: A\ndata: ä\ndata:b\n\n\nid: 2\ndata: 💡\n\n`;
      const all = new TextEncoder().encode(text.replaceAll('\n', end));
      const wanted = [
        { id: '1', event: 'A', data: 'ä\nb' },
        { id: '2', event: 'message', data: '💡' },
      ];
      for (let cut = 0; cut <= all.length; cut += 1) {
        // With "\r" alone the end is known when something follows.
        const found = await read(all.subarray(0, cut), all.subarray(cut), ': x\n');
        expect(found, `${JSON.stringify(end)} at ${cut}`).toEqual(wanted);
      }
    }
  });

  it('drops a message that is cut off', async () => {
    expect(await read('id: 1\ndata: whole\n\nid: 2\ndata: hal')).toHaveLength(1);
  });
});
