import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import { systemClock } from '#flow/clock';
import { KeyedRetryBudgets } from '#flow/retry-budget';
import { artifactPath } from '#stores/layout';
import type { Store } from '#stores/store';
import { CacheBed, shaOf } from '#test/cache/cache-bed';
import { settled } from '#test/support/fake-clock';
import { someBytes } from '#test/support/store-conformance';
import { eventually } from '#test/support/wait';

describe('DatasetCache', () => {
  let bed: CacheBed;
  beforeEach(() => {
    bed = new CacheBed();
  });
  afterEach(async () => {
    await bed[Symbol.asyncDispose]();
  });

  it('lease() downloads once however many ask at once, and gives all the right bytes', async () => {
    const bytes = someBytes(200_000);
    const dataset = bed.dataset('a', bytes);
    const store = bed.store([{ delayMs: 50 }], systemClock);
    const cache = await bed.started({ store, clock: systemClock });
    const leases = await Promise.all(Array.from({ length: 50 }, () => cache.lease(dataset)));
    expect(store.calls.artifact).toBe(1);
    for (const { file, isCurrent } of leases) {
      expect(isCurrent).toBe(true);
      expect(file.path).toBe(bed.pathOf(sha256Of(bytes)));
    }
    expect(readFileSync(leases[0]?.file.path ?? '').equals(bytes)).toBe(true);
    expect(cache.state()).toMatchObject({ downloads: 1, misses: 50, hits: 0, count: 1 });
    expect(cache.state().files[0]).toMatchObject({ leases: 50, datasets: ['default/dev a'] });
    for (const lease of leases) {
      lease[Symbol.dispose]();
      lease[Symbol.dispose]();
    }
    expect(cache.state().files[0]?.leases).toBe(0);
  });

  it('ready() gives the file at once after the first lease, counts as a use, and nothing before', async () => {
    const dataset = bed.dataset('a', someBytes(10));
    const other = bed.dataset('b', someBytes(20));
    const cache = await bed.started();
    expect(cache.ready(dataset)).toBeUndefined();
    using lease = await cache.lease(dataset);
    using _other = await cache.lease(other);
    await bed.clock.advance(1_000);
    expect(cache.ready(dataset)).toBe(lease.file);
    const { files } = cache.state();
    expect(files.map(({ sha256 }) => sha256)).toEqual([shaOf(other), shaOf(dataset)]);
    expect(files.map(({ lastUseAgeMs }) => lastUseAgeMs)).toEqual([1_000, 0]);
  });

  it('lease() before the start and after the end is refused, and close() ends a download', async () => {
    const dataset = bed.dataset('a', someBytes(10));
    const cache = bed.make({ store: bed.store([{ hangs: true }]) });
    await expect(cache.lease(dataset)).rejects.toMatchObject({ code: 'NOT_READY' });
    await cache.start();
    const waiting = cache.lease(dataset).catch((error: unknown) => error);
    await settled();
    await cache.close();
    expect(await waiting).toMatchObject({ code: 'NOT_READY' });
    await expect(cache.lease(dataset)).rejects.toMatchObject({ code: 'NOT_READY' });
    expect(bed.filesThere()).toEqual([]);
    expect(bed.clock.sleeping).toBe(0);
  });

  it.each([
    ['a server that fails', { status: 503 }, 'STORE_UNAVAILABLE', 'unavailable'],
    ['a broken connection', { breaksAfter: 3 }, 'STORE_UNAVAILABLE', 'network'],
    ['wrong bytes', { flipsByte: 3 }, 'STORE_UNAVAILABLE', 'checksum'],
    ['what is not there', { status: 404 }, 'STORE_UNAVAILABLE', 'not_found'],
  ])(
    'lease() turns %s into an error that names dataset and source, and leaves nothing',
    async (_what, step, code, errorClass) => {
      const dataset = bed.dataset('a', someBytes(100));
      const cache = await bed.started({ store: bed.store([step]) });
      await expect(cache.lease(dataset)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(/^Cannot cache dataset "a": .*source "far"/),
        details: { dataset: 'a', source: 'far', class: errorClass },
        cause: { name: 'StoreError', class: errorClass },
      });
      expect(bed.filesThere()).toEqual([]);
      expect(cache.state()).toMatchObject({ count: 0, bytes: 0, files: [] });
      using lease = await cache.lease(dataset);
      expect(lease.isCurrent).toBe(true);
    },
  );

  it('lease() finds a file that was deleted or cut under it, and downloads it again', async () => {
    const bytes = someBytes(1_000);
    const dataset = bed.dataset('a', bytes);
    const cache = await bed.started();
    const { path } = (await cache.lease(dataset)).file;
    rmSync(path);
    expect((await cache.lease(dataset)).file.path).toBe(path);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    truncateSync(path, 999);
    await cache.lease(dataset);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(bed.forgotten).toEqual([shaOf(dataset), shaOf(dataset)]);
  });

  it('lease() refuses an entry whose size is a lie, and keeps serving whoever tells the truth', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    const cache = await bed.started();
    await cache.lease(dataset);
    const { entry } = dataset;
    const liar = { ...dataset, entry: { ...entry, artifact: { ...entry.artifact, bytes: 7 } } };
    await expect(cache.lease(liar)).rejects.toMatchObject({ code: 'DATASET_UNUSABLE' });
    expect(cache.ready(liar)).toBeUndefined();
    expect(cache.ready(dataset)).toBeDefined();
  });

  it('a cached-only cache never calls the store, serves what is there, and evicts nothing', async () => {
    const here = bed.dataset('here', someBytes(100));
    const newer = bed.dataset('newer', someBytes(50, 2));
    const filling = await bed.started();
    for (const dataset of [here, newer]) (await filling.lease(dataset))[Symbol.dispose]();
    await filling.close();
    const store: Store = new Proxy(bed.store(), {
      get(target, key) {
        if (key === 'source' || key === 'backend') return target[key];
        throw new Error(`the store was called: ${String(key)}`);
      },
    });
    const names = [parseDatasetName('absent')];
    const warmup = { names, limit: 8, jitterMaxMs: 0, seed: '', isFatal: true };
    const find = async () => {
      throw new Error('it was looked for');
    };
    const limits = { datasetsMax: 1, bytesMax: 10 };
    const cache = await bed.started({ store, cachedOnly: true, warmup, find, limits });
    await bed.clock.advance(10_000_000);
    using lease = await cache.lease(here);
    expect(lease.isCurrent).toBe(true);
    const absent = bed.dataset('absent', someBytes(30));
    await expect(cache.lease(absent)).rejects.toMatchObject({
      code: 'NOT_CACHED',
      message: expect.stringContaining('"absent"'),
      cause: { class: 'cached_only' },
    });
    const changed = bed.dataset('newer', someBytes(60, 3));
    using older = await cache.lease(changed);
    expect([older.isCurrent, older.file.sha256]).toEqual([false, shaOf(newer)]);
    // A change to what another dataset has already: the file before it stays all the same.
    const shared = bed.dataset('newer', someBytes(100));
    (await cache.lease(shared))[Symbol.dispose]();
    older[Symbol.dispose]();
    await settled();
    expect((await cache.lease(newer)).isCurrent).toBe(true);
    bed.flip(shaOf(here));
    expect(await cache.verify(shaOf(here))).toBe('damaged');
    await expect(cache.lease(here)).rejects.toMatchObject({ code: 'NOT_CACHED' });
    expect(cache.state()).toMatchObject({ count: 1, evictions: 0 });
    expect(bed.told('failed')).toEqual([]);
  });

  it('lease() leaves a dataset alone that failed three times, for its time, and others go on', async () => {
    const dataset = bed.dataset('a', someBytes(10));
    const other = bed.dataset('b', someBytes(20));
    const store = bed.store([{ status: 500 }, { status: 500 }, { status: 500 }]);
    const cache = await bed.started({ store, breaker: { failuresMax: 3, openMs: 30_000 } });
    for (let failures = 0; failures < 3; failures += 1)
      await expect(cache.lease(dataset)).rejects.toMatchObject({
        details: { class: 'unavailable' },
      });
    await expect(cache.lease(dataset)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryAfterSeconds: 30,
      details: { dataset: 'a', source: 'far', circuit: 'open' },
      cause: { class: 'unavailable' },
    });
    expect(store.calls.artifact).toBe(3);
    await cache.lease(other);
    await bed.clock.advance(30_000);
    await cache.lease(dataset);
    expect(store.calls.artifact).toBe(5);
  });

  it('retries are bounded by the budget of the dataset, which time alone fills again', async () => {
    const dataset = bed.dataset('a', someBytes(10));
    const store = bed.store(Array.from({ length: 4 }, () => ({ status: 500 })));
    const keyed = { capacity: 1, refillPerSecond: 0.1, clock: bed.clock, keysMax: 10 };
    const budgets = new KeyedRetryBudgets(keyed);
    const retries = { clock: bed.clock, attemptsMax: 10, baseMs: 1, capMs: 1, budgets: [] };
    const cache = await bed.started({ store, retries, budgetOf: (name) => budgets.of(name) });
    const first = cache.lease(dataset).catch((error: unknown) => error);
    await eventually(
      'the retry to wait',
      () => store.calls.artifact === 1 && bed.clock.sleeping > 2,
    );
    await bed.clock.advance(1);
    expect(await first).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(cache.lease(dataset)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(store.calls.artifact).toBe(3);
    await bed.clock.advance(10_000);
    expect(budgets.of('a').available).toBe(1);
  });

  it('a download stops when the last that waited for it has gone, and the next one begins anew', async () => {
    const dataset = bed.dataset('a', someBytes(10));
    const store = bed.store([{ hangs: true }]);
    const cache = await bed.started({ store });
    const stops = [new AbortController(), new AbortController()];
    const waiting = stops.map(({ signal }) =>
      cache.lease(dataset, { signal }).catch((error: unknown) => error),
    );
    await eventually('the download', () => store.calls.artifact === 1);
    stops[0]?.abort(new Error('late 0'));
    expect(await waiting[0]).toMatchObject({ message: 'late 0' });
    expect(cache.state().count).toBe(0);
    stops[1]?.abort(new Error('late 1'));
    expect(await waiting[1]).toMatchObject({ message: 'late 1' });
    await cache.lease(dataset);
    expect(store.calls.artifact).toBe(2);
    expect(bed.filesThere()).toEqual([shaOf(dataset)]);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])(
    'the download of a pinned dataset whose requester has gone: continueAfterTimeout %s leaves %i file',
    async (continueAfterTimeout, count) => {
      const dataset = bed.dataset('a', someBytes(10));
      const store = bed.store([{ delayMs: 5_000 }]);
      const pinned = new Set([dataset.name]);
      const cache = await bed.started({ store, pinned, continueAfterTimeout });
      const stop = new AbortController();
      const late = cache.lease(dataset, { signal: stop.signal }).catch((error: unknown) => error);
      await eventually('the download', () => store.calls.artifact === 1);
      stop.abort(new Error('too late'));
      expect(await late).toMatchObject({ message: 'too late' });
      await bed.clock.advance(5_000);
      if (count > 0) await eventually('the file', () => cache.state().count === count);
      await cache.close();
      expect(bed.filesThere()).toHaveLength(count);
    },
  );

  it('the warm-up fetches in the order of the names, each once, at most so many, after the wait of its node', async () => {
    for (const name of ['c', 'a', 'b', 'd']) bed.dataset(name, someBytes(10, name.charCodeAt(0)));
    const names = ['c', 'a', 'b', 'a', 'd'].map((name) => parseDatasetName(name));
    const warmup = { names, limit: 3, jitterMaxMs: 60_000, seed: 'node-1', isFatal: false };
    const cache = await bed.started({ warmup });
    await settled();
    expect(cache.state().downloads).toBe(0);
    await bed.clock.advance(60_000);
    await eventually('three datasets', () => cache.state().downloads === 3);
    const order = bed.told('downloaded').map((e) => e.kind === 'downloaded' && e.dataset);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('a warm-up that fails ends the start only when it is fatal, and the others are fetched', async () => {
    bed.dataset('good', someBytes(10));
    const bad = bed.dataset('bad', someBytes(20));
    bed.folder.remove(artifactPath(shaOf(bad)));
    const names = ['bad', 'good', 'unknown'].map((name) => parseDatasetName(name));
    const warmup = { names, limit: 8, jitterMaxMs: 0, seed: '', isFatal: false };
    const cache = await bed.started({ warmup });
    await eventually('the warm-up', () => bed.told('failed').length === 2);
    expect(cache.state().count).toBe(1);
    expect(bed.told('failed')).toMatchObject([
      { work: 'warm-up', subject: 'bad', error: { code: 'STORE_UNAVAILABLE' } },
      { work: 'warm-up', subject: 'unknown', error: { code: 'NOT_FOUND' } },
    ]);
    const fatal = bed.make({ warmup: { ...warmup, isFatal: true } });
    await expect(fatal.start()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('a cache with limits that contradict each other is not made', () => {
    for (const limits of [
      { lowPct: 90, highPct: 90 },
      { highPct: 101 },
      { datasetsMax: 0 },
      { bytesMax: 0 },
    ])
      expect(() => bed.make({ limits })).toThrow(RangeError);
    const pinned = new Set(['a', 'b'].map((name) => parseDatasetName(name)));
    expect(() => bed.make({ limits: { datasetsMax: 1 }, pinned })).toThrow('pinned');
  });
});
