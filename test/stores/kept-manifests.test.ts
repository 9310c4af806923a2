import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreEntry } from '#stores/catalog-document';
import { keptManifests } from '#stores/federated/kept-manifests';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import { someBytes } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';

describe('keptManifests()', () => {
  let temporary: TempFolder;
  let store: LocalfsStore;
  let entry: StoreEntry;
  let troubles: Error[];
  beforeEach(() => {
    temporary = tempFolder();
    const folder = new StoreFolder(join(temporary.path, 'store'));
    entry = folder.add('a/b', someBytes(10));
    store = new LocalfsStore({ source: 'far', root: folder.path });
    troubles = [];
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  function keeper() {
    const { files } = new LocalfsPublisher(join(temporary.path, 'kept'));
    return keptManifests(files, (error) => troubles.push(error));
  }

  function fileOf({ manifest }: StoreEntry): string {
    return join(temporary.path, 'kept', 'manifests', `${manifest.sha256}.json`);
  }

  it('gives to the next process what this one has kept', async () => {
    const manifest = await store.fetchManifest(entry);
    expect(await keeper().load(entry)).toBeUndefined();
    await keeper().save(entry, manifest);
    expect(await keeper().load(entry)).toEqual(manifest);
    expect(troubles).toEqual([]);
  });

  it('takes a damaged file for none, with any one byte changed', async () => {
    await keeper().save(entry, await store.fetchManifest(entry));
    const path = fileOf(entry);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 7) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      writeFileSync(path, flipped);
      expect(await keeper().load(entry), `byte ${at}`).toBeUndefined();
    }
    writeFileSync(path, whole.subarray(0, 40));
    expect(await keeper().load(entry)).toBeUndefined();
  });

  it('does not give the manifest of another entry, and tells', async () => {
    await keeper().save(entry, await store.fetchManifest(entry));
    const other = { ...entry, artifact: { ...entry.artifact, bytes: 11 } };
    expect(await keeper().load(other)).toBeUndefined();
    expect(troubles).toMatchObject([{ class: 'validation' }]);
  });

  it('does not throw when the disk refuses', async () => {
    writeFileSync(join(temporary.path, 'kept'), 'no folder');
    await keeper().save(entry, await store.fetchManifest(entry));
    expect(await keeper().load(entry)).toBeUndefined();
    expect(troubles.length).toBeGreaterThan(0);
  });
});
