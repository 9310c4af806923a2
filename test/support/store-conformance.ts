import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sha256, sha256Of } from '#domain/digest';
import { artifactPath, CATALOG_DIGEST_PATH, CATALOG_PATH, manifestPath } from '#stores/layout';
import type { ArtifactStream, Store } from '#stores/store';
import { seeded } from '#test/support/seed';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

/** Reads a stream whole. */
export async function readAll({ chunks }: ArtifactStream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** Bytes that differ from place to place, the same for one seed. */
export function someBytes(length: number, seed = 1): Buffer {
  const random = seeded(seed);
  return Buffer.from(Array.from({ length }, () => random.int(256)));
}

/** What every backend of a store promises. `open` serves a folder. */
export function storeConformance(
  name: string,
  open: (folder: StoreFolder) => Promise<Store> | Store,
): void {
  describe(`store: ${name}`, () => {
    let temporary: TempFolder;
    let folder: StoreFolder;
    let store: Store;
    beforeEach(async () => {
      temporary = tempFolder();
      folder = new StoreFolder(temporary.path);
      store = await open(folder);
    });
    afterEach(async () => {
      await store.close();
      temporary[Symbol.dispose]();
    });

    it('fetchCatalog() gives the catalog, then not_modified, then the changed one', async () => {
      const empty = await store.fetchCatalog();
      expect(empty).toMatchObject({ kind: 'catalog', catalog: { datasets: [] } });
      const etag = empty.kind === 'catalog' ? empty.etag : '';
      expect(await store.fetchCatalog(etag)).toEqual({ kind: 'not_modified' });
      const entry = folder.add('a/b', someBytes(10));
      const changed = await store.fetchCatalog(etag);
      expect(changed).toMatchObject({ kind: 'catalog', catalog: { datasets: [entry] } });
      expect(changed.kind === 'catalog' && changed.etag).not.toBe(etag);
      folder.withdraw('a/b');
      const back = await store.fetchCatalog(changed.kind === 'catalog' ? changed.etag : '');
      expect(back).toEqual(empty);
    });

    it('fetchCatalog() gives datasets in the order of their names', async () => {
      for (const text of ['b', 'a/c', 'a', 'B', 'a.b']) folder.add(text, someBytes(3));
      const fetched = await store.fetchCatalog();
      const names = fetched.kind === 'catalog' ? fetched.catalog.datasets.map((e) => e.name) : [];
      expect(names).toEqual(['B', 'a', 'a.b', 'a/c', 'b']);
    });

    it.each([
      ['what is not JSON', '{'],
      ['an unknown field', '{"datasets":[],"model_version":"v1","more":1}'],
      ['another model version', '{"datasets":[],"model_version":"v2"}'],
      ['bytes that are not UTF-8', '{"datasets":[],"model_version":"\u00ff"}'],
    ])('fetchCatalog() refuses %s as validation, and names the source', async (_what, text) => {
      folder.writeRawCatalog(text);
      await expect(store.fetchCatalog()).rejects.toMatchObject({
        name: 'StoreError',
        class: 'validation',
        source: store.source,
        message: expect.stringContaining(`source "${store.source}"`),
      });
    });

    it('fetchCatalog() refuses entries that are twice in it or not in order', async () => {
      const a = folder.add('a', someBytes(3));
      const b = folder.add('b', someBytes(4));
      for (const datasets of [
        [b, a],
        [a, a],
      ]) {
        folder.writeRawCatalog(JSON.stringify({ model_version: 'v1', datasets }));
        await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'validation' });
      }
    });

    it('fetchCatalog() refuses a catalog that is not the one of its digest, and takes one without', async () => {
      folder.write(CATALOG_DIGEST_PATH, `${'0'.repeat(64)}  catalog.json\n`);
      await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'checksum' });
      folder.remove(CATALOG_DIGEST_PATH);
      expect(await store.fetchCatalog()).toMatchObject({ kind: 'catalog' });
    });

    it('what is not there is not_found', async () => {
      const entry = folder.add('a', someBytes(5));
      folder.remove(artifactPath(entry.artifact.sha256));
      folder.remove(manifestPath(entry.name, entry.manifest.sha256));
      folder.remove(CATALOG_PATH);
      const gone = { class: 'not_found', source: store.source };
      await expect(store.fetchCatalog()).rejects.toMatchObject(gone);
      await expect(store.fetchManifest(entry)).rejects.toMatchObject(gone);
      await expect(store.fetchArtifact(entry, entry.artifact)).rejects.toMatchObject(gone);
    });

    it('fetchManifest() gives the manifest of the entry', async () => {
      const entry = folder.add('a/b', someBytes(5));
      await store.fetchCatalog();
      const manifest = await store.fetchManifest(entry);
      expect(manifest).toMatchObject({ name: 'a/b', artifact: entry.artifact });
    });

    it('fetchManifest() refuses changed bytes as checksum, and the manifest of another dataset', async () => {
      const entry = folder.add('a', someBytes(5));
      const other = folder.add('b', someBytes(6));
      await store.fetchCatalog();
      const path = manifestPath(entry.name, entry.manifest.sha256);
      folder.write(path, '{}');
      await expect(store.fetchManifest(entry)).rejects.toMatchObject({ class: 'checksum' });
      const { manifest } = other;
      const text = readFileSync(join(folder.path, manifestPath(other.name, manifest.sha256)));
      folder.write(manifestPath(entry.name, manifest.sha256), text);
      const stray = { ...entry, manifest };
      // A federation has no source that holds such an entry.
      const refused = { class: expect.stringMatching(/^(validation|not_found)$/) };
      await expect(store.fetchManifest(stray)).rejects.toMatchObject(refused);
    });

    it('fetchArtifact() gives the bytes, whole or from any offset on', async () => {
      const bytes = someBytes(700_000);
      const entry = folder.add('a', bytes);
      await store.fetchCatalog();
      const whole = await store.fetchArtifact(entry, entry.artifact);
      expect([whole.bytes, whole.offset]).toEqual([bytes.length, 0]);
      expect(sha256Of(await readAll(whole))).toBe(entry.artifact.sha256);
      for (const offset of [1, 262_144, 699_999, 700_000]) {
        const rest = await store.fetchArtifact(entry, entry.artifact, { offset });
        expect([rest.bytes, rest.offset]).toEqual([bytes.length, offset]);
        expect((await readAll(rest)).equals(bytes.subarray(offset))).toBe(true);
      }
      const beyond = store.fetchArtifact(entry, entry.artifact, { offset: 700_001 });
      await expect(beyond).rejects.toMatchObject({ class: 'validation' });
    });

    it('fetchArtifact() ends when its signal aborts, in the middle too, and leaves nothing open', async () => {
      const entry = folder.add('a', someBytes(2_000_000));
      await store.fetchCatalog();
      const before = readdirSync('/proc/self/fd').length;
      const stop = new AbortController();
      const { signal } = stop;
      const stream = await store.fetchArtifact(entry, entry.artifact, { signal });
      const reading = (async () => {
        for await (const _ of stream.chunks) stop.abort(new Error('enough'));
      })();
      await expect(reading).rejects.toThrow('enough');
      const late = store.fetchArtifact(entry, entry.artifact, { signal });
      await expect(late).rejects.toThrow('enough');
      await eventually(
        'everything to be closed',
        () => readdirSync('/proc/self/fd').length <= before,
      );
    });

    it('fetchArtifact() of one artifact by many gives each the same bytes', async () => {
      const bytes = someBytes(300_000);
      const entry = folder.add('a', bytes);
      await store.fetchCatalog();
      const digests = await Promise.all(
        Array.from({ length: 20 }, async () =>
          sha256Of(await readAll(await store.fetchArtifact(entry, entry.artifact))),
        ),
      );
      expect(new Set<Sha256>(digests)).toEqual(new Set([entry.artifact.sha256]));
    });
  });
}
