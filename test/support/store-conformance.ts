import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetName } from '#domain/dataset-name';
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

/** Counts the files and sockets that this process has open. */
export function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
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
      // Its tag may be another one: plain web servers make it of the time.
      const back = await store.fetchCatalog(changed.kind === 'catalog' ? changed.etag : '');
      expect(back).toMatchObject({ kind: 'catalog', catalog: { datasets: [] } });
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
      const before = openFiles();
      const stop = new AbortController();
      const { signal } = stop;
      const stream = await store.fetchArtifact(entry, entry.artifact, { signal });
      const reading = (async () => {
        for await (const _ of stream.chunks) stop.abort(new Error('enough'));
      })();
      await expect(reading).rejects.toThrow('enough');
      const late = store.fetchArtifact(entry, entry.artifact, { signal });
      await expect(late).rejects.toThrow('enough');
      await eventually('everything to be closed', () => openFiles() <= before);
    });

    it.each([
      ['name', { name: '../../etc/passwd' }],
      ['digest', { artifact: { key: 'x', sha256: '../../../etc/passwd', bytes: 1 } }],
      ['manifest', { manifest: { sha256: `..%2f${'0'.repeat(59)}`, bytes: 1 } }],
      ['size', { manifest: { sha256: '0'.repeat(64), bytes: 1e12 } }],
    ])('fetchCatalog() refuses an entry with a hostile %s', async (_what, hostile) => {
      const entry = { ...folder.add('a', someBytes(3)), ...hostile };
      folder.writeRawCatalog(JSON.stringify({ model_version: 'v1', datasets: [entry] }));
      await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'validation' });
    });

    it('fetchManifest() and fetchArtifact() go nowhere that an entry was made to lead', async () => {
      const entry = folder.add('a', someBytes(3));
      await store.fetchCatalog();
      const name = '../a' as DatasetName;
      const sha256 = `../../${CATALOG_PATH}` as Sha256;
      const stray = { ...entry, artifact: { ...entry.artifact, sha256 } };
      // A federation has no source that holds such an entry.
      const refused = { class: expect.stringMatching(/^(validation|not_found)$/) };
      await expect(store.fetchManifest({ ...entry, name })).rejects.toMatchObject(refused);
      await expect(store.fetchArtifact(stray, stray.artifact)).rejects.toMatchObject(refused);
    });

    it('fetchArtifact() of a file that was cut short gives bytes that fail their check', async () => {
      const bytes = someBytes(5_000);
      const entry = folder.add('a', bytes);
      await store.fetchCatalog();
      folder.write(artifactPath(entry.artifact.sha256), bytes.subarray(0, 3_000));
      const stream = await store.fetchArtifact(entry, entry.artifact);
      const read = await readAll(stream);
      expect([stream.bytes, read.length]).toEqual([3_000, 3_000]);
      expect(sha256Of(read)).not.toBe(entry.artifact.sha256);
    });

    it('fetchArtifact() by many, all ended in the middle, leaves nothing open behind close()', async () => {
      const entry = folder.add('a', someBytes(2_000_000));
      // Connections that a store keeps for the next request are closed with it.
      const before = openFiles();
      await store.fetchCatalog();
      const stops = Array.from({ length: 20 }, () => new AbortController());
      const endings = await Promise.allSettled(
        stops.map(async (stop, i) => {
          const { signal } = stop;
          const { chunks } = await store.fetchArtifact(entry, entry.artifact, { signal });
          for await (const _ of chunks) {
            if (i % 2 === 0) break;
            stop.abort(new Error('enough'));
          }
        }),
      );
      const reasons = endings.map(
        (ending) => ending.status === 'rejected' && ending.reason.message,
      );
      expect(reasons).toEqual(stops.map((_, i) => i % 2 === 1 && 'enough'));
      expect(await store.fetchCatalog()).toMatchObject({ kind: 'catalog' });
      await store.close();
      await eventually('everything to be closed', () => openFiles() <= before);
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
