import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseFakeScript } from '#stores/fake/fake-script';
import { FakeStore } from '#stores/fake/fake-store';
import { GuardedStore } from '#stores/guarded-store';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import { StoreErrorCounts } from '#stores/store-error-counts';
import { FakeClock } from '#test/support/fake-clock';
import { readAll, someBytes, storeConformance } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';

function guard(store: LocalfsStore | FakeStore, clock = new FakeClock()) {
  const counts = new StoreErrorCounts();
  const guarded = new GuardedStore({
    store,
    clock,
    failuresMax: 3,
    openMs: 1_000,
    onError: (error) => counts.add(error),
  });
  return { guarded, counts, clock };
}

storeConformance(
  'guarded',
  (folder) => guard(new LocalfsStore({ source: 'near', root: folder.path })).guarded,
);

describe('GuardedStore', () => {
  let temporary: TempFolder;
  let folder: StoreFolder;
  beforeEach(() => {
    temporary = tempFolder();
    folder = new StoreFolder(temporary.path);
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  function failing(script: object): FakeStore {
    const content = new LocalfsStore({ source: 'far', root: folder.path });
    const clock = new FakeClock();
    return new FakeStore({
      source: 'far',
      content,
      script: parseFakeScript(JSON.stringify(script)),
      clock,
    });
  }

  it('leaves a store alone that fails again and again, then lets one request try', async () => {
    const store = failing({ catalog: [500, 503, 500, 500].map((status) => ({ status })) });
    const { guarded, clock, counts } = guard(store);
    for (let i = 0; i < 5; i += 1)
      await expect(guarded.fetchCatalog()).rejects.toMatchObject({ class: 'unavailable' });
    expect([store.calls.catalog, guarded.circuit]).toEqual([3, 'open']);
    await expect(guarded.fetchCatalog()).rejects.toThrow('left alone for 1 s');
    await clock.advance(1_000);
    await expect(guarded.fetchCatalog()).rejects.toThrow('answered 500');
    expect(store.calls.catalog).toBe(4);
    await clock.advance(1_000);
    await expect(guarded.fetchCatalog()).resolves.toMatchObject({ kind: 'catalog' });
    expect(guarded.circuit).toBe('closed');
    expect(counts.all).toEqual([{ backend: 'fake', class: 'unavailable', count: 4 }]);
  });

  it('does not count it against a store that something is not there', async () => {
    const store = failing({ manifest: Array.from({ length: 9 }, () => ({ status: 404 })) });
    const { guarded, counts } = guard(store);
    const entry = folder.add('a', someBytes(10));
    for (let i = 0; i < 9; i += 1)
      await expect(guarded.fetchManifest(entry)).rejects.toMatchObject({ class: 'not_found' });
    expect([store.calls.manifest, guarded.circuit]).toEqual([9, 'closed']);
    expect(counts.all).toEqual([{ backend: 'fake', class: 'not_found', count: 9 }]);
  });

  it('counts errors in the middle of an artifact', async () => {
    const { guarded, counts } = guard(failing({ artifact: [{ breaksAfter: 10 }] }));
    const entry = folder.add('a', someBytes(100));
    const stream = await guarded.fetchArtifact(entry, entry.artifact);
    await expect(readAll(stream)).rejects.toMatchObject({ class: 'network' });
    expect(counts.all).toEqual([{ backend: 'fake', class: 'network', count: 1 }]);
  });
});

describe('StoreErrorCounts', () => {
  it('has few numbers however many sources and messages there are', async () => {
    const counts = new StoreErrorCounts();
    for (let i = 0; i < 100; i += 1) {
      const store = new LocalfsStore({ source: `s${i}`, root: `/nowhere/${i}` });
      await store.fetchCatalog().catch((error) => counts.add(error));
    }
    expect(counts.all).toEqual([{ backend: 'localfs', class: 'not_found', count: 100 }]);
  });
});
