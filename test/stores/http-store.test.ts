import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { HttpS3Store } from '#stores/http-s3/http-s3-store';
import { artifactPath, CATALOG_DIGEST_PATH, CATALOG_PATH } from '#stores/layout';
import { httpStore } from '#test/support/http-store';
import { startNginx, type TestNginx } from '#test/support/nginx';
import { openFiles, readAll, someBytes, storeConformance } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const TOKEN = 'a-token-that-nobody-may-see';
const CONNECTIONS_MAX = 5;

/** Serves a folder until the test is over, however it ends. */
async function serve(root: string): Promise<TestNginx> {
  const nginx = await startNginx(root);
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  return nginx;
}

storeConformance('http over nginx', async (folder) =>
  httpStore({ baseUrl: (await serve(folder.path)).url }),
);

describe('HttpS3Store over nginx', () => {
  let temporary: TempFolder;
  let folder: StoreFolder;
  let nginx: TestNginx;
  let store: HttpS3Store;
  beforeEach(async () => {
    temporary = tempFolder();
    folder = new StoreFolder(join(temporary.path, 'a', 'store'));
    nginx = await serve(temporary.path);
    // A prefix, with and without a slash at the end, is the same.
    store = httpStore({
      baseUrl: `${nginx.url}a/store`,
      bearerToken: TOKEN,
      connectionsMax: CONNECTIONS_MAX,
    });
  });
  afterEach(async () => {
    await store.close();
    temporary[Symbol.dispose]();
  });

  it('gives the same bytes when an artifact is cut off and taken up again, however often', async () => {
    const bytes = someBytes(3_000_000);
    const entry = folder.add('a', bytes);
    const parts: Uint8Array[] = [];
    let offset = 0;
    for (let cuts = 0; offset < bytes.length; cuts += 1) {
      const stream = await store.fetchArtifact(entry, entry.artifact, { offset });
      expect([stream.bytes, stream.offset]).toEqual([bytes.length, offset]);
      for await (const chunk of stream.chunks) {
        parts.push(chunk);
        offset += chunk.length;
        if (cuts < 5) break;
      }
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    const ranges = (await nginx.log(6)).map((line) => line.split(' ')[3]);
    expect(ranges).toContain('"-"');
    expect(new Set(ranges).size).toBe(6);
  });

  it('sends its token with each request, and names it in no error', async () => {
    const entry = folder.add('a', someBytes(10));
    await store.fetchCatalog();
    await store.fetchManifest(entry);
    folder.remove(artifactPath(entry.artifact.sha256));
    const error: unknown = await store
      .fetchArtifact(entry, entry.artifact)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ class: 'not_found', source: 'far' });
    const lines = await nginx.log(4);
    expect(lines).toHaveLength(4);
    expect(lines.filter((line) => !line.endsWith(`"Bearer ${TOKEN}"`))).toEqual([]);
    await nginx[Symbol.asyncDispose]();
    const down: unknown = await store.fetchCatalog().catch((thrown: unknown) => thrown);
    expect(down).toMatchObject({ class: 'network' });
    for (const thrown of [error, down]) {
      const { message, stack, cause } = thrown as Error;
      expect(`${message}${stack}${JSON.stringify(cause)}${String(cause)}`).not.toContain(TOKEN);
    }
  });

  it('asks with the entity tag of the server and takes its 304', async () => {
    folder.add('a', someBytes(10));
    const first = await store.fetchCatalog();
    const etag = first.kind === 'catalog' ? first.etag : '';
    const { size, mtimeMs } = statSync(join(folder.path, CATALOG_PATH));
    expect(etag).toBe(`"${(mtimeMs / 1_000).toString(16)}-${size.toString(16)}"`);
    expect(await store.fetchCatalog(etag)).toEqual({ kind: 'not_modified' });
    const asked = (await nginx.log(3)).filter((line) => line.includes(CATALOG_PATH));
    expect(asked[1]).toContain('/catalog.json 304 ');
    // Told after a restart, when it has nothing to compare with.
    const fresh = httpStore({ baseUrl: `${nginx.url}a/store/` });
    expect(await fresh.fetchCatalog(etag)).toEqual({ kind: 'not_modified' });
    await fresh.close();
  });

  it('sees that a catalog was replaced by one of the same size in the same second', async () => {
    folder.add('a', someBytes(10, 1));
    const path = join(folder.path, CATALOG_PATH);
    const time = statSync(path).mtime;
    const first = await store.fetchCatalog();
    const etag = first.kind === 'catalog' ? first.etag : '';
    const entry = folder.add('a', someBytes(10, 2));
    utimesSync(path, time, time);
    const second = await store.fetchCatalog(etag);
    expect(second).toMatchObject({ kind: 'catalog', etag, catalog: { datasets: [entry] } });
    const statuses = (await nginx.log(4)).map((line) => line.split(' ').slice(1, 3).join(' '));
    expect(statuses.slice(2, 4)).toEqual([
      '/a/store/catalog.json 304',
      '/a/store/catalog.sha256 200',
    ]);
    expect(await store.fetchCatalog(etag)).toEqual({ kind: 'not_modified' });
    folder.remove(CATALOG_DIGEST_PATH);
    expect(await store.fetchCatalog(etag)).toEqual({ kind: 'not_modified' });
  });

  it('keeps no more connections than it may, and none behind close()', async () => {
    const before = openFiles();
    const entry = folder.add('a', someBytes(500_000));
    await Promise.all(
      Array.from({ length: 40 }, async () =>
        readAll(await store.fetchArtifact(entry, entry.artifact)),
      ),
    );
    expect(openFiles()).toBeLessThanOrEqual(before + CONNECTIONS_MAX);
    await store.close();
    await eventually('its connections to be closed', () => openFiles() <= before);
    await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'network' });
  });

  it('gives one catalog or another while they are being replaced, never a mixture', async () => {
    for (let i = 0; i < 20; i += 1) {
      const reading = Array.from({ length: 4 }, () => store.fetchCatalog());
      folder.add(`d${i % 4}`, someBytes(4, i));
      for (const fetched of await Promise.all(reading)) expect(fetched.kind).toBe('catalog');
    }
  });
});
