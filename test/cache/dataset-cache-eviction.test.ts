import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetCache } from '#cache/dataset-cache';
import type { ServedDataset } from '#cache/served-dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { CacheBed, shaOf } from '#test/cache/cache-bed';
import { forSeeds } from '#test/support/seed';
import { smallDisk } from '#test/support/small-disk';
import { someBytes } from '#test/support/store-conformance';
import { eventually } from '#test/support/wait';

describe('DatasetCache, when room is short', () => {
  let bed: CacheBed;
  beforeEach(() => {
    bed = new CacheBed();
  });
  afterEach(async () => {
    await bed[Symbol.asyncDispose]();
  });

  const datasets = (count: number, bytes = 100): ServedDataset[] =>
    Array.from({ length: count }, (_, i) => bed.dataset(`d${i}`, someBytes(bytes, i + 1)));

  async function use(cache: DatasetCache, ...list: ServedDataset[]): Promise<void> {
    for (const dataset of list) (await cache.lease(dataset))[Symbol.dispose]();
  }

  const there = (cache: DatasetCache): (string | undefined)[] =>
    cache.state().files.map((file) => file.datasets[0]?.split(' ')[1]);

  it('keeps so many datasets, and evicts the one that was not used for longest', async () => {
    const [a, b, c, d] = datasets(4);
    if (a === undefined || b === undefined || c === undefined || d === undefined) return;
    const cache = await bed.started({ limits: { datasetsMax: 3 } });
    await use(cache, a, b, c);
    cache.ready(a);
    await use(cache, d);
    expect(there(cache)).toEqual(['d2', 'd0', 'd3']);
    expect(bed.forgotten).toEqual([shaOf(b)]);
    expect(bed.told('evicted')).toMatchObject([{ why: 'room', bytes: 100 }]);
    expect(bed.filesThere()).toEqual([a, c, d].map(shaOf).toSorted());
    expect(cache.state()).toMatchObject({ bytes: 300, evictions: 1 });
  });

  it('keeps so many bytes: over the high mark it evicts down to the low one', async () => {
    const list = datasets(10);
    const limits = { bytesMax: 1_000, datasetsMax: 100 };
    const cache = await bed.started({ limits });
    await use(cache, ...list.slice(0, 9));
    expect(cache.state()).toMatchObject({ bytes: 900, evictions: 0 });
    await use(cache, ...list.slice(9));
    expect(cache.state()).toMatchObject({ bytes: 700, evictions: 3 });
    expect(there(cache)).toEqual(['d3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9']);
  });

  it('never evicts what is leased, and refuses what does not fit without evicting anything', async () => {
    const [a, b, c] = datasets(3);
    if (a === undefined || b === undefined || c === undefined) return;
    const cache = await bed.started({ limits: { datasetsMax: 2 } });
    const leases = [await cache.lease(a), await cache.lease(b)];
    await expect(cache.lease(c)).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringContaining('Cannot cache dataset "d2": all 2 artifacts'),
      retryAfterSeconds: 5,
    });
    expect(await cache.evict(shaOf(a))).toBe(false);
    await bed.clock.advance(10_000_000);
    expect(cache.state()).toMatchObject({ count: 2, evictions: 0 });
    leases[0]?.[Symbol.dispose]();
    await use(cache, c);
    expect(there(cache)).toEqual(['d1', 'd2']);
  });

  it('refuses a file that is larger than the cache, and asks nobody for it', async () => {
    const dataset = bed.dataset('large', someBytes(1_001));
    const store = bed.store();
    const cache = await bed.started({ store, limits: { bytesMax: 1_000 } });
    await expect(cache.lease(dataset)).rejects.toMatchObject({
      code: 'NOT_CACHED',
      details: { dataset: 'large', bytes: 1_001, bytesMax: 1_000 },
    });
    expect(store.calls.artifact).toBe(0);
  });

  it('downloads at the same time count together: they never take more than there is', async () => {
    const [a, b] = datasets(2, 600);
    if (a === undefined || b === undefined) return;
    const store = bed.store([{ delayMs: 100 }, { delayMs: 100 }]);
    const cache = await bed.started({ store, limits: { bytesMax: 1_000 } });
    const both = Promise.allSettled([cache.lease(a), cache.lease(b)]);
    await eventually('the first download', () => store.calls.artifact === 1);
    await bed.clock.advance(100);
    expect((await both).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(cache.state().bytes).toBe(600);
  });

  it('never evicts a pinned dataset: not for room, not for time, not when asked, not after a restart', async () => {
    const list = datasets(4);
    const pinned = new Set([parseDatasetName('d0')]);
    const cache = await bed.started({ pinned, limits: { datasetsMax: 2 } });
    await use(cache, ...list);
    await bed.clock.advance(2_000_000);
    const [first] = list;
    if (first === undefined) return;
    await eventually('idle ones to go', () => cache.state().count === 1);
    expect(await cache.evict(shaOf(first))).toBe(false);
    expect(cache.state().files).toMatchObject([{ datasets: ['default/dev d0'], isPinned: true }]);
    await cache.close();
    const again = await bed.started({ pinned, limits: { bytesMax: 50 } });
    await bed.clock.advance(2_000_000);
    expect(again.state().count).toBe(1);
  });

  it('evicts what nobody used for its time, and evict() what is asked for', async () => {
    const [a, b] = datasets(2);
    if (a === undefined || b === undefined) return;
    const cache = await bed.started();
    await use(cache, a, b);
    await bed.clock.advance(1_790_000);
    cache.ready(b);
    await bed.clock.advance(40_000);
    await eventually('the idle one to go', () => cache.state().count === 1);
    expect(there(cache)).toEqual(['d1']);
    expect(bed.told('evicted')).toMatchObject([{ sha256: shaOf(a), why: 'idle' }]);
    expect(await cache.evict(shaOf(b))).toBe(true);
    expect(await cache.evict(shaOf(b))).toBe(false);
    expect(bed.filesThere()).toEqual([]);
  });

  it('the same history has the same victims, and never more is kept than allowed', async () => {
    await forSeeds(5, async (random) => {
      const seeds = Array.from({ length: 120 }, () => random.next());
      const runs = [await history(seeds), await history(seeds)];
      expect(runs[0]).toEqual(runs[1]);
      expect(runs[0]?.length).toBeGreaterThan(0);
    });
  });

  it('a full disk is a clear error, leaves nothing half, and smaller files go on', async () => {
    const disk = smallDisk(1_000_000);
    try {
      bed.root = disk.path;
      const large = bed.dataset('large', someBytes(2_000_000));
      const small = bed.dataset('small', someBytes(100_000));
      const cache = await bed.started({ limits: { bytesMax: 100_000_000 } });
      const both = await Promise.allSettled([cache.lease(large), cache.lease(small)]);
      expect(both[0]).toMatchObject({
        reason: {
          code: 'OVERLOADED',
          message: expect.stringContaining('Cannot cache dataset "large": the disk'),
          details: { disk: 'full' },
          cause: { code: 'ENOSPC' },
        },
      });
      // The small one may have met the full disk too; now it has room.
      using lease = await cache.lease(small);
      expect(lease.isCurrent).toBe(true);
      disk.resize(10_000_000);
      using grown = await cache.lease(large);
      expect(grown.file.bytes).toBe(2_000_000);
      await cache.close();
      expect(bed.filesThere()).toEqual([large, small].map(shaOf).toSorted());
    } finally {
      await bed[Symbol.asyncDispose]();
      await eventually('the disk to be free', () => disk.unmount());
    }
  });
});

/** Takes from a model, least recently used first, what has to go for a newcomer. */
function modelVictims(model: ServedDataset[], newcomer: ServedDataset): ServedDataset[] {
  const sum = (list: readonly ServedDataset[]): number =>
    list.reduce((n, { entry }) => n + entry.artifact.bytes, newcomer.entry.artifact.bytes);
  const goal = sum(model) > 900 ? 600 : 900;
  let gone = 0;
  while (model.length - gone > 2 || (gone < model.length && sum(model.slice(gone)) > goal))
    gone += 1;
  return model.splice(0, gone);
}

/** Plays random uses against a model of least recently used; gives the victims in order. */
async function history(values: readonly number[]): Promise<string[]> {
  await using bed = new CacheBed();
  const limits = { datasetsMax: 3, bytesMax: 1_000, highPct: 90, lowPct: 60 };
  const cache = await bed.started({ limits });
  const list = Array.from({ length: 8 }, (_, i) => bed.dataset(`d${i}`, someBytes(50 + i * 60, i)));
  let model: ServedDataset[] = [];
  const expected: string[] = [];
  for (const value of values) {
    const dataset = list[Math.floor(value * list.length)];
    if (dataset === undefined) continue;
    const isThere = model.includes(dataset);
    model = model.filter((other) => other !== dataset);
    if (!isThere) expected.push(...modelVictims(model, dataset).map(shaOf));
    model.push(dataset);
    (await cache.lease(dataset))[Symbol.dispose]();
    expect(cache.state().files.map(({ sha256 }) => sha256)).toEqual(model.map(shaOf));
  }
  expect(bed.forgotten).toEqual(expected);
  return expected;
}
