import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#flow/clock';
import { keptCatalogs } from '#stores/federated/kept-catalogs';
import { KeptSource } from '#stores/federated/kept-source';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import { someBytes } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';

const ME = { backend: 'localfs', source: 'me' } as const;

describe('keptCatalogs()', () => {
  let temporary: TempFolder;
  let troubles: Error[];
  beforeEach(() => {
    temporary = tempFolder();
    troubles = [];
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  function keeper() {
    const { files } = new LocalfsPublisher(join(temporary.path, 'kept'));
    return keptCatalogs(files, (error) => troubles.push(error));
  }

  it('gives to the next process what this one has kept', async () => {
    const folder = new StoreFolder(join(temporary.path, 'store'));
    const entry = folder.add('a', someBytes(10));
    const kept = {
      etag: 'W/"one \\"',
      catalog: { model_version: 'v1' as const, datasets: [entry] },
    };
    expect(await keeper().load(ME)).toBeUndefined();
    await keeper().save(ME, kept);
    expect(await keeper().load(ME)).toEqual(kept);
    await keeper().save(ME, { ...kept, etag: 'a\nb' });
    expect(await keeper().load(ME)).toEqual(kept);
    expect(troubles).toEqual([]);
  });

  it('takes a damaged file for none, and tells', async () => {
    await keeper().save(ME, { etag: '"x"', catalog: { model_version: 'v1', datasets: [] } });
    const path = join(temporary.path, 'kept', 'sources', 'me.catalog');
    writeFileSync(path, readFileSync(path).subarray(0, 20));
    expect(await keeper().load(ME)).toBeUndefined();
    expect(troubles).toMatchObject([{ class: 'validation' }]);
  });

  it('does not keep a source from working when the disk refuses', async () => {
    const folder = new StoreFolder(join(temporary.path, 'store'));
    folder.add('a', someBytes(10));
    writeFileSync(join(temporary.path, 'kept'), 'no folder');
    const store = new LocalfsStore({ source: 'me', root: folder.path });
    const source = new KeptSource({ store, clock: systemClock, ttlMs: 0, keeper: keeper() });
    await source.restore();
    await source.refresh({});
    expect(source.catalog?.datasets).toHaveLength(1);
    expect(source.state.healthy).toBe(true);
    expect(troubles.length).toBeGreaterThan(0);
  });
});
