import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArtifactFiles } from '#cache/artifact-files';
import { sha256Of } from '#domain/digest';
import { systemClock } from '#flow/clock';
import { RetryBudget } from '#flow/retry-budget';
import { Semaphore } from '#flow/semaphore';
import { parseFakeScript } from '#stores/fake/fake-script';
import { FakeStore } from '#stores/fake/fake-store';
import { FederatedStore } from '#stores/federated/federated-store';
import { KeptSource } from '#stores/federated/kept-source';
import { artifactPath } from '#stores/layout';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import type { Store } from '#stores/store';
import { someBytes } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';

const clock = systemClock;

describe('ArtifactFiles', () => {
  let temporary: TempFolder;
  let folder: StoreFolder;
  beforeEach(() => {
    temporary = tempFolder();
    folder = new StoreFolder(join(temporary.path, 'store'));
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  function fake(script: object, source = 'far', from = folder): FakeStore {
    const content = new LocalfsStore({ source, root: from.path });
    return new FakeStore({
      source,
      content,
      script: parseFakeScript(JSON.stringify(script)),
      clock,
    });
  }

  function filesFrom(
    store: Store,
    options: { attempts?: number; budget?: number } = {},
  ): ArtifactFiles {
    const budget = (capacity: number) =>
      new RetryBudget({ capacity, refillPerSecond: 0.001, clock });
    const own = budget(options.budget ?? 100);
    return new ArtifactFiles({
      root: join(temporary.path, 'cache'),
      store,
      downloads: new Semaphore({ permits: 2, waitingMax: 100, clock }),
      retries: {
        clock,
        attemptsMax: options.attempts ?? 4,
        baseMs: 1,
        capMs: 2,
        budgets: [budget(100)],
      },
      budgetOf: () => own,
    });
  }

  /** Every file under the cache, temporary ones too. */
  function filesThere(): string[] {
    const root = join(temporary.path, 'cache');
    const all = readdirSync(root, { recursive: true, withFileTypes: true, encoding: 'utf8' });
    return all.filter((entry) => entry.isFile()).map(({ name }) => name);
  }

  it('get() downloads once however many ask at once, and not at all when the file is there', async () => {
    const bytes = someBytes(300_000);
    const entry = folder.add('a', bytes);
    const store = fake({ artifact: [{ delayMs: 50 }] });
    const files = filesFrom(store);
    const paths = await Promise.all(
      Array.from({ length: 50 }, () => files.get(entry, entry.artifact)),
    );
    expect(new Set(paths)).toEqual(new Set([files.pathOf(entry.artifact.sha256)]));
    expect(readFileSync(paths[0] ?? '').equals(bytes)).toBe(true);
    await files.get(entry, entry.artifact);
    expect(store.calls.artifact).toBe(1);
  });

  it('get() goes on after a cut where it was, and gives the same bytes', async () => {
    const bytes = someBytes(900_000);
    const entry = folder.add('a', bytes);
    const store = fake({
      artifact: [{ breaksAfter: 100_000 }, { endsAfter: 700_000 }, { status: 503 }],
    });
    const path = await filesFrom(store).get(entry, entry.artifact);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(store.calls.artifact).toBe(4);
  });

  it.each([
    ['a flipped byte', { flipsByte: 50_000 }, 'checksum'],
    ['bytes behind the end', { goesOn: 10_000_000 }, 'checksum'],
    ['an end before the end', { endsAfter: 10 }, 'network'],
    ['a broken connection', { breaksAfter: 10 }, 'network'],
    ['an error', { status: 500 }, 'unavailable'],
  ])(
    'get() refuses %s for ever, names the source, and leaves no file',
    async (_what, step, errorClass) => {
      const entry = folder.add('a', someBytes(100_000));
      const store = fake({ artifact: Array.from({ length: 9 }, () => step) });
      const files = filesFrom(store);
      await expect(files.get(entry, entry.artifact)).rejects.toMatchObject({
        class: errorClass,
        source: 'far',
      });
      expect(store.calls.artifact).toBe(4);
      expect(filesThere()).toEqual([]);
      await expect(files.sizeOf(entry.artifact.sha256)).resolves.toBeUndefined();
    },
  );

  it('get() begins again after wrong bytes, and takes them when they are right', async () => {
    const bytes = someBytes(600_000);
    const entry = folder.add('a', bytes);
    const store = fake({
      artifact: [{ flipsByte: 0 }, { breaksAfter: 300_000 }, { flipsByte: 400_000 }],
    });
    const path = await filesFrom(store).get(entry, entry.artifact);
    expect(sha256Of(readFileSync(path))).toBe(entry.artifact.sha256);
  });

  it('get() does not ask again for what is not there', async () => {
    const entry = folder.add('a', someBytes(10));
    folder.remove(artifactPath(entry.artifact.sha256));
    const store = fake({});
    await expect(filesFrom(store).get(entry, entry.artifact)).rejects.toMatchObject({
      class: 'not_found',
    });
    expect(store.calls.artifact).toBe(1);
  });

  it('get() takes the bytes of another source when those of the owner are wrong', async () => {
    const bytes = someBytes(100_000);
    const other = new StoreFolder(join(temporary.path, 'other'));
    const entry = folder.add('a', bytes);
    other.add('a', bytes);
    writeFileSync(join(folder.path, artifactPath(entry.artifact.sha256)), someBytes(100_000, 2));
    const stores = [fake({}, 'liar'), fake({}, 'honest', other)];
    const kept = stores.map((store) => new KeptSource({ store, clock, ttlMs: 1_000 }));
    const federated = new FederatedStore(kept);
    await federated.fetchCatalog();
    const path = await filesFrom(federated).get(entry, entry.artifact);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(stores.map(({ calls }) => calls.artifact)).toEqual([1, 1]);
  });

  it('get() that is given up in the middle leaves nothing, and the next one succeeds', async () => {
    const entry = folder.add('a', someBytes(200_000));
    const store = fake({ artifact: [{ bytesPerSecond: 100_000 }] });
    const files = filesFrom(store);
    const stop = new AbortController();
    const given = files.get(entry, entry.artifact, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 100);
    await expect(given).rejects.toThrow('enough');
    await files.get(entry, entry.artifact);
    expect(filesThere()).toEqual([entry.artifact.sha256]);
  });

  it('get() stops when the retries of its dataset are used up, and other datasets go on', async () => {
    const entry = folder.add('a', someBytes(10));
    const store = fake({ artifact: Array.from({ length: 9 }, () => ({ status: 500 })) });
    const files = filesFrom(store, { budget: 1, attempts: 10 });
    await expect(files.get(entry, entry.artifact)).rejects.toMatchObject({ class: 'unavailable' });
    expect(store.calls.artifact).toBe(2);
  });

  it('removeLeftovers() removes what a killed process has left, and nothing else', async () => {
    const entry = folder.add('a', someBytes(10));
    const files = filesFrom(fake({}));
    await files.get(entry, entry.artifact);
    writeFileSync(join(temporary.path, 'cache', 'tmp', 'left'), 'half');
    await files.removeLeftovers();
    expect(filesThere()).toEqual([entry.artifact.sha256]);
  });
});
