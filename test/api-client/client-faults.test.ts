import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AtlasClient, type AtlasClientOptions } from '#api-client/atlas-client';
import {
  RateLimitedError,
  TimedOutError,
  UnavailableError,
  UnreachableError,
} from '#api-client/errors';
import { newId } from '#flow/new-id';
import { type Fault, faultProxy, type ProxiedRequest } from '#test/api-client/fault-proxy';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(async () => await registry[Symbol.asyncDispose]());

const BODY = { schema_fingerprint: 'fp' };

/** A client behind a proxy that does one fault after the other, then none. */
async function behind(faults: readonly Fault[], options: Partial<AtlasClientOptions> = {}) {
  let next = 0;
  const proxy = await faultProxy(registry.api.url, () => faults[next++] ?? 'none');
  const client = new AtlasClient({ url: proxy.url, retry: { pauseMs: 5 }, ...options });
  return { proxy, client };
}

function keysOf(requests: readonly ProxiedRequest[]): unknown[] {
  return [...new Set(requests.map(({ headers }) => headers['idempotency-key']))];
}

describe('the client, where things go wrong', () => {
  it('repeats a command under the same key when its answer is lost, and it is done once', async () => {
    const { proxy, client } = await behind(['cut-answer', 'cut-answer']);
    await using _ = proxy;
    const name = `faults/${newId()}`;
    const answer = await client.call('registerDataset', { body: { name, ...BODY } });
    // The first answer, although two repetitions came behind it.
    expect([answer.status, answer.data.existing]).toEqual([201, false]);
    expect(proxy.requests).toHaveLength(3);
    expect(keysOf(proxy.requests)).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    const events = (await registry.api.get('/registry/audit?limit=1000')).json.entries;
    const own = events.filter((entry: { subject?: string; name?: string }) =>
      JSON.stringify(entry).includes(name),
    );
    expect(own).toHaveLength(1);
  });

  it('gives the first answer to a command that is sent twice under one key', async () => {
    const client = new AtlasClient({ url: registry.api.url });
    const body = { name: `faults/${newId()}`, ...BODY };
    const send = async () =>
      await client.call('registerDataset', { body, idempotencyKey: `k${body.name.slice(7)}` });
    const [first, second] = [await send(), await send()];
    expect(second).toMatchObject({ status: 201, position: first.position, data: first.data });
  });

  it('waits as long as Retry-After says', async () => {
    const later = { status: 503, headers: { 'Retry-After': '1' } };
    const { proxy, client } = await behind([later]);
    await using _ = proxy;
    const started = performance.now();
    await client.call('listDatasets', {});
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
    expect(proxy.requests).toHaveLength(2);
  });

  it('fails at once when Retry-After is longer than it may wait', async () => {
    const later = { status: 503, headers: { 'Retry-After': '120' } };
    const { proxy, client } = await behind([later]);
    await using _ = proxy;
    const started = performance.now();
    await expect(client.call('listDatasets', {})).rejects.toThrow(UnavailableError);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(proxy.requests).toHaveLength(1);
  });

  it('repeats what has no key only if nothing was done', async () => {
    const check = { params: { name: 'a.b' }, body: { jsonSchema: {} } };
    const unclear = { status: 503, body: { code: 'OUTCOME_UNKNOWN', outcome: 'unknown' } };
    for (const fault of ['cut-answer', { status: 502 }, unclear] as const) {
      const { proxy, client } = await behind([fault]);
      await using _ = proxy;
      await expect(client.call('checkContract', check)).rejects.toThrow();
      expect(proxy.requests).toHaveLength(1);
    }
    const refused = {
      status: 503,
      body: { code: 'BUSY', outcome: 'not-applied', retryable: true },
    };
    const { proxy, client } = await behind([refused, { status: 429 }]);
    await using _ = proxy;
    expect((await client.call('checkContract', check)).status).toBe(200);
    expect(proxy.requests).toHaveLength(3);
  });

  it('waits for its turn as often as it is told when to come again, but does not ask for ever when it is not', async () => {
    const soon = { status: 429, headers: { 'Retry-After': '0' } };
    const retry = { attemptsMax: 2, pauseMs: 1 };
    const { proxy, client } = await behind([soon, soon, soon, soon], { retry });
    await using _ = proxy;
    expect((await client.call('listDatasets', {})).status).toBe(200);
    const silent = await behind([{ status: 429 }, { status: 429 }, { status: 429 }], { retry });
    await using _second = silent.proxy;
    await expect(silent.client.call('listDatasets', {})).rejects.toThrow(RateLimitedError);
    expect(silent.proxy.requests).toHaveLength(2);
  });

  it('never repeats what the registry says not to repeat', async () => {
    const frozen = {
      status: 503,
      body: { code: 'FROZEN', retryable: false, outcome: 'not-applied' },
    };
    const { proxy, client } = await behind([frozen]);
    await using _ = proxy;
    const failed = client.registerDataset({ name: 'a', ...BODY });
    await expect(failed).rejects.toMatchObject({
      code: 'FROZEN',
      status: 503,
      outcome: 'not-applied',
    });
    expect(proxy.requests).toHaveLength(1);
  });

  it('gives up after so many attempts, and says that a write may have been done', async () => {
    const { proxy, client } = await behind(Array<Fault>(9).fill('cut-before'), {
      retry: { pauseMs: 1, attemptsMax: 3 },
    });
    await using _ = proxy;
    const failed = client.registerDataset({ name: 'a', ...BODY });
    await expect(failed).rejects.toMatchObject({ code: 'UNREACHABLE', outcome: 'unknown' });
    expect(proxy.requests).toHaveLength(3);
  });

  it('says that a write was not done where no connection came about, unless one before may have done it', async () => {
    const failing = (codes: readonly string[]) => {
      let next = 0;
      const fetch = async (): Promise<Response> => {
        const cause = Object.assign(new Error('no'), { code: codes[next++] });
        throw new TypeError('fetch failed', { cause });
      };
      const retry = { pauseMs: 1, attemptsMax: codes.length };
      return new AtlasClient({ url: registry.api.url, fetch, retry });
    };
    const outcomeOf = async (client: AtlasClient): Promise<unknown> =>
      await client.registerDataset({ name: 'a', ...BODY }).catch(({ outcome }) => outcome);
    expect(await outcomeOf(failing(['ECONNREFUSED', 'ENOTFOUND']))).toBe('not-applied');
    expect(await outcomeOf(failing(['ECONNREFUSED', 'ECONNRESET']))).toBe('unknown');
    expect(await outcomeOf(failing(['ECONNRESET', 'ECONNREFUSED']))).toBe('unknown');
    const busy = { status: 503, body: { code: 'BUSY', outcome: 'not-applied' } };
    for (const [faults, want] of [
      [[busy, busy], 'not-applied'],
      [['cut-answer', busy], 'unknown'],
      [[{ status: 504 }, busy], 'unknown'],
      [['cut-answer', { status: 409, body: { outcome: 'not-applied' } }], 'not-applied'],
    ] as const) {
      const { proxy, client } = await behind(faults, { retry: { pauseMs: 1, attemptsMax: 2 } });
      await using _ = proxy;
      expect(await outcomeOf(client), JSON.stringify(faults)).toBe(want);
    }
  });

  it('stops repeating when everything fails, over all of its requests', async () => {
    const { proxy, client } = await behind(
      Array.from({ length: 99 }, () => ({ status: 503 })),
      {
        retry: { pauseMs: 1, spareMax: 4 },
      },
    );
    await using _ = proxy;
    for (let i = 0; i < 10; i += 1)
      await expect(client.call('listDatasets', {})).rejects.toThrow(UnavailableError);
    expect(proxy.requests).toHaveLength(14);
  });

  it('asks again after an attempt that hung, and for no longer than its budget', async () => {
    const asked: number[] = [];
    const hanging: typeof fetch = async (_input, init) => {
      asked.push(performance.now());
      return await new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
      });
    };
    const retry = { budgetMs: 500, pauseMs: 1, attemptsMax: 9 };
    const options = { url: registry.api.url, fetch: hanging, retry, timeoutMs: 200 };
    const started = performance.now();
    const failed = new AtlasClient(options).call('listDatasets', {});
    await expect(failed).rejects.toThrow(TimedOutError);
    // 200 ms each, and what is left of 500 for the third.
    expect(asked).toHaveLength(3);
    expect(performance.now() - started).toBeLessThan(590);
  });

  it('sends an upload again that failed after a time longer than its budget', async () => {
    const bytes = new TextEncoder().encode(newId());
    let sent = 0;
    const slow: typeof fetch = async (input, init) => {
      if ((sent += 1) > 1) return await fetch(input, init);
      await new Promise((resolve) => setTimeout(resolve, 60));
      throw new TypeError('terminated');
    };
    const retry = { budgetMs: 50, pauseMs: 1 };
    const own = new AtlasClient({ url: registry.api.url, fetch: slow, retry });
    expect(await own.uploadArtifact(bytes)).toMatchObject({ bytes: bytes.length });
    expect(sent).toBe(2);
  });

  it('reads an answer again that was cut off in the middle', async () => {
    const name = `faults/${newId()}`;
    await registry.api.post('/registry/datasets', { name, ...BODY });
    const { proxy, client } = await behind([{ cutAfterBytes: 1 }]);
    await using _ = proxy;
    expect((await client.getDataset(name)).name).toBe(name);
  });

  it('ends by its signal, in a pause too, with the reason of the signal', async () => {
    const { proxy, client } = await behind([{ status: 503, headers: { 'Retry-After': '20' } }]);
    await using _ = proxy;
    const stop = new AbortController();
    const reading = client.call('listDatasets', { signal: stop.signal });
    const reason = new Error('enough');
    setTimeout(() => stop.abort(reason), 50);
    await expect(reading).rejects.toBe(reason);
  });

  it('says when nothing answers, and when nothing answers in time', async () => {
    const retry = { attemptsMax: 1 };
    const away = new AtlasClient({ url: 'http://127.0.0.1:1', retry });
    await expect(away.call('listDatasets', {})).rejects.toThrow(UnreachableError);
    const silent: typeof fetch = async (_input, init) =>
      await new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
      });
    const slow = new AtlasClient({ url: registry.api.url, fetch: silent, retry, timeoutMs: 20 });
    await expect(slow.call('listDatasets', {})).rejects.toThrow(TimedOutError);
  });
});
