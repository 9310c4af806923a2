import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServedDataset } from '#cache/served-dataset';
import { type Sha256, sha256Of } from '#domain/digest';
import { artifactPath } from '#stores/layout';
import { CacheBed, shaOf } from '#test/cache/cache-bed';
import type { CacheTask } from '#test/cache/dataset-cache-child';
import { forSeeds } from '#test/support/seed';
import { someBytes } from '#test/support/store-conformance';
import { eventually } from '#test/support/wait';

const CHILD = join(import.meta.dirname, '../../dist/test/cache/dataset-cache-child.js');

/** A process with a cache, and what it has said. */
interface Child extends AsyncDisposable {
  said(): readonly string[];
  write(line: string): void;
  kill(): Promise<void>;
}

function startChild(task: CacheTask): Child {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  return {
    said: () => out.split('\n').slice(0, -1),
    write: (line) => void child.stdin.write(`${line}\n`),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

describe('DatasetCache, after a restart', () => {
  let bed: CacheBed;
  beforeEach(() => {
    bed = new CacheBed();
  });
  afterEach(async () => {
    await bed[Symbol.asyncDispose]();
  });

  const datasets = (count: number, bytes = 100): ServedDataset[] =>
    Array.from({ length: count }, (_, i) => bed.dataset(`d${i}`, someBytes(bytes, i + 1)));

  it('a process killed in the middle of a download leaves only whole files for the next one', async () => {
    const list = datasets(4, 60_000);
    const roots = ['r1', 'r2', 'r3'].map((name) => join(bed.root, name));
    await forSeeds(3, async (random) => {
      bed.root = roots.pop() ?? bed.root;
      const store = bed.folder.path;
      const task = { root: bed.root, store, datasets: list, bytesPerSecond: 600_000 };
      await using child = startChild(task);
      const wholeMin = random.int(3);
      await eventually('some files', () => child.said().length > wholeMin);
      await eventually('a half file', () => bed.filesThere().some((name) => name.includes('-')));
      await new Promise((resolve) => setTimeout(resolve, random.int(60)));
      await child.kill();
      const cache = await bed.started();
      const names = bed.filesThere();
      expect(names.filter((name) => name.includes('-'))).toEqual([]);
      expect(names.length).toBeGreaterThanOrEqual(wholeMin);
      for (const name of names)
        expect(sha256Of(readFileSync(bed.pathOf(name as Sha256)))).toBe(name);
      for (const dataset of list) (await cache.lease(dataset))[Symbol.dispose]();
      expect(cache.state().downloads).toBe(4 - names.length);
    });
  });

  it('a process killed while a damaged file was being removed leaves nothing of it to the next one', async () => {
    const [dataset] = datasets(1);
    if (dataset === undefined) return;
    const store = bed.folder.path;
    const task = { root: bed.root, store, datasets: [dataset], bytesPerSecond: 1e9 };
    await using child = startChild(task);
    await eventually('the file', () => child.said().includes('d0'));
    bed.flip(shaOf(dataset));
    child.write('verify');
    await eventually('the damage', () => !bed.filesThere().includes(shaOf(dataset)));
    // Its handles are never closed, so the bytes are still somewhere.
    expect(bed.filesThere()).toHaveLength(1);
    await child.kill();
    await bed.started();
    expect(bed.filesThere()).toEqual([]);
  });

  it('start() takes up 8 files of 100 MB without reading them, within a second, and the scrub reads them soon', async () => {
    const limits = { bytesMax: 2e9 };
    const scrub = { intervalMs: 300_000, bytesPerSecond: 1 };
    for (let n = 0; n < 8; n += 1) {
      const path = join(bed.root, artifactPath(sha256Of(`${n}`)));
      mkdirSync(dirname(path), { recursive: true });
      closeSync(openSync(path, 'w'));
      truncateSync(path, 100_000_000);
    }
    const begun = performance.now();
    const cache = await bed.started({ limits, scrub });
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(cache.state()).toMatchObject({ count: 8, bytes: 800_000_000 });
    expect(cache.state().files.map((file) => file.verifiedAgeMs)).toEqual(Array(8).fill(undefined));
    // None of them has the bytes of its name; the first to be read shows it.
    await bed.clock.advance(1);
    await cache.close();
    await bed.started({ limits });
    await eventually('the scrub to find them all', () => bed.told('damaged').length === 8);
    await eventually('all of them to go', () => bed.filesThere().length === 0);
  });

  it('what was kept is served without the store, in the order of use, and repaired when it was damaged meanwhile', async () => {
    const list = datasets(3);
    const [a, b, c] = list;
    if (a === undefined || b === undefined || c === undefined) return;
    const first = await bed.started();
    for (const dataset of [b, c, a]) (await first.lease(dataset))[Symbol.dispose]();
    await first.close();
    bed.flip(shaOf(b));
    const store = bed.store();
    const cache = await bed.started({ store });
    expect(cache.state().files.map(({ datasets }) => datasets)).toEqual([
      ['default/dev d1'],
      ['default/dev d2'],
      ['default/dev d0'],
    ]);
    (await cache.lease(a))[Symbol.dispose]();
    (await cache.lease(c))[Symbol.dispose]();
    await eventually('the repair', () => cache.state().downloads === 1);
    expect(sha256Of(readFileSync(bed.pathOf(shaOf(b))))).toBe(shaOf(b));
    expect(store.calls.artifact).toBe(1);
  });

  it('an old file is served after a restart while the new one is downloaded', async () => {
    const before = bed.dataset('a', someBytes(100, 1));
    const first = await bed.started();
    await first.lease(before);
    await first.close();
    const after = bed.dataset('a', someBytes(200, 2));
    const cache = await bed.started();
    using lease = await cache.lease(after);
    expect([lease.file.sha256, lease.isCurrent]).toEqual([shaOf(before), false]);
    await eventually('the new one', () => cache.ready(after));
  });

  it('a file whose size has changed is removed at once, known by its claim or by its dataset', async () => {
    const [a, b] = datasets(2);
    if (a === undefined || b === undefined) return;
    const first = await bed.started();
    for (const dataset of [a, b]) await first.lease(dataset);
    await first.close();
    truncateSync(bed.pathOf(shaOf(a)), 99);
    const hung = { intervalMs: 1e9, bytesPerSecond: 1e-9 };
    const second = await bed.started({ scrub: hung });
    expect(bed.filesThere()).toEqual([shaOf(b)]);
    await second.close();
    truncateSync(bed.pathOf(shaOf(b)), 99);
    writeFileSync(join(bed.root, 'claims', 'claims.json'), '{"version":1,"files":[{"bytes":-1}]}');
    const third = await bed.started({ scrub: hung });
    expect(third.state().files).toMatchObject([{ sha256: shaOf(b), bytes: 99, datasets: [] }]);
    expect(third.ready(b)).toBeUndefined();
    using lease = await third.lease(b);
    expect(sha256Of(readFileSync(lease.file.path))).toBe(shaOf(b));
  });

  it('start() removes leftovers, and leaves files alone that are no artifacts', async () => {
    mkdirSync(join(bed.root, 'tmp'), { recursive: true });
    mkdirSync(join(bed.root, 'artifacts', 'sha256', 'ab'), { recursive: true });
    writeFileSync(join(bed.root, 'tmp', 'half'), 'half');
    const strange = ['notes.txt', sha256Of('not here')];
    for (const name of strange)
      writeFileSync(join(bed.root, 'artifacts', 'sha256', 'ab', name), 'x');
    const cache = await bed.started();
    expect(cache.state().count).toBe(0);
    expect(bed.filesThere()).toEqual(strange.toSorted());
  });
});
