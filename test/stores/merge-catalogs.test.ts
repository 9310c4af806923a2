import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetIdOf, parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import { DEFAULT_SCOPE } from '#domain/scope';
import type { StoreCatalog, StoreEntry } from '#stores/catalog-document';
import { bySourcePriority, mergeCatalogs } from '#stores/federated/merge-catalogs';

function entry(text: string, source: string): StoreEntry {
  const name = parseDatasetName(text);
  const sha256 = sha256Of(`${text} ${source}`);
  return {
    name,
    dataset_id: datasetIdOf(DEFAULT_SCOPE, name),
    schema_fingerprint: 'fp',
    row_count: null,
    artifact: { key: 'a', sha256, bytes: 1 },
    manifest: { sha256, bytes: 1 },
    published_at: '2026-01-01T00:00:00.000Z',
  };
}

function catalogOf(source: string, names: readonly string[]): StoreCatalog {
  const sorted = [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1));
  return { model_version: 'v1', datasets: sorted.map((name) => entry(name, source)) };
}

const names = fc.uniqueArray(fc.stringMatching(/^[a-cA-C.]{1,3}[a-c]$/), { maxLength: 30 });
const catalogs = fc
  .array(names, { maxLength: 8 })
  .map((lists) => lists.map((list, i) => ({ source: `s${i}`, catalog: catalogOf(`s${i}`, list) })));

describe('mergeCatalogs()', () => {
  it('gives every name once, in order, whole from the first source that holds it', () => {
    fc.assert(
      fc.property(catalogs, (sources) => {
        const { catalog, owners, shadowed } = mergeCatalogs(sources);
        const expected = new Map<string, StoreEntry>();
        let entries = 0;
        for (const { catalog: own } of sources) {
          for (const one of own.datasets) {
            entries += 1;
            if (!expected.has(one.name)) expected.set(one.name, one);
          }
        }
        const sorted = [...expected.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
        expect(catalog.datasets).toEqual(sorted);
        for (const one of catalog.datasets) {
          const owner = sources.find(({ source }) => source === owners.get(one.name));
          expect(owner?.catalog.datasets).toContainEqual(one);
        }
        const hidden = [...shadowed.values()].reduce((sum, count) => sum + count, 0);
        expect(hidden + catalog.datasets.length).toBe(entries);
      }),
      { numRuns: 500 },
    );
  });

  it('gives nothing for no sources', () => {
    expect(mergeCatalogs([]).catalog.datasets).toEqual([]);
  });
});

describe('bySourcePriority()', () => {
  it('keeps the order of declaration without a list', () => {
    expect(bySourcePriority(['c', 'a', 'b'], undefined)).toEqual(['c', 'a', 'b']);
  });

  it('puts listed sources first as listed and the rest by name, without unknown ones and repeats', () => {
    expect(bySourcePriority(['c', 'a', 'b', 'd'], ['d', 'x', 'b', 'd'])).toEqual([
      'd',
      'b',
      'a',
      'c',
    ]);
    expect(bySourcePriority(['c', 'a'], [])).toEqual(['a', 'c']);
  });
});
