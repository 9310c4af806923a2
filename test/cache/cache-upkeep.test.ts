import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheUpkeep, type CacheUpkeepOptions, type FilesMeant } from '#cache/cache-upkeep';
import type { DatasetCache } from '#cache/dataset-cache';
import { checkFileNow } from '#cache/file-check';
import type { ServedDataset } from '#cache/served-dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { CacheBed, shaOf } from '#test/cache/cache-bed';
import { someBytes } from '#test/support/store-conformance';

const EVERYTHING: FilesMeant = { scope: undefined, dataset: undefined };
const { signal } = new AbortController();

describe('CacheUpkeep', () => {
  let bed: CacheBed;
  beforeEach(() => {
    bed = new CacheBed();
  });
  afterEach(async () => {
    await bed[Symbol.asyncDispose]();
  });

  function upkeepOf(cache: DatasetCache, rest: Partial<CacheUpkeepOptions> = {}): CacheUpkeep {
    return new CacheUpkeep({
      clock: bed.clock,
      cache,
      check: async (file) => checkFileNow(file),
      cachedOnly: false,
      requestMs: 1_000,
      ...rest,
    });
  }

  /** Datasets of the default scope that are cached. */
  async function cached(cache: DatasetCache, count: number): Promise<ServedDataset[]> {
    const all = Array.from({ length: count }, (_, i) =>
      bed.dataset(`d${i}`, someBytes(100 + i, i)),
    );
    for (const dataset of all) (await cache.lease(dataset))[Symbol.dispose]();
    return all;
  }

  const named = (name: string, scope = 'default/dev'): FilesMeant => ({
    scope: undefined,
    dataset: { scope, name: parseDatasetName(name) },
  });

  it('reads every cached file, finds the damaged ones, and they come again or go into quarantine', async () => {
    const cache = await bed.started({ quarantine: { failuresMax: 2, quarantineMs: 300_000 } });
    const [a, b, c] = await cached(cache, 3);
    if (a === undefined || b === undefined || c === undefined) return;
    const upkeep = upkeepOf(cache);
    const whole = await upkeep.verify({ ...EVERYTHING, after: '', signal });
    expect(whole).toMatchObject({ checkedCount: 3, bytes: 303, damaged: [], unread: [] });
    expect(whole.next).toBeUndefined();
    bed.flip(shaOf(b), 50);
    rmSync(bed.pathOf(shaOf(c)));
    const found = await upkeep.verify({ ...EVERYTHING, after: '', signal });
    expect(found.checkedCount).toBe(3);
    expect(new Set(found.damaged.map(({ datasets }) => datasets[0]))).toEqual(
      new Set(['default/dev d1', 'default/dev d2']),
    );
    expect(found.damaged[0]?.quarantinedUntilMs).toBeUndefined();
    // It comes again; damaged once more it is left alone.
    (await cache.lease(b))[Symbol.dispose]();
    bed.flip(shaOf(b), 50);
    const again = await upkeep.verify({ ...named('d1'), after: '', signal });
    expect(again).toMatchObject({ checkedCount: 1, damaged: [{ sha256: shaOf(b) }] });
    expect(again.damaged[0]?.quarantinedUntilMs).toBe(bed.clock.nowMs() + 300_000);
    await expect(cache.lease(b)).rejects.toMatchObject({ code: 'DATASET_QUARANTINED' });
  });

  it('stops between two files when its time is over, and goes on where it stopped', async () => {
    const cache = await bed.started();
    await cached(cache, 5);
    const check: CacheUpkeepOptions['check'] = async (file) => {
      await bed.clock.advance(600);
      return checkFileNow(file);
    };
    const upkeep = upkeepOf(cache, { check });
    const counts: number[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const { checkedCount, next } = await upkeep.verify({ ...EVERYTHING, after, signal });
      counts.push(checkedCount);
      after = next;
    }
    expect(counts).toEqual([2, 2, 1]);
  });

  it('says which files could not be read, and checks the others', async () => {
    const cache = await bed.started();
    const [a] = await cached(cache, 3);
    if (a === undefined) return;
    const check: CacheUpkeepOptions['check'] = async (file) => {
      if (file.sha256 === shaOf(a)) throw new Error('too many open files');
      return checkFileNow(file);
    };
    const found = await upkeepOf(cache, { check }).verify({ ...EVERYTHING, after: '', signal });
    expect(found).toMatchObject({ checkedCount: 2, damaged: [], unread: [{ sha256: shaOf(a) }] });
    expect(cache.ready(a)).toBeDefined();
  });

  it('ends when nobody waits any more, and lets the next one begin', async () => {
    const cache = await bed.started();
    await cached(cache, 2);
    const gone = new AbortController();
    const check: CacheUpkeepOptions['check'] = async (_file, until) => {
      gone.abort(new Error('gone'));
      until.throwIfAborted();
      return undefined;
    };
    const first = upkeepOf(cache, { check }).verify({
      ...EVERYTHING,
      after: '',
      signal: gone.signal,
    });
    await expect(first).rejects.toThrow('gone');
    const upkeep = upkeepOf(cache);
    await expect(upkeep.verify({ ...EVERYTHING, after: '', signal: gone.signal })).rejects.toThrow(
      'gone',
    );
    const next = await upkeep.verify({ ...EVERYTHING, after: '', signal });
    expect(next.checkedCount).toBe(2);
  });

  it('does one thing at a time', async () => {
    const cache = await bed.started();
    await cached(cache, 1);
    let resolve: () => void = () => undefined;
    const waiting = new Promise<undefined>((done) => {
      resolve = () => done(undefined);
    });
    const upkeep = upkeepOf(cache, { check: async () => waiting });
    const first = upkeep.verify({ ...EVERYTHING, after: '', signal });
    const refused = { code: 'RATE_LIMITED', details: { limit: 'cache' }, retryAfterSeconds: 5 };
    await expect(upkeep.verify({ ...EVERYTHING, after: '', signal })).rejects.toMatchObject(
      refused,
    );
    await expect(upkeep.evict({ ...EVERYTHING, signal })).rejects.toMatchObject(refused);
    resolve();
    expect((await first).checkedCount).toBe(1);
    expect((await upkeep.evict({ ...EVERYTHING, signal })).evicted).toHaveLength(1);
  });

  it('evicts what nobody uses, and says of the rest why it stays', async () => {
    const cache = await bed.started({ pinned: new Set([parseDatasetName('d2')]) });
    const [a, b, c] = await cached(cache, 4);
    if (a === undefined || b === undefined || c === undefined) return;
    using lease = await cache.lease(b);
    const { evicted, kept } = await upkeepOf(cache).evict({ ...EVERYTHING, signal });
    expect(evicted.map(({ datasets }) => datasets[0])).toEqual([
      'default/dev d0',
      'default/dev d3',
    ]);
    expect(kept.map(({ sha256, because }) => [sha256, because])).toEqual([
      [shaOf(c), 'pinned'],
      [shaOf(b), 'leased'],
    ]);
    expect(bed.filesThere()).toEqual([shaOf(b), shaOf(c)].toSorted());
    expect(lease.isCurrent).toBe(true);
    // What went comes again when somebody asks.
    (await cache.lease(a))[Symbol.dispose]();
    expect(cache.ready(a)).toBeDefined();
  });

  it('evicts one dataset with its shards, and nothing that another one has too', async () => {
    const cache = await bed.started();
    const [a] = await cached(cache, 2);
    if (a === undefined) return;
    const twin = { ...a, name: parseDatasetName('twin') };
    (await cache.lease(twin))[Symbol.dispose]();
    const upkeep = upkeepOf(cache);
    expect(await upkeep.evict({ ...named('d0'), signal })).toMatchObject({
      evicted: [],
      kept: [{ sha256: shaOf(a), because: 'shared' }],
    });
    expect(await upkeep.evict({ ...named('d0', 'other/dev'), signal })).toEqual({
      evicted: [],
      kept: [],
      hasMore: false,
    });
    expect(await upkeep.evict({ ...named('d1'), signal })).toMatchObject({
      evicted: [{ kind: 'artifact' }],
    });
    expect(bed.filesThere()).toEqual([shaOf(a)]);
  });

  it('sees nothing of other scopes where it is for one', async () => {
    const cache = await bed.started();
    const [a, b] = await cached(cache, 3);
    if (a === undefined || b === undefined) return;
    const theirs = { ...b, scope: 'theirs/dev' };
    (await cache.lease(theirs))[Symbol.dispose]();
    const upkeep = upkeepOf(cache);
    const ours: FilesMeant = { scope: 'default/dev', dataset: undefined };
    const others: FilesMeant = { scope: 'theirs/dev', dataset: undefined };
    expect((await upkeep.verify({ ...others, after: '', signal })).checkedCount).toBe(1);
    expect(await upkeep.evict({ ...others, signal })).toEqual({
      evicted: [],
      kept: [expect.objectContaining({ datasets: ['theirs/dev d1'], because: 'leased' })],
      hasMore: false,
    });
    const { evicted, kept } = await upkeep.evict({ ...ours, signal });
    expect(evicted).toHaveLength(2);
    expect(kept).toMatchObject([{ datasets: ['default/dev d1'], because: 'leased' }]);
    expect((await upkeep.evict({ scope: 'nobody/dev', dataset: undefined, signal })).kept).toEqual(
      [],
    );
  });

  it('says that there is more where there was no time for it, and ends when nobody waits any more', async () => {
    const cache = await bed.started();
    await cached(cache, 3);
    const upkeep = upkeepOf(cache, { requestMs: 0 });
    for (const hasMore of [true, true, false]) {
      const { evicted, ...rest } = await upkeep.evict({ ...EVERYTHING, signal });
      expect([evicted.length, rest]).toEqual([1, { kept: [], hasMore }]);
    }
    await cached(cache, 1);
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(upkeep.evict({ ...EVERYTHING, signal: gone })).rejects.toThrow('gone');
    expect(cache.state().count).toBe(1);
  });

  it('evicts nothing where it could not be had again', async () => {
    const filling = await bed.started();
    await cached(filling, 1);
    await filling.close();
    const cache = await bed.started({ cachedOnly: true });
    const upkeep = upkeepOf(cache, { cachedOnly: true });
    await expect(upkeep.evict({ ...EVERYTHING, signal })).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    });
    expect(cache.state().count).toBe(1);
  });
});
