import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactPath, CATALOG_PATH } from '#stores/layout';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import { RootFolder } from '#stores/localfs/root-folder';
import { forSeeds } from '#test/support/seed';
import { someBytes, storeConformance } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';

const SOURCE = 'near';

storeConformance('localfs', (folder) => new LocalfsStore({ source: SOURCE, root: folder.path }));

describe('LocalfsStore', () => {
  let temporary: TempFolder;
  beforeEach(() => {
    temporary = tempFolder();
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  it('follows no link out of its root, neither of a file nor of a folder', async () => {
    const outside = join(temporary.path, 'outside');
    mkdirSync(join(outside, 'sha256'), { recursive: true });
    const folder = new StoreFolder(join(temporary.path, 'root'));
    const entry = folder.add('a', someBytes(10));
    writeFileSync(join(outside, 'secret'), someBytes(10));
    const path = artifactPath(entry.artifact.sha256);
    folder.remove(path);
    folder.link(path, join(outside, 'secret'));
    const store = new LocalfsStore({ source: SOURCE, root: folder.path });
    const refused = { class: 'validation', message: expect.stringContaining('a link leads out') };
    await expect(store.fetchArtifact(entry, entry.artifact)).rejects.toMatchObject(refused);
    folder.remove('artifacts');
    folder.link('artifacts', outside);
    const two = join(outside, 'sha256', entry.artifact.sha256.slice(0, 2));
    mkdirSync(two);
    writeFileSync(join(two, entry.artifact.sha256), someBytes(10));
    await expect(store.fetchArtifact(entry, entry.artifact)).rejects.toMatchObject(refused);
  });

  it.each(['../x', '/etc/passwd', 'a/../../x', 'a\0b', '', 'a//b', './a'])(
    'opens nothing by the path %j',
    async (path) => {
      const root = new RootFolder(temporary.path, { backend: 'localfs', source: SOURCE });
      await expect(root.open(path)).rejects.toMatchObject({ class: 'validation' });
    },
  );

  it('opens no folder and no pipe in place of a file', async () => {
    mkdirSync(join(temporary.path, CATALOG_PATH));
    const store = new LocalfsStore({ source: SOURCE, root: temporary.path });
    await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'validation' });
  });

  it('a root that is not there is not_found', async () => {
    const store = new LocalfsStore({ source: SOURCE, root: join(temporary.path, 'nowhere') });
    await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'not_found' });
  });

  it('gives one catalog or another while they are being replaced, never a mixture', async () => {
    const folder = new StoreFolder(join(temporary.path, 'root'));
    const store = new LocalfsStore({ source: SOURCE, root: folder.path });
    await forSeeds(30, async (random) => {
      const reading = Array.from({ length: 4 }, () => store.fetchCatalog());
      folder.add(`d${random.int(5)}`, someBytes(4, random.int(1_000)));
      for (const fetched of await Promise.all(reading)) expect(fetched.kind).toBe('catalog');
    });
  });
});
