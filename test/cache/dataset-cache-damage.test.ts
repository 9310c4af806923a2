import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { artifactPath } from '#stores/layout';
import { CacheBed, shaOf } from '#test/cache/cache-bed';
import { someBytes } from '#test/support/store-conformance';
import { eventually } from '#test/support/wait';

describe('DatasetCache, when bytes are damaged', () => {
  let bed: CacheBed;
  beforeEach(() => {
    bed = new CacheBed();
  });
  afterEach(async () => {
    await bed[Symbol.asyncDispose]();
  });

  it('the scrub finds a flipped byte, takes the file out of service, and downloads it again', async () => {
    const dataset = bed.dataset('a', someBytes(3_000_000));
    const store = bed.store([{}, { delayMs: 1_000 }]);
    const cache = await bed.started({ store, limits: { bytesMax: 10_000_000 } });
    const old = await cache.lease(dataset);
    bed.flip(shaOf(dataset), 2_500_000);
    await bed.clock.advance(300_000);
    await eventually('the damage to be found', () => store.calls.artifact === 2);
    expect(cache.ready(dataset)).toBeUndefined();
    expect(bed.filesThere()).not.toContain(shaOf(dataset));
    expect(bed.forgotten).toEqual([shaOf(dataset)]);
    const waiting = cache.lease(dataset);
    await bed.clock.advance(1_000);
    const repaired = await waiting;
    expect(sha256Of(readFileSync(repaired.file.path))).toBe(shaOf(dataset));
    expect(store.calls.artifact).toBe(2);
    // A report of the old file comes late and says nothing about the new one.
    cache.reportBroken(old.file, 'late');
    expect(cache.ready(dataset)).toBe(repaired.file);
    expect(cache.state().files[0]).toMatchObject({ openFailures: 0, verifiedAgeMs: 0 });
  });

  it('the scrub reads at its pace and never twice at once', async () => {
    const dataset = bed.dataset('a', someBytes(3_000_000));
    const limits = { bytesMax: 10_000_000 };
    const scrub = { intervalMs: 10_000, bytesPerSecond: 1_048_576 / 20 };
    const cache = await bed.started({ limits, scrub });
    await cache.lease(dataset);
    const verifiedAge = (): number | undefined => cache.state().files[0]?.verifiedAgeMs;
    // Three chunks of 20 s each, the first at once: longer than the time between two rounds.
    let seconds = 0;
    await eventually('the round to end', async () => {
      await bed.clock.advance(1_000);
      seconds += 1;
      // The sweep and the one scrub: a second round would sleep too.
      expect(bed.clock.sleeping).toBeLessThanOrEqual(2);
      return (verifiedAge() ?? 0) < seconds * 1_000;
    });
    expect(seconds).toBeGreaterThan(60);
    expect(bed.told('failed')).toEqual([]);
  });

  it('wrong bytes of downloads put a digest into quarantine, which time ends with a count of 0', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    const store = bed.store(Array.from({ length: 5 }, () => ({ flipsByte: 1 })));
    const cache = await bed.started({ store });
    for (let failures = 0; failures < 3; failures += 1)
      await expect(cache.lease(dataset)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await bed.clock.advance(100_500);
    await expect(cache.lease(dataset)).rejects.toMatchObject({
      code: 'DATASET_QUARANTINED',
      retryAfterSeconds: 200,
      details: { dataset: 'a', sha256: shaOf(dataset) },
    });
    expect(store.calls.artifact).toBe(3);
    const untilMs = bed.clock.nowMs() + 199_500;
    expect(cache.state()).toMatchObject({
      quarantines: 1,
      quarantined: [{ sha256: shaOf(dataset), untilMs }],
    });
    await bed.clock.advance(199_500);
    expect(cache.state().quarantined).toEqual([]);
    // Two more do not bring it back: the count began again.
    for (let failures = 0; failures < 2; failures += 1)
      await expect(cache.lease(dataset)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await cache.lease(dataset);
    expect(store.calls.artifact).toBe(6);
  });

  it('a disk that damages every file causes three downloads, not one after the other for ever', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    const store = bed.store();
    const cache = await bed.started({ store });
    await cache.lease(dataset);
    for (let rounds = 0; rounds < 6; rounds += 1) {
      if (cache.state().count > 0) bed.flip(shaOf(dataset));
      await cache.verify(shaOf(dataset));
      await bed.clock.advance(10);
      const stays = (): boolean => cache.state().count + cache.state().quarantined.length === 1;
      await eventually('repair or quarantine', stays);
    }
    expect(store.calls.artifact).toBe(3);
    await eventually('the file to be gone', () => bed.filesThere().length === 0);
    await expect(cache.lease(dataset)).rejects.toMatchObject({ code: 'DATASET_QUARANTINED' });
  });

  it('reportBroken() keeps everybody from the file until all its bytes were checked', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    const cache = await bed.started();
    const { file } = await cache.lease(dataset);
    bed.flip(shaOf(dataset));
    for (let readers = 0; readers < 100; readers += 1) cache.reportBroken(file, 'malformed');
    expect(cache.ready(dataset)).toBeUndefined();
    const repaired = await cache.lease(dataset);
    expect(sha256Of(readFileSync(repaired.file.path))).toBe(shaOf(dataset));
    // A hundred readers that met one damage are one failure.
    expect(cache.state()).toMatchObject({ quarantines: 0, downloads: 2 });
  });

  it('reportBroken() of right bytes downloads nothing, and the third puts the artifact into quarantine', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    const store = bed.store();
    const cache = await bed.started({ store });
    for (let reports = 1; reports <= 3; reports += 1) {
      const { file } = await cache.lease(dataset);
      cache.reportBroken({ ...file }, 'file is not a database');
      await eventually('the check', () => bed.told('damaged').length === reports);
      expect(cache.state().files[0]?.openFailures).toBe(reports);
    }
    await expect(cache.lease(dataset)).rejects.toMatchObject({ code: 'DATASET_QUARANTINED' });
    expect(cache.ready(dataset)).toBeUndefined();
    expect(cache.state().files[0]?.quarantinedUntilMs).toBe(bed.clock.nowMs() + 300_000);
    expect(store.calls.artifact).toBe(1);
    await bed.clock.advance(300_000);
    expect(cache.ready(dataset)).toBeDefined();
  });

  it('a quarantined new version leaves the old one in service', async () => {
    const before = bed.dataset('a', someBytes(100, 1));
    const store = bed.store([{}, ...Array.from({ length: 3 }, () => ({ flipsByte: 1 }))]);
    const cache = await bed.started({ store });
    (await cache.lease(before))[Symbol.dispose]();
    const after = bed.dataset('a', someBytes(200, 2));
    for (let failures = 1; failures <= 5; failures += 1) {
      using lease = await cache.lease(after);
      expect(lease.file.sha256).toBe(shaOf(before));
      await eventually('the failure', () => bed.told('failed').length >= Math.min(3, failures));
    }
    expect(store.calls.artifact).toBe(4);
  });

  it('verify() tells intact, damaged and absent, and repairs', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    const cache = await bed.started();
    expect(await cache.verify(shaOf(dataset))).toBe('absent');
    await cache.lease(dataset);
    expect(await cache.verify(shaOf(dataset))).toBe('intact');
    rmSync(bed.pathOf(shaOf(dataset)));
    expect(await cache.verify(shaOf(dataset))).toBe('damaged');
    await eventually('the repair', () => cache.state().count === 1);
    expect(await cache.verify(shaOf(dataset))).toBe('intact');
  });

  it('verify() says nothing about a file that was evicted while it was read', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    const cache = await bed.started();
    (await cache.lease(dataset))[Symbol.dispose]();
    const checking = cache.verify(shaOf(dataset));
    await cache.evict(shaOf(dataset));
    expect(await checking).toBe('absent');
    expect(bed.told('damaged')).toEqual([]);
  });

  it('lease() does not take a file that somebody else has put in its place', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    const cache = await bed.started();
    const path = bed.pathOf(shaOf(dataset));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, someBytes(100, 2));
    using lease = await cache.lease(dataset);
    expect(sha256Of(readFileSync(lease.file.path))).toBe(shaOf(dataset));
  });

  it('a repair that fails says so, and nothing is served meanwhile', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    const cache = await bed.started();
    await cache.lease(dataset);
    bed.folder.remove(artifactPath(shaOf(dataset)));
    bed.flip(shaOf(dataset));
    expect(await cache.verify(shaOf(dataset))).toBe('damaged');
    await eventually('the failure', () => bed.told('failed').length === 1);
    expect(bed.told('failed')).toMatchObject([{ work: 'repair', subject: shaOf(dataset) }]);
    await expect(cache.lease(dataset)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await eventually('the file to be gone', () => bed.filesThere().length === 0);
  });

  it('a handle that cannot be closed does not keep a damaged file in service', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    const cache = await bed.started({
      onForget: async () => {
        throw new Error('stuck');
      },
    });
    await cache.lease(dataset);
    bed.flip(shaOf(dataset));
    await cache.verify(shaOf(dataset));
    await eventually('the repair', () => cache.ready(dataset));
    expect(bed.told('failed')).toMatchObject([{ work: 'forget', error: { message: 'stuck' } }]);
  });

  it('nobody downloads a file anew before the handles of the damaged one are closed', async () => {
    const dataset = bed.dataset('a', someBytes(100));
    let close = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const store = bed.store();
    const cache = await bed.started({ store, onForget: async () => closed });
    await cache.lease(dataset);
    bed.flip(shaOf(dataset));
    const verified = cache.verify(shaOf(dataset));
    await eventually('the damage', () => bed.told('damaged').length === 1);
    const waiting = cache.lease(dataset);
    // Long enough for a whole download.
    await cache.lease(bed.dataset('b', someBytes(100, 2)));
    expect([store.calls.artifact, cache.ready(dataset)]).toEqual([2, undefined]);
    close();
    await verified;
    expect((await waiting).isCurrent).toBe(true);
  });
});
