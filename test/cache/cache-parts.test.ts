import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { array, assert, integer, property, string, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFile, Pace } from '#cache/file-check';
import { Holds } from '#cache/holds';
import { Quarantine } from '#cache/quarantine';
import { warmUpDelayMs, warmUpNames } from '#cache/warm-up';
import { parseDatasetName } from '#domain/dataset-name';
import { type Sha256, sha256Of } from '#domain/digest';
import { FakeClock } from '#test/support/fake-clock';
import { someBytes } from '#test/support/store-conformance';
import { tempFolder } from '#test/support/temp';

const { signal } = new AbortController();

describe('Quarantine', () => {
  const options = { failuresMax: 3, quarantineMs: 1_000 };
  const [one, two] = [sha256Of('1'), sha256Of('2')];

  it('begins with the last failure that is allowed, for that digest alone, and ends with a count of 0', () => {
    const clock = new FakeClock();
    const quarantine = new Quarantine({ ...options, clock });
    expect([1, 2, 3, 4].map(() => quarantine.fail(one))).toEqual([false, false, true, false]);
    expect([quarantine.leftMs(one), quarantine.leftMs(two)]).toEqual([1_000, 0]);
    clock.skip(999);
    expect([quarantine.leftMs(one), quarantine.current()]).toEqual([1, [one]]);
    clock.skip(1);
    expect([quarantine.leftMs(one), quarantine.current(), quarantine.failures(one)]).toEqual([
      0,
      [],
      0,
    ]);
    expect(quarantine.fail(one)).toBe(false);
    expect(quarantine.failures(one)).toBe(1);
  });

  it('does not lengthen by failures that come while it lasts', () => {
    const clock = new FakeClock();
    const quarantine = new Quarantine({ ...options, clock });
    for (let n = 0; n < 3; n += 1) quarantine.fail(one);
    clock.skip(900);
    quarantine.fail(one);
    expect(quarantine.leftMs(one)).toBe(100);
  });

  it('forgets the oldest of more than ten thousand digests', () => {
    const quarantine = new Quarantine({ ...options, clock: new FakeClock() });
    for (let n = 0; n < 10_001; n += 1) quarantine.fail(sha256Of(`${n}`));
    expect(quarantine.failures(sha256Of('0'))).toBe(0);
    expect(quarantine.failures(sha256Of('10000'))).toBe(1);
  });
});

describe('Holds', () => {
  it('tells once when the last of many lets go, in whatever order and however often each does', () => {
    assert(
      property(array(integer({ min: 0, max: 9 }), { minLength: 20, maxLength: 60 }), (order) => {
        const freed: Sha256[] = [];
        const holds = new Holds((sha256) => freed.push(sha256));
        const sha256 = sha256Of('x');
        const releases = Array.from({ length: 10 }, () => holds.take(sha256));
        const gone = new Set<number>();
        for (const index of order) {
          releases[index]?.();
          gone.add(index);
          expect(holds.count(sha256)).toBe(10 - gone.size);
          expect(freed).toHaveLength(gone.size === 10 ? 1 : 0);
        }
      }),
    );
  });
});

describe('the warm-up', () => {
  it('takes each name once, sorted, and no more than the limit and the cache allow', () => {
    const name = string({ minLength: 1, maxLength: 3 }).filter((s) => /^[a-z]+$/.test(s));
    assert(
      property(uniqueArray(name), integer({ min: -1, max: 9 }), (texts, limit) => {
        const names = [...texts, ...texts].map((text) => parseDatasetName(text));
        const chosen = warmUpNames({ names, limit }, 5);
        expect(chosen).toEqual([...texts].toSorted().slice(0, Math.max(0, Math.min(limit, 5))));
      }),
    );
  });

  it('waits by the id of the node: always the same, below the most, and spread', () => {
    const waits = Array.from({ length: 200 }, (_, n) =>
      warmUpDelayMs({ seed: `node-${n}`, jitterMaxMs: 10_000 }),
    );
    expect(waits.every((ms) => ms >= 0 && ms < 10_000)).toBe(true);
    expect(new Set(waits.map((ms) => Math.floor(ms / 1_000))).size).toBe(10);
    expect(warmUpDelayMs({ seed: 'node-7', jitterMaxMs: 10_000 })).toBe(waits[7]);
    expect(warmUpDelayMs({ seed: 'node-7', jitterMaxMs: 0 })).toBe(0);
  });
});

describe('checkFile()', () => {
  it('finds nothing wrong with right bytes, and everything else', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'file');
    const bytes = someBytes(1_500_000);
    const file = { sha256: sha256Of(bytes), path, bytes: bytes.length };
    const written = async (content: Uint8Array): Promise<string | undefined> => {
      writeFileSync(path, content);
      return await checkFile(file, { signal });
    };
    expect(await written(bytes)).toBeUndefined();
    const flipped = Buffer.from(bytes);
    flipped[1_499_999] = (flipped[1_499_999] ?? 0) ^ 128;
    expect(await written(flipped)).toMatch(/^its SHA-256 is/);
    expect(await written(bytes.subarray(1))).toMatch('does not have its 1500000 bytes');
    expect(await written(Buffer.concat([bytes, bytes]))).toMatch('does not have its');
    const gone = { ...file, path: join(folder.path, 'gone') };
    expect(await checkFile(gone, { signal })).toBe('it cannot be read: ENOENT');
    mkdirSync(gone.path);
    expect(await checkFile(gone, { signal })).toBe('it cannot be read: EISDIR');
    const empty = { sha256: sha256Of(''), path, bytes: 0 };
    writeFileSync(path, '');
    expect(await checkFile(empty, { signal })).toBeUndefined();
  });

  it('ends when its signal aborts', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'file');
    writeFileSync(path, 'x');
    const file = { sha256: sha256Of('x'), path, bytes: 1 };
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(checkFile(file, { signal: aborted })).rejects.toThrow('enough');
  });
});

describe('Pace', () => {
  it('lets through what its rate allows, and does not make up for a pause', async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock, 1_000);
    await pace.take(500, signal);
    const second = pace.take(500, signal);
    expect(clock.sleeping).toBe(1);
    await clock.advance(500);
    await second;
    await clock.advance(60_000);
    await pace.take(500, signal);
    const next = pace.take(500, signal);
    expect(clock.sleeping).toBe(1);
    await clock.advance(500);
    await next;
  });
});
