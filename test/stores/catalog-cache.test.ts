import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CatalogCache, type CatalogMode } from '#stores/catalog-cache';
import type { FakeStep } from '#stores/fake/fake-script';
import { FakeStore } from '#stores/fake/fake-store';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import { FakeClock } from '#test/support/fake-clock';
import { someBytes } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const TTL_MS = 15_000;

describe('CatalogCache', () => {
  let temporary: TempFolder;
  let folder: StoreFolder;
  beforeEach(() => {
    temporary = tempFolder();
    folder = new StoreFolder(temporary.path);
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  function cacheOf(options: { steps?: FakeStep[]; mode?: CatalogMode } = {}) {
    const clock = new FakeClock();
    const content = new LocalfsStore({ source: 's', root: folder.path });
    const script = { catalog: options.steps ?? [], manifest: [], artifact: [] };
    const store = new FakeStore({ source: 's', content, script, clock });
    const { mode = 'live' } = options;
    const backoff = { baseMs: 250, capMs: 5_000 };
    return {
      clock,
      store,
      cache: new CatalogCache({ store, clock, mode, ttlMs: TTL_MS, backoff }),
    };
  }

  it('get() asks the store once, however many come at the same time and afterwards', async () => {
    const { cache, store } = cacheOf();
    const all = await Promise.all(Array.from({ length: 100 }, () => cache.get()));
    await cache.get();
    expect(new Set(all).size).toBe(1);
    expect(store.calls.catalog).toBe(1);
  });

  it('counts changes in its epoch, which never goes back, also when the store does', async () => {
    const { cache } = cacheOf({ steps: [{}, {}, { oldest: true }, { notModified: true }] });
    const epochs: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      await cache.refresh();
      epochs.push(cache.state.epoch);
      if (i === 0) folder.add('a', someBytes(3));
    }
    expect(epochs).toEqual([1, 2, 3, 3]);
  });

  it('goes on with the catalog that it has while the store fails, and says so', async () => {
    const entry = folder.add('a', someBytes(3));
    const { cache, clock } = cacheOf({ steps: [{}, { status: 500 }, { status: 404 }] });
    const first = await cache.get();
    clock.skip(60_000);
    for (const [errors, errorClass] of [
      [1, 'unavailable'],
      [2, 'not_found'],
    ] as const) {
      await expect(cache.refresh()).rejects.toMatchObject({ class: errorClass });
      expect(await cache.get()).toBe(first);
      expect(cache.state).toMatchObject({
        errors,
        ageMs: 60_000,
        lastError: { class: errorClass },
      });
    }
    await cache.refresh();
    expect(cache.state).toMatchObject({ errors: 0, ageMs: 0, lastError: undefined });
    expect(cache.current?.catalog.datasets).toEqual([entry]);
  });

  it('takes no "not modified" for a catalog when it has none', async () => {
    const { cache } = cacheOf({ steps: [{ notModified: true }] });
    await expect(cache.get()).rejects.toMatchObject({ class: 'validation' });
    expect(await cache.get()).toMatchObject({ epoch: 1 });
  });

  it('gives the old catalog at once while a new one is on its way', async () => {
    const { cache, clock } = cacheOf({ steps: [{}, { delayMs: 10_000 }] });
    const first = await cache.get();
    folder.add('a', someBytes(3));
    const refreshing = cache.refresh();
    await clock.advance(5_000);
    expect(await cache.get()).toBe(first);
    await clock.advance(5_000);
    await refreshing;
    expect((await cache.get()).epoch).toBe(2);
  });

  it('keepFresh() asks once in its time, later and later while errors last, and ends with its signal', async () => {
    const failing = Array.from({ length: 5 }, () => ({ status: 503 }));
    const { cache, clock, store } = cacheOf({ steps: [{}, ...failing] });
    const stop = new AbortController();
    const kept = cache.keepFresh(stop.signal);
    await eventually('the first', () => store.calls.catalog === 1 && clock.sleeping === 1);
    await clock.advance(TTL_MS - 1);
    expect(store.calls.catalog).toBe(1);
    await clock.advance(1);
    for (let i = 2; i <= 7; i += 1) {
      await eventually('the next', async () => {
        if (store.calls.catalog < i) await clock.advance(250);
        return store.calls.catalog >= i;
      });
    }
    await eventually('all to be well', () => cache.state.errors === 0);
    stop.abort();
    await kept;
    expect(clock.sleeping).toBe(0);
  });

  it('asks nothing in the modes that forbid it, and says why there is no catalog', async () => {
    const cached = cacheOf({ mode: 'cached-only' });
    await expect(cached.cache.get()).rejects.toMatchObject({ class: 'cached_only' });
    const frozen = cacheOf({ mode: 'frozen' });
    await expect(frozen.cache.get()).rejects.toMatchObject({
      class: 'unavailable',
      message: expect.stringContaining('frozen'),
    });
    await frozen.cache.keepFresh(new AbortController().signal);
    expect([cached.store.calls.catalog, frozen.store.calls.catalog]).toEqual([0, 0]);
  });
});
