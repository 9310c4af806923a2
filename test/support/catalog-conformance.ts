import { describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { CATALOG_DIGEST_PATH, CATALOG_PATH, catalogPath } from '#stores/layout';
import { PublishedCatalog } from '#stores/published-catalog';
import type { StoreFiles } from '#stores/publisher';
import type { PublisherBed } from '#test/support/publisher-bed';
import { forSeeds } from '#test/support/seed';

const catalogOf = (text: string): Buffer =>
  Buffer.from(`{"datasets":[],"model_version":"${text}"}`);

/** What publishing a catalog promises, on whatever store the catalog lies. */
export function catalogConformance(bed: () => PublisherBed): void {
  describe('the catalog of a store', () => {
    const files = (): StoreFiles => bed().publisher.files;

    async function shown(store: StoreFiles): Promise<string> {
      const catalog = (await store.read(CATALOG_PATH, 10_000)) ?? Buffer.from('none');
      const digest = (await store.read(CATALOG_DIGEST_PATH, 1_000))?.toString();
      expect(digest).toBe(`${sha256Of(catalog)}  catalog.json\n`);
      return catalog.toString();
    }

    it('put() shows the catalog with its digest, and refuses whoever saw an older one', async () => {
      const store = files();
      const catalog = new PublishedCatalog(store);
      const empty = await catalog.head();
      expect(empty).toEqual({ revision: 0, sha256: undefined });
      const one = await catalog.put(catalogOf('one'), empty);
      expect(one).toEqual({
        kind: 'published',
        head: { revision: 1, sha256: sha256Of(catalogOf('one')) },
      });
      expect(await catalog.put(catalogOf('late'), empty)).toEqual({ ...one, kind: 'conflict' });
      expect(await shown(store)).toBe(catalogOf('one').toString());
      expect(await catalog.put(catalogOf('two'), one.head)).toMatchObject({ kind: 'published' });
      expect(await shown(store)).toBe(catalogOf('two').toString());
    });

    it('head() completes what a publisher has left that died between its two steps', async () => {
      const store = files();
      const catalog = new PublishedCatalog(store);
      const one = await catalog.put(catalogOf('one'), await catalog.head());
      await store.create(catalogPath(2), catalogOf('two'));
      expect(await shown(store)).toBe(catalogOf('one').toString());
      const head = await new PublishedCatalog(store).head();
      expect(head).toEqual({ revision: 2, sha256: sha256Of(catalogOf('two')) });
      expect(await shown(store)).toBe(catalogOf('two').toString());
      expect(await catalog.put(catalogOf('late'), one.head)).toMatchObject({ kind: 'conflict' });
    });

    it('put() keeps few old revisions, whatever their number', async () => {
      const store = files();
      const catalog = new PublishedCatalog(store);
      let head = await catalog.head();
      for (let i = 0; i < 8; i += 1) head = (await catalog.put(catalogOf(`${i}`), head)).head;
      expect(await store.list('catalogs')).toEqual([6, 7, 8].map((n) => catalogPath(n).slice(9)));
      // Somebody who has slept so long that his number is free again does not win with it.
      const asleep = { revision: 2, sha256: sha256Of('') };
      expect(await catalog.put(catalogOf('late'), asleep)).toEqual({ kind: 'conflict', head });
      expect(await shown(store)).toBe(catalogOf('7').toString());
    });

    it('put() by many at once: each revision has one winner, nothing that won is lost, and the last is shown', async () => {
      await forSeeds(3, async (random) => {
        const store = files();
        const won: { revision: number; text: string }[] = [];
        const publish = async (name: number): Promise<void> => {
          const catalog = new PublishedCatalog(store);
          let head = await catalog.head();
          for (let round = 0; round < 6; round += 1) {
            const text = `${name}-${round}`;
            const put = await catalog.put(catalogOf(text), head);
            if (put.kind === 'published') won.push({ revision: put.head.revision, text });
            head = put.head;
            if (random.int(2) === 0) head = await catalog.head();
          }
        };
        await Promise.all([1, 2, 3, 4].map(publish));
        const revisions = won.map(({ revision }) => revision);
        expect(new Set(revisions).size).toBe(revisions.length);
        const head = await new PublishedCatalog(store).head();
        const newest = await store.read(catalogPath(head.revision), 10_000);
        expect(await shown(store)).toBe(newest?.toString());
        expect(head.revision).toBeGreaterThanOrEqual(Math.max(...revisions));
      });
    });
  });
}
