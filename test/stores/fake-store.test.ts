import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#flow/clock';
import { type FakeScript, parseFakeScript } from '#stores/fake/fake-script';
import { FakeStore } from '#stores/fake/fake-store';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import { readAll, someBytes, storeConformance } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';

const WELL: FakeScript = { catalog: [], manifest: [], artifact: [] };

function fakeOf(folder: StoreFolder, script: Partial<FakeScript> = {}): FakeStore {
  return new FakeStore({
    source: 'drill',
    content: new LocalfsStore({ source: 'drill', root: folder.path }),
    script: { ...WELL, ...script },
    clock: systemClock,
  });
}

storeConformance('fake', (folder) => fakeOf(folder));

describe('FakeStore', () => {
  let temporary: TempFolder;
  let folder: StoreFolder;
  beforeEach(() => {
    temporary = tempFolder();
    folder = new StoreFolder(temporary.path);
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  it.each([
    [404, 'not_found'],
    [403, 'unavailable'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [504, 'timeout'],
    [501, 'unsupported'],
    [400, 'validation'],
  ])('answers %i once, as %s, and then as its content says', async (status, errorClass) => {
    const store = fakeOf(folder, { catalog: [{ status }] });
    await expect(store.fetchCatalog()).rejects.toMatchObject({
      class: errorClass,
      backend: 'fake',
    });
    expect(await store.fetchCatalog()).toMatchObject({ kind: 'catalog' });
    expect(store.calls).toEqual({ catalog: 2, manifest: 0, artifact: 0 });
  });

  it('spoils the bytes of an artifact as it is told', async () => {
    const bytes = someBytes(1_000);
    const entry = folder.add('a', bytes);
    const steps = [{ endsAfter: 400 }, { flipsByte: 500 }, { goesOn: 100 }, { breaksAfter: 10 }];
    const store = fakeOf(folder, { artifact: steps });
    const fetch = async () => await readAll(await store.fetchArtifact(entry, entry.artifact));
    expect((await fetch()).equals(bytes.subarray(0, 400))).toBe(true);
    const flipped = await fetch();
    const different = [...flipped.keys()].filter((i) => flipped[i] !== bytes[i]);
    expect([flipped.length, different]).toEqual([1_000, [500]]);
    expect((await fetch()).length).toBe(1_100);
    await expect(fetch()).rejects.toMatchObject({ class: 'network' });
    expect((await fetch()).equals(bytes)).toBe(true);
  });

  it('gives 304 without ever having given a body, wrong tags, and the oldest catalog again', async () => {
    const steps = [{ notModified: true }, {}, { etag: '"other"' }, { oldest: true }, {}];
    const store = fakeOf(folder, { catalog: steps });
    expect(await store.fetchCatalog()).toEqual({ kind: 'not_modified' });
    const first = await store.fetchCatalog();
    const entry = folder.add('a', someBytes(3));
    expect(await store.fetchCatalog()).toMatchObject({
      etag: '"other"',
      catalog: { datasets: [entry] },
    });
    expect(await store.fetchCatalog()).toEqual(first);
    expect(await store.fetchCatalog()).toMatchObject({ catalog: { datasets: [entry] } });
  });

  it('hangs until the caller gives up, and is as slow as it is told', async () => {
    const entry = folder.add('a', someBytes(50));
    const store = fakeOf(folder, { artifact: [{ hangs: true }, { bytesPerSecond: 500 }] });
    const signal = AbortSignal.timeout(30);
    const hung = store.fetchArtifact(entry, entry.artifact, { signal });
    await expect(hung).rejects.toMatchObject({ name: 'TimeoutError' });
    const started = performance.now();
    await readAll(await store.fetchArtifact(entry, entry.artifact));
    expect(performance.now() - started).toBeGreaterThan(80);
  });

  it.each(['{', '[]', '{"catalog":[{"statsu":500}]}', '{"artifact":[{"status":200}]}'])(
    'parseFakeScript() refuses %s',
    (text) => {
      expect(() => parseFakeScript(text)).toThrow(/^Cannot use the script of the fake store: /);
    },
  );
});
