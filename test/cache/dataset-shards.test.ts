import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServedDataset } from '#cache/served-dataset';
import { sha256Of } from '#domain/digest';
import { CacheBed, shaOf } from '#test/cache/cache-bed';
import { someBytes } from '#test/support/store-conformance';
import { eventually } from '#test/support/wait';

interface ShardJson {
  readonly shard_id: string;
  readonly seqids: readonly string[];
  readonly sqlite_path: string;
  readonly sqlite_sha256: string;
}

describe('DatasetCache.shard()', () => {
  let bed: CacheBed;
  beforeEach(() => {
    bed = new CacheBed();
  });
  afterEach(async () => {
    await bed[Symbol.asyncDispose]();
  });

  /** A dataset with so many shards of 100 bytes, one a sequence `chr<n>`. */
  function sharded(
    count: number,
    change: (list: { shards: ShardJson[] }) => object = (list) => list,
    seed = 0,
  ): ServedDataset {
    const objects = Array.from({ length: count }, (_, n) =>
      bed.object(`gene_summary.chr${n}.sqlite`, someBytes(100, seed + 1_000 + n)),
    );
    const shards = objects.map(({ key, sha256 }, n) => ({
      shard_id: `p${String(n).padStart(3, '0')}`,
      seqids: [`chr${n}`],
      sqlite_path: key,
      sqlite_sha256: sha256,
    }));
    const list = { model_version: 'v1', dataset: { release: '110' }, mode: 'contig', shards };
    const text = JSON.stringify(change(list));
    const listed = bed.object('catalog_shards.json', Buffer.from(text));
    return bed.served(bed.folder.add('a', someBytes(500, seed + 1)), [...objects, listed]);
  }

  it('gives the shard of a sequence, fetches the list once, and nothing that was not asked for', async () => {
    const dataset = sharded(3);
    const store = bed.store();
    const cache = await bed.started({ store });
    using first = await cache.shard(dataset, 'chr1');
    using again = await cache.shard(dataset, 'chr1');
    using _other = await cache.shard(dataset, 'chr2');
    expect(readFileSync(first?.file.path ?? '').equals(someBytes(100, 1_001))).toBe(true);
    expect([again?.file, again?.isCurrent]).toEqual([first?.file, true]);
    expect(store.calls.artifact).toBe(3);
    expect(cache.state().files.map(({ kind }) => kind)).toEqual(['shard-list', 'shard', 'shard']);
    expect(cache.state().bytes).toBe(200 + (dataset.objects.at(-1)?.bytes ?? 0));
  });

  it('gives nothing for an unknown sequence or a dataset without shards: the artifact answers', async () => {
    const cache = await bed.started();
    expect(await cache.shard(sharded(2), 'chr9')).toBeUndefined();
    expect(await cache.shard(bed.dataset('plain', someBytes(10)), 'chr1')).toBeUndefined();
    expect(await cache.shard(sharded(2), '__proto__')).toBeUndefined();
  });

  const first = (list: { shards: ShardJson[] }): ShardJson => {
    const [shard] = list.shards;
    if (shard === undefined) throw new Error('It has no shards');
    return shard;
  };
  it.each<[string, (list: { shards: ShardJson[] }) => object]>([
    ['is not sorted', (list) => ({ ...list, shards: list.shards.toReversed() })],
    ['has a shard twice', (list) => ({ ...list, shards: [first(list), first(list)] })],
    ['has a hostile id', (l) => ({ ...l, shards: [{ ...first(l), shard_id: '../x' }] })],
    ['has a shard without sequences', (l) => ({ ...l, shards: [{ ...first(l), seqids: [] }] })],
    ['has a sequence twice', (l) => ({ ...l, shards: [{ ...first(l), seqids: ['x', 'x'] }] })],
    ['names no object', (l) => ({ ...l, shards: [{ ...first(l), sqlite_path: '/etc/passwd' }] })],
    [
      'has another digest',
      (l) => ({ ...l, shards: [{ ...first(l), sqlite_sha256: sha256Of('x') }] }),
    ],
    ['has no digest', (l) => ({ ...l, shards: [{ ...first(l), sqlite_sha256: 'x' }] })],
    ['has an unknown mode', (list) => ({ ...list, mode: 'region_grid' })],
    ['has an unknown field', (list) => ({ ...list, more: 1 })],
    ['is a list', () => []],
    ['has too many', (l) => ({ ...l, shards: Array(513).fill(first(l)) })],
  ])('refuses a list that %s, with DATASET_UNUSABLE, each time', async (_what, change) => {
    const dataset = sharded(2, change);
    const store = bed.store();
    const cache = await bed.started({ store });
    for (let times = 0; times < 2; times += 1)
      await expect(cache.shard(dataset, 'chr0')).rejects.toMatchObject({
        code: 'DATASET_UNUSABLE',
        message: expect.stringMatching(/^Cannot use the shards of dataset "a": .* \(want .*\)$/),
      });
    expect(store.calls.artifact).toBe(1);
    // The artifact is not touched by it.
    expect((await cache.lease(dataset)).isCurrent).toBe(true);
  });

  it('keeps so many shards, evicts the one that was not used for longest, and refuses when all are leased', async () => {
    const dataset = sharded(3);
    const cache = await bed.started({ limits: { openShardsMax: 2, datasetsMax: 1 } });
    (await cache.lease(dataset))[Symbol.dispose]();
    (await cache.shard(dataset, 'chr0'))?.[Symbol.dispose]();
    using one = await cache.shard(dataset, 'chr1');
    using two = await cache.shard(dataset, 'chr2');
    expect([one?.isCurrent, two?.isCurrent]).toEqual([true, true]);
    const gone = dataset.objects.find(({ key }) => key.includes('chr0'));
    expect(bed.forgotten).toEqual([gone?.sha256]);
    await expect(cache.shard(dataset, 'chr0')).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringContaining('all 2 shards'),
    });
    expect(cache.ready(dataset)).toBeDefined();
  });

  it('shards go with their dataset; one that is leased goes when it is released', async () => {
    const dataset = sharded(2);
    const cache = await bed.started();
    (await cache.lease(dataset))[Symbol.dispose]();
    (await cache.shard(dataset, 'chr0'))?.[Symbol.dispose]();
    const held = await cache.shard(dataset, 'chr1');
    expect(await cache.evict(shaOf(dataset))).toBe(true);
    expect(cache.state().files.map(({ kind }) => kind)).toEqual(['shard']);
    held?.[Symbol.dispose]();
    await eventually('all to go', () => bed.filesThere().length === 0);
  });

  it('shards of an old version go with it, and those that both versions have stay', async () => {
    const before = sharded(2);
    const cache = await bed.started();
    (await cache.lease(before))[Symbol.dispose]();
    for (const seqid of ['chr0', 'chr1']) (await cache.shard(before, seqid))?.[Symbol.dispose]();
    const [, chr0] = before.objects;
    const entry = bed.folder.add('a', someBytes(600, 77));
    const after = bed.served(entry, chr0 === undefined ? [] : [chr0]);
    (await cache.lease(after))[Symbol.dispose]();
    await eventually('the swap', () => cache.ready(after));
    await cache.lease(after);
    const stay = new Set([chr0?.sha256, shaOf(after)]);
    await eventually('the old ones to go', () => cache.state().count === 2);
    expect(new Set(cache.state().files.map(({ sha256 }) => sha256))).toEqual(stay);
  });

  it('a list that was damaged on the disk is downloaded again before it is read', async () => {
    const dataset = sharded(2);
    const cache = await bed.started();
    (await cache.shard(dataset, 'chr0'))?.[Symbol.dispose]();
    bed.flip(dataset.objects.at(-1)?.sha256 ?? shaOf(dataset), 5);
    const anew = { ...dataset };
    using lease = await cache.shard(anew, 'chr1');
    expect(lease?.isCurrent).toBe(true);
    expect(cache.state().downloads).toBe(4);
  });

  it('shards that were kept are served cached-only after a restart, and a damaged one never', async () => {
    const dataset = sharded(2);
    const filling = await bed.started();
    for (const seqid of ['chr0', 'chr1']) (await filling.shard(dataset, seqid))?.[Symbol.dispose]();
    await filling.close();
    const cache = await bed.started({ cachedOnly: true, limits: { openShardsMax: 1 } });
    using lease = await cache.shard(dataset, 'chr1');
    expect(lease?.file.bytes).toBe(100);
    const kinds = cache.state().files.map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(['shard', 'shard', 'shard-list']);
    const chr0 = dataset.objects[1]?.sha256 ?? shaOf(dataset);
    bed.flip(chr0);
    expect(await cache.verify(chr0)).toBe('damaged');
    await expect(cache.shard(dataset, 'chr0')).rejects.toMatchObject({ code: 'NOT_CACHED' });
  });
});
