import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetDirectory, type OwnDatasets } from '#cache/dataset-directory';
import type { Manifest } from '#domain/dataset';
import { datasetIdOf, parseDatasetName } from '#domain/dataset-name';
import { DEFAULT_SCOPE, parseScopeKey, type Scope, scopeKey } from '#domain/scope';
import { systemClock } from '#flow/clock';
import { CatalogCache } from '#stores/catalog-cache';
import { manifestPath } from '#stores/layout';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import type { Store } from '#stores/store';
import { shelve } from '#test/support/serving';
import { someBytes } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';

const ELSEWHERE = parseScopeKey('acme/prod');
const TABLES = [{ name: 't', key: ['id'] }];

/** The log of a registry: what is published in which scope. */
class OwnShelf implements OwnDatasets {
  position = 1;
  readonly #manifests = new Map<string, Manifest>();

  publish(folder: StoreFolder, text: string, scope: Scope = DEFAULT_SCOPE): void {
    const [entry] = shelve(folder, [{ name: text, bytes: someBytes(20), tables: TABLES }]);
    if (entry === undefined) throw new Error('nothing was published');
    this.#manifests.set(`${scopeKey(scope)} ${text}`, {
      datasetId: datasetIdOf(scope, entry.name),
      name: entry.name,
      schemaFingerprint: entry.schema_fingerprint,
      objects: [entry.artifact],
      rowCount: entry.row_count,
      tables: TABLES,
      release: { tables: TABLES },
      createdAt: entry.published_at,
      updatedAt: entry.published_at,
      status: 'published',
      artifact: entry.artifact,
      publishedAt: entry.published_at,
    });
    this.position += 1;
  }

  withdraw(text: string): void {
    const key = `${scopeKey(DEFAULT_SCOPE)} ${text}`;
    const manifest = this.#manifests.get(key);
    if (manifest !== undefined) this.#manifests.set(key, { ...manifest, status: 'withdrawn' });
    this.position += 1;
  }

  find(scope: Scope, name: string): Manifest | undefined {
    return this.#manifests.get(`${scopeKey(scope)} ${name}`);
  }

  list(scope: Scope, page: { readonly after: string; readonly limit: number }): Manifest[] {
    return [...this.#manifests]
      .filter(
        ([key, { status }]) => key.startsWith(`${scopeKey(scope)} `) && status === 'published',
      )
      .map(([, manifest]) => manifest)
      .filter(({ name }) => name > page.after)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, page.limit);
  }
}

describe('DatasetDirectory', () => {
  let temporary: TempFolder;
  let source: StoreFolder;
  let ownFolder: StoreFolder;
  let own: OwnShelf;
  let manifests: number;
  let catalog: CatalogCache;
  let directory: DatasetDirectory;

  beforeEach(async () => {
    temporary = tempFolder();
    source = new StoreFolder(join(temporary.path, 'source'));
    ownFolder = new StoreFolder(join(temporary.path, 'own'));
    own = new OwnShelf();
    manifests = 0;
    const local = new LocalfsStore({ source: 'far', root: source.path });
    const store: Store = {
      backend: local.backend,
      source: local.source,
      fetchCatalog: async (...request) => local.fetchCatalog(...request),
      fetchManifest: async (...request) => {
        manifests += 1;
        return await local.fetchManifest(...request);
      },
      fetchArtifact: async (...request) => local.fetchArtifact(...request),
      close: async () => local.close(),
    };
    const backoff = { baseMs: 1, capMs: 1 };
    catalog = new CatalogCache({ store, clock: systemClock, mode: 'live', ttlMs: 1_000, backoff });
    directory = new DatasetDirectory({ own, sources: { store, catalog } });
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  const find = async (text: string, scope: Scope = DEFAULT_SCOPE) =>
    directory.find(scope, parseDatasetName(text));
  const names = (after = '', limit = 500, scope: Scope = DEFAULT_SCOPE) =>
    directory.list(scope, { after, limit }).map(({ entry }) => entry.name as string);

  it('find() gives a dataset of a source with the tables of its manifest, which is fetched once', async () => {
    const [entry] = shelve(source, [{ name: 'a/b', bytes: someBytes(10), tables: TABLES }]);
    await catalog.refresh();
    expect(directory.known(DEFAULT_SCOPE, parseDatasetName('a/b'))).toBeUndefined();
    const found = await Promise.all(Array.from({ length: 20 }, async () => find('a/b')));
    for (const one of found) expect(one).toMatchObject({ entry, tables: TABLES, name: 'a/b' });
    expect(manifests).toBe(1);
    own.position += 1;
    expect(await find('a/b')).toMatchObject({ entry });
    expect(directory.known(DEFAULT_SCOPE, parseDatasetName('a/b'))).toMatchObject({ entry });
    expect(manifests).toBe(1);
  });

  it('find() gives what was published anew, and nothing that is no longer there', async () => {
    source.add('a', someBytes(10));
    await catalog.refresh();
    const old = await find('a');
    const entry = source.add('a', someBytes(11));
    await catalog.refresh();
    expect((await find('a'))?.entry).toEqual(entry);
    expect(entry.artifact).not.toEqual(old?.entry.artifact);
    expect(manifests).toBe(2);
    source.withdraw('a');
    await catalog.refresh();
    expect(await find('a')).toBeUndefined();
    expect(await find('never')).toBeUndefined();
  });

  it('find() passes on why a manifest cannot be had, and asks again the next time', async () => {
    const entry = source.add('a', someBytes(10));
    await catalog.refresh();
    const path = manifestPath(entry.name, entry.manifest.sha256);
    source.remove(path);
    await expect(find('a')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: { class: 'not_found', source: 'far' },
    });
    source.add('a', someBytes(10));
    expect(await find('a')).toMatchObject({ entry });
    expect(manifests).toBe(2);
  });

  it('an own dataset hides that of a source; withdrawn it falls to the source', async () => {
    const theirs = source.add('a', someBytes(10));
    await catalog.refresh();
    expect((await find('a'))?.entry).toEqual(theirs);
    own.publish(ownFolder, 'a');
    const ours = await find('a');
    expect([ours?.entry.artifact.bytes, ours?.tables]).toEqual([20, TABLES]);
    expect(directory.list(DEFAULT_SCOPE, { after: '', limit: 5 })).toMatchObject([{ isOwn: true }]);
    own.withdraw('a');
    expect((await find('a'))?.entry).toEqual(theirs);
    expect(directory.list(DEFAULT_SCOPE, { after: '', limit: 5 })).toMatchObject([
      { isOwn: false, entry: theirs },
    ]);
  });

  it('datasets of sources belong to the default scope, own ones to their own', async () => {
    source.add('theirs', someBytes(10));
    await catalog.refresh();
    own.publish(ownFolder, 'ours', ELSEWHERE);
    expect(await find('theirs', ELSEWHERE)).toBeUndefined();
    expect(await find('ours')).toBeUndefined();
    expect((await find('ours', ELSEWHERE))?.scope).toBe(scopeKey(ELSEWHERE));
    expect([names(), names('', 500, ELSEWHERE)]).toEqual([['theirs'], ['ours']]);
  });

  it('list() merges both by name, and pages of any size give the same', async () => {
    for (const name of ['b', 'd', 'e', 'f', 'h', 'j', 'k']) source.add(name, someBytes(3));
    await catalog.refresh();
    for (const name of ['a', 'd', 'e', 'f', 'i']) own.publish(ownFolder, name);
    own.publish(ownFolder, 'j');
    own.withdraw('j');
    const all = ['a', 'b', 'd', 'e', 'f', 'h', 'i', 'j', 'k'];
    expect(names()).toEqual(all);
    for (const limit of [1, 2, 3, 4, 8]) {
      const paged: string[] = [];
      for (let page = names('', limit); page.length > 0; page = names(paged.at(-1), limit))
        paged.push(...page);
      expect([limit, paged]).toEqual([limit, all]);
    }
    expect(names('c', 2)).toEqual(['d', 'e']);
    expect(names('k')).toEqual([]);
  });

  it('version changes with every change of either side', async () => {
    const seen = new Set([directory.version]);
    source.add('a', someBytes(3));
    await catalog.refresh();
    seen.add(directory.version);
    own.publish(ownFolder, 'b');
    seen.add(directory.version);
    await catalog.refresh();
    expect(seen.add(directory.version).size).toBe(3);
  });

  it('works without any source', async () => {
    const alone = new DatasetDirectory({ own, sources: undefined });
    own.publish(ownFolder, 'a');
    expect((await alone.find(DEFAULT_SCOPE, parseDatasetName('a')))?.name).toBe('a');
    expect(await alone.find(DEFAULT_SCOPE, parseDatasetName('b'))).toBeUndefined();
    expect(alone.list(DEFAULT_SCOPE, { after: '', limit: 5 })).toHaveLength(1);
  });
});
