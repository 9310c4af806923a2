import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import type { RegistryError } from '#domain/errors';
import { DEFAULT_SCOPE } from '#domain/scope';
import { FileDocuments } from '#projections/registry-stores/file-documents';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { documentBackendConformance } from '#test/support/document-backend-conformance';
import { writeRegistryHistory } from '#test/support/history';
import { projectionConformance } from '#test/support/projection-conformance';
import { registryStoreConformance } from '#test/support/registry-store-conformance';
import { contractId, openStoreBed, type StoreBed } from '#test/support/store-bed';
import { storeStorage } from '#test/support/store-storages';
import { tempFolder } from '#test/support/temp';

documentBackendConformance('filesystem', async () => await storeStorage('filesystem'));
registryStoreConformance('filesystem', async () => await storeStorage('filesystem'));

projectionConformance('registry stores in filesystem', {
  stream: 'REGISTRY',
  kind: 'contract',
  writeHistory: writeRegistryHistory,
  storage: async () => {
    const storage = await storeStorage('filesystem');
    return {
      open: () => new RegistryStores(storage.backend()),
      [Symbol.asyncDispose]: async () => await storage[Symbol.asyncDispose](),
    };
  },
});

const id = contractId('orders.v', '1.10.0');

/** Every file below a folder, with its path from there. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

/** Stores in a folder with two versions of one contract. */
async function withStores(
  check: (at: {
    readonly path: string;
    readonly bed: StoreBed;
    readonly damaged: readonly RegistryError[];
    readonly file: string;
  }) => Promise<void>,
): Promise<void> {
  using folder = tempFolder();
  const path = join(folder.path, 'stores');
  const damaged: RegistryError[] = [];
  const onDamage = (error: RegistryError): unknown => damaged.push(error);
  await using bed = await openStoreBed(new FileDocuments({ path, freeBytesMin: 0, onDamage }));
  await bed.contract(id.name, id.version, { types: ['orders'] });
  await bed.contract(id.name, '1.9.0', { types: ['orders'] });
  await bed.catchUp();
  const file = join(path, 'documents/default/dev/contract/orders=2Ev/1=2E10=2E0.json');
  await check({ path, bed, damaged, file });
}

describe('the folder of the stores', () => {
  it('holds one file of canonical JSON a document, named by scope, kind, name and version', async () => {
    await withStores(async ({ path, file }) => {
      expect(filesIn(join(path, 'documents'))).toEqual([
        'default/dev/contract-head/orders=2Ev/head.json',
        'default/dev/contract/orders=2Ev/1=2E10=2E0.json',
        'default/dev/contract/orders=2Ev/1=2E9=2E0.json',
      ]);
      expect(filesIn(path).filter((name) => !name.startsWith('documents/'))).toEqual([
        'checkpoint.json',
        'lock.sqlite',
        'owner',
      ]);
      const content = readFileSync(file, 'utf8');
      expect(canonicalJson(JSON.parse(content))).toBe(content);
    });
  });

  it.each([
    [
      'changed',
      (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('1', '2')),
    ],
    ['cut short', (file: string) => writeFileSync(file, readFileSync(file, 'utf8').slice(0, -9))],
    ['empty', (file: string) => writeFileSync(file, '')],
    ['gone', (file: string) => rmSync(file)],
    ['another one', (file: string) => renameSync(file.replace('10', '9'), file)],
  ])(
    'a file that is %s is not served: it is reported, and the view is built again',
    async (_, damage) => {
      await withStores(async ({ bed, damaged, file }) => {
        const before = await bed.stores.digest();
        damage(file);
        const { contracts } = bed.stores;
        await expect(contracts.get(DEFAULT_SCOPE, id)).rejects.toMatchObject({
          code: 'VIEW_UNAVAILABLE',
        });
        expect(damaged).toHaveLength(1);
        const batch = { position: before.position, streamCreated: 'now' };
        await expect(bed.stores.apply([], batch)).rejects.toMatchObject({
          code: 'VIEW_UNAVAILABLE',
        });
        expect(await bed.stores.open()).toMatchObject({ position: 0 });
        await bed.catchUp();
        expect(await bed.stores.digest()).toEqual(before);
      });
    },
  );

  it.each(['changed', 'gone', 'added', 'checkpoint gone', 'checkpoint damaged'])(
    'begins anew when it is opened and something is %s',
    async (what) => {
      await withStores(async ({ path, bed, file }) => {
        await bed.stores.close();
        const checkpoint = join(path, 'checkpoint.json');
        const text = readFileSync(file, 'utf8');
        if (what === 'changed') writeFileSync(file, text.replace('someone', 'nobody'));
        else if (what === 'gone') rmSync(file);
        else if (what === 'added') writeFileSync(`${file}.json`, text);
        else if (what === 'checkpoint gone') rmSync(checkpoint);
        else writeFileSync(checkpoint, readFileSync(checkpoint, 'utf8').replace(':2', ':3'));
        expect(await bed.stores.open()).toMatchObject({ position: 0 });
        expect(filesIn(join(path))).not.toContain('documents/default');
        await bed.catchUp();
        expect((await bed.stores.contracts.get(DEFAULT_SCOPE, id)).found).toBeDefined();
      });
    },
  );

  it('removes half-written files when it is opened, and keeps everything else', async () => {
    await withStores(async ({ path, bed, file }) => {
      const before = await bed.stores.digest();
      await bed.stores.close();
      for (const one of [file, join(path, 'checkpoint.json')]) writeFileSync(`${one}.tmp`, '{"doc');
      expect(await bed.stores.open()).toMatchObject({ position: 2 });
      expect(existsSync(`${file}.tmp`)).toBe(false);
      expect(await bed.stores.digest()).toEqual(before);
    });
  });

  it('ignores a journal that is damaged, or of a change that was carried out long ago', async () => {
    await withStores(async ({ path, bed }) => {
      const before = await bed.stores.digest();
      const body = { from: 0, checkpoint: { position: 9, count: 0, sum: '' }, files: [] };
      const sha256 = sha256Of(canonicalJson(body));
      for (const journal of ['{', '{}', canonicalJson({ version: 1, sha256, body })]) {
        await bed.stores.close();
        writeFileSync(join(path, 'journal.json'), journal);
        expect(await bed.stores.open()).toMatchObject({ position: 2 });
        expect(existsSync(join(path, 'journal.json'))).toBe(false);
        expect(await bed.stores.digest()).toEqual(before);
      }
    });
  });

  it('answers nothing after a write that failed, and is right again when it was opened', async () => {
    await withStores(async ({ path, bed }) => {
      const block = join(path, 'documents/default/dev/contract/blocked');
      writeFileSync(block, 'a file where the folder of a name is to be');
      await bed.contract('blocked', '1.0.0');
      await expect(bed.catchUp()).rejects.toThrow();
      await expect(bed.stores.contracts.get(DEFAULT_SCOPE, id)).rejects.toMatchObject({
        code: 'VIEW_UNAVAILABLE',
      });
      await bed.catchUp();
      const { position, found } = await bed.stores.contracts.get(
        DEFAULT_SCOPE,
        contractId('blocked', '1.0.0'),
      );
      expect([position, found?.bundle.name]).toEqual([3, 'blocked']);
      expect((await bed.stores.contracts.get(DEFAULT_SCOPE, id)).found).toBeDefined();
    });
  });

  it('belongs to one process: a second one is refused until the first has closed it', async () => {
    await withStores(async ({ path, bed }) => {
      const second = new FileDocuments({ path, freeBytesMin: 0 });
      await expect(second.open()).rejects.toMatchObject({ code: 'CANNOT_START' });
      await bed.stores.close();
      expect(await second.open()).toMatchObject({ position: 2 });
      await second.close();
    });
  });
});
