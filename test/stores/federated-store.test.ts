import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#flow/clock';
import { writeCatalog } from '#stores/catalog-document';
import type { FakeScript } from '#stores/fake/fake-script';
import { FakeStore } from '#stores/fake/fake-store';
import { FederatedStore } from '#stores/federated/federated-store';
import { KeptSource } from '#stores/federated/kept-source';
import { artifactPath, manifestPath } from '#stores/layout';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import { seeded } from '#test/support/seed';
import { readAll, someBytes, storeConformance } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';

const WELL: FakeScript = { catalog: [], manifest: [], artifact: [] };

storeConformance('federated over one source', (folder) => {
  const store = new LocalfsStore({ source: 'federated', root: folder.path });
  const one = new KeptSource({ store, clock: systemClock, ttlMs: 0 });
  return new FederatedStore([one]);
});

describe('FederatedStore', () => {
  let temporary: TempFolder;
  let folders: readonly [StoreFolder, StoreFolder, StoreFolder];
  beforeEach(() => {
    temporary = tempFolder();
    const folder = (name: string): StoreFolder => new StoreFolder(join(temporary.path, name));
    folders = [folder('a'), folder('b'), folder('c')];
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  /** Sources a, b, c in this order; each may be told to fail. */
  function federate(
    options: { scripts?: Partial<FakeScript>[]; ttlMs?: number; signatures?: string[] } = {},
  ): FederatedStore {
    const sources = folders.map((folder, i) => {
      const source = ['a', 'b', 'c'][i] ?? '';
      const content = new LocalfsStore({ source, root: folder.path });
      const script = { ...WELL, ...options.scripts?.[i] };
      const store = new FakeStore({ source, content, script, clock: systemClock });
      const signature = options.signatures?.[i];
      const signed = signature === undefined ? {} : { signature };
      return new KeptSource({ store, clock: systemClock, ttlMs: options.ttlMs ?? 0, ...signed });
    });
    return new FederatedStore(sources);
  }

  async function namesOf(store: FederatedStore): Promise<string[]> {
    const fetched = await store.fetchCatalog();
    return fetched.kind === 'catalog' ? fetched.catalog.datasets.map(({ name }) => name) : [];
  }

  it('gives the entry of the first source that holds a name, and counts the others as shadowed', async () => {
    const own = folders[0].add('x', someBytes(4, 1));
    folders[1].add('x', someBytes(4, 2));
    const other = folders[1].add('y', someBytes(4, 3));
    folders[2].add('x', someBytes(4, 4));
    const store = federate();
    expect(await store.fetchCatalog()).toMatchObject({ catalog: { datasets: [own, other] } });
    expect(store.health.map((s) => [s.name, s.priority, s.healthy, s.shadowedDatasets])).toEqual([
      ['a', 0, true, 0],
      ['b', 1, true, 1],
      ['c', 2, true, 1],
    ]);
  });

  it('keeps the last good catalog of a source while it fails, so that nothing flaps', async () => {
    folders[0].add('x', someBytes(4, 1));
    folders[1].add('y', someBytes(4, 2));
    const bad = [{}, { status: 500 }, { notModified: true }, { status: 404 }, {}];
    const store = federate({ scripts: [{}, { catalog: bad }] });
    const first = await store.fetchCatalog();
    const etag = first.kind === 'catalog' ? first.etag : '';
    for (const isHealthy of [false, true, false, true]) {
      expect(await store.fetchCatalog(etag)).toEqual({ kind: 'not_modified' });
      expect(store.health[1]?.healthy).toBe(isHealthy);
    }
  });

  it('goes on without a source that never gave a catalog, and says why', async () => {
    folders[0].add('x', someBytes(4));
    const never = Array.from({ length: 9 }, () => ({ notModified: true }));
    const store = federate({ scripts: [{}, { catalog: never }] });
    expect(await namesOf(store)).toEqual(['x']);
    expect(store.health[1]).toMatchObject({
      healthy: false,
      ageMs: undefined,
      lastError: { message: expect.stringContaining('has never given a catalog') },
    });
  });

  it('is unavailable when no source has a catalog, and names each with its reason', async () => {
    const down = { catalog: [{ status: 503 }] };
    const store = federate({ scripts: [down, down, down] });
    await expect(store.fetchCatalog()).rejects.toMatchObject({
      class: 'unavailable',
      message: expect.stringMatching(/"a": .*503 \| .*"b": .*503 \| .*"c": .*503/),
    });
    expect(await namesOf(store)).toEqual([]);
  });

  it('is not spoiled by a source that lies: its catalog is left out, the others stay', async () => {
    folders[0].add('x', someBytes(4));
    folders[1].writeRawCatalog('{"model_version":"v1","datasets":[{"name":"../x"}]}');
    const store = federate();
    expect(await namesOf(store)).toEqual(['x']);
    expect(store.health[1]?.lastError?.message).toMatch(/source "b"/);
  });

  it('takes only the catalog that a source is signed for', async () => {
    const entry = folders[0].add('x', someBytes(4));
    folders[1].add('y', someBytes(4));
    const { sha256 } = writeCatalog({ model_version: 'v1', datasets: [entry] });
    const store = federate({ signatures: [sha256, 'f'.repeat(64)] });
    expect(await namesOf(store)).toEqual(['x']);
    expect(store.health[1]?.lastError?.message).toMatch(/want "f{64}"/);
  });

  it('asks a source once within its time', async () => {
    const store = federate({ ttlMs: 60_000, scripts: [{ catalog: [{}, { status: 500 }] }] });
    for (let i = 0; i < 5; i += 1) await store.fetchCatalog();
    expect(store.health[0]?.healthy).toBe(true);
  });

  it('fetches bytes from the owner, then from any other source that holds the same', async () => {
    const bytes = someBytes(5_000);
    const entry = folders[0].add('x', bytes);
    folders[1].add('x', someBytes(5_000, 9));
    folders[2].add('x', bytes);
    const store = federate();
    await store.fetchCatalog();
    folders[0].remove(artifactPath(entry.artifact.sha256));
    folders[0].remove(manifestPath(entry.name, entry.manifest.sha256));
    const stream = await store.fetchArtifact(entry, entry.artifact);
    expect((await readAll(stream)).equals(bytes)).toBe(true);
    expect(await store.fetchManifest(entry)).toMatchObject({ name: 'x' });
    folders[2].remove(artifactPath(entry.artifact.sha256));
    await expect(store.fetchArtifact(entry, entry.artifact)).rejects.toMatchObject({
      class: 'not_found',
      message: expect.stringMatching(/source "a".* \| .*source "c"/),
    });
  });

  it('gives the same catalog whatever the order in which its sources answer', async () => {
    for (const [i, folder] of folders.entries())
      for (let n = 0; n < 4; n += 1) folder.add(`d${(n + i) % 6}`, someBytes(3, i * 10 + n));
    const etags = new Set<string>();
    for (let seed = 1; seed <= 15; seed += 1) {
      const random = seeded(seed);
      const scripts = folders.map(() => ({ catalog: [{ delayMs: random.int(8) }] }));
      const fetched = await federate({ scripts }).fetchCatalog();
      if (fetched.kind === 'catalog') etags.add(fetched.etag);
    }
    expect(etags.size).toBe(1);
  });
});
