import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { systemClock } from '#flow/clock';
import { CacheBed, shaOf } from '#test/cache/cache-bed';
import { settled } from '#test/support/fake-clock';
import { forSeeds } from '#test/support/seed';
import { someBytes } from '#test/support/store-conformance';
import { eventually } from '#test/support/wait';

describe('DatasetCache, when the artifact of a dataset changes', () => {
  let bed: CacheBed;
  beforeEach(() => {
    bed = new CacheBed();
  });
  afterEach(async () => {
    await bed[Symbol.asyncDispose]();
  });

  it('lease() gives the old file while the new one is downloaded once, and the new one from then on', async () => {
    const before = bed.dataset('a', someBytes(100, 1));
    const store = bed.store([{}, { delayMs: 1_000 }]);
    const cache = await bed.started({ store });
    const held = await cache.lease(before);
    const after = bed.dataset('a', someBytes(200, 2));
    expect(cache.ready(after)).toBeUndefined();
    const during = await Promise.all(Array.from({ length: 20 }, () => cache.lease(after)));
    for (const { file, isCurrent } of during)
      expect([file.sha256, isCurrent]).toEqual([shaOf(before), false]);
    await eventually('the download', () => store.calls.artifact === 2);
    await bed.clock.advance(1_000);
    await eventually('the new file', () => cache.ready(after));
    expect(store.calls.artifact).toBe(2);
    const current = await cache.lease(after);
    expect([current.file.sha256, current.isCurrent]).toEqual([shaOf(after), true]);
    // Whoever has the old one still reads it, as it was.
    expect(sha256Of(readFileSync(held.file.path))).toBe(shaOf(before));
    for (const lease of during) lease[Symbol.dispose]();
    await settled();
    expect(bed.filesThere()).toContain(shaOf(before));
    held[Symbol.dispose]();
    await eventually('the old file to go', () => bed.filesThere().length === 1);
    expect(bed.filesThere()).toEqual([shaOf(after)]);
    expect(bed.forgotten).toEqual([shaOf(before)]);
    expect(bed.told('evicted')).toMatchObject([{ sha256: shaOf(before), why: 'replaced' }]);
  });

  it('the old file stays in service while the new one cannot be had, and comes back into use', async () => {
    const before = bed.dataset('a', someBytes(100, 1));
    const steps = [{}, { status: 500 }, { status: 500 }];
    const breaker = { failuresMax: 2, openMs: 1_000 };
    const store = bed.store(steps);
    const cache = await bed.started({ store, breaker });
    (await cache.lease(before))[Symbol.dispose]();
    const after = bed.dataset('a', someBytes(200, 2));
    const request = async (): Promise<void> => {
      using lease = await cache.lease(after);
      expect([lease.file.sha256, lease.isCurrent]).toEqual([shaOf(before), false]);
    };
    await eventually('both failures', async () => {
      await request();
      return bed.told('failed').length === 2;
    });
    for (let requests = 0; requests < 10; requests += 1) await request();
    await settled();
    expect([store.calls.artifact, bed.told('failed').length]).toEqual([3, 2]);
    using again = await cache.lease(before);
    expect(again.isCurrent).toBe(true);
    await bed.clock.advance(1_000);
    (await cache.lease(after))[Symbol.dispose]();
    await eventually('the new file', () => cache.ready(after));
  });

  it('the count of datasets is not in the way of a swap, and a cache too small for both takes the new one', async () => {
    const before = bed.dataset('a', someBytes(600, 1));
    const limits = { datasetsMax: 1, bytesMax: 1_000, highPct: 100, lowPct: 90 };
    const cache = await bed.started({ limits });
    (await cache.lease(before))[Symbol.dispose]();
    const small = bed.dataset('a', someBytes(300, 2));
    expect((await cache.lease(small)).isCurrent).toBe(false);
    await eventually('the small one', () => cache.ready(small));
    const large = bed.dataset('a', someBytes(900, 3));
    const lease = await cache.lease(large);
    expect(lease.isCurrent).toBe(false);
    lease[Symbol.dispose]();
    await settled();
    expect(cache.state().bytes).toBeLessThanOrEqual(1_000);
  });

  it('the old file is not evicted to make room for the new one as long as there is room for both', async () => {
    const before = bed.dataset('a', someBytes(400, 1));
    const store = bed.store([{}, { delayMs: 1_000 }]);
    const cache = await bed.started({ store, limits: { bytesMax: 1_000 } });
    (await cache.lease(before))[Symbol.dispose]();
    const after = bed.dataset('a', someBytes(550, 2));
    (await cache.lease(after))[Symbol.dispose]();
    await eventually('the download', () => store.calls.artifact === 2);
    // Over the high mark: without it, the old file would be the first to go.
    await cache.lease(bed.dataset('b', someBytes(50, 3)));
    using during = await cache.lease(after);
    expect([during.file.sha256, during.isCurrent]).toEqual([shaOf(before), false]);
    await bed.clock.advance(1_000);
    await eventually('the new file', () => cache.ready(after));
  });

  it('a version whose download ends late does not take the place of a newer one', async () => {
    const [one, two, three] = [1, 2, 3].map((n) => bed.dataset('a', someBytes(100 * n, n)));
    if (one === undefined || two === undefined || three === undefined) return;
    const store = bed.store([{}, { delayMs: 5_000 }, { delayMs: 1_000 }]);
    const cache = await bed.started({ store });
    (await cache.lease(one))[Symbol.dispose]();
    (await cache.lease(two))[Symbol.dispose]();
    await eventually('the second', () => store.calls.artifact === 2);
    (await cache.lease(three))[Symbol.dispose]();
    await eventually('the third', () => store.calls.artifact === 3);
    await bed.clock.advance(1_000);
    await eventually('the newest', () => cache.ready(three));
    await bed.clock.advance(4_000);
    await eventually('the late one', () => cache.state().downloads === 3);
    for (let requests = 0; requests < 3; requests += 1) {
      using lease = await cache.lease(three);
      expect([lease.file.sha256, lease.isCurrent]).toEqual([shaOf(three), true]);
    }
    expect(store.calls.artifact).toBe(3);
  });

  it('two datasets with one artifact share its file, and it stays until neither has it', async () => {
    const bytes = someBytes(100);
    const [a, b] = [bed.dataset('a', bytes), bed.dataset('b', bytes)];
    const cache = await bed.started();
    for (const dataset of [a, b]) (await cache.lease(dataset))[Symbol.dispose]();
    expect(cache.state()).toMatchObject({ count: 1, downloads: 1 });
    for (const name of ['a', 'b']) {
      expect(bed.filesThere()).toContain(shaOf(a));
      const changed = bed.dataset(name, someBytes(100, name.charCodeAt(0)));
      (await cache.lease(changed))[Symbol.dispose]();
      await eventually('the swap', () => cache.ready(changed));
    }
    await eventually('the shared file to go', () => !bed.filesThere().includes(shaOf(a)));
  });

  it('no reader fails and each reads one whole version while versions change under all of them', async () => {
    await forSeeds(3, async (random) => {
      await using own = new CacheBed();
      const cache = await own.started({ store: own.store([], systemClock), clock: systemClock });
      let served = own.dataset('a', someBytes(20_000, 1));
      (await cache.lease(served))[Symbol.dispose]();
      let isOver = false;
      const readers = Array.from({ length: 8 }, async () => {
        while (!isOver) {
          using lease = await cache.lease(served);
          const first = sha256Of(readFileSync(lease.file.path));
          for (let turns = random.int(4); turns > 0; turns -= 1) await settled();
          expect([first, sha256Of(readFileSync(lease.file.path))]).toEqual([
            lease.file.sha256,
            lease.file.sha256,
          ]);
        }
      });
      for (let version = 2; version < 12; version += 1) {
        served = own.dataset('a', someBytes(20_000, version));
        const current = served;
        await eventually('the new version', () => cache.ready(current));
      }
      isOver = true;
      await Promise.all(readers);
      await eventually('old files to go', () => own.filesThere().length === 1);
      expect(own.told('failed')).toEqual([]);
    });
  });
});
