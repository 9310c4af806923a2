import type { DatasetName } from '#domain/dataset-name';
import type { StoreCatalog, StoreEntry } from '#stores/catalog-document';

/** The catalog of one source. */
export interface SourceCatalog {
  readonly source: string;
  readonly catalog: StoreCatalog;
}

/** One catalog out of many, and where each dataset comes from. */
export interface MergedCatalog {
  readonly catalog: StoreCatalog;
  /** The source of each dataset. */
  readonly owners: ReadonlyMap<DatasetName, string>;
  /** How many datasets of each source another one holds already. */
  readonly shadowed: ReadonlyMap<string, number>;
}

/**
 * Merges catalogs that are given in the order of their priority. The first source that holds a name gives the whole entry;
 * the same name in later ones is shadowed. Linear in the entries of all sources: each catalog is sorted already.
 */
export function mergeCatalogs(sources: readonly SourceCatalog[]): MergedCatalog {
  const cursors = sources.map(({ source, catalog }) => ({ source, rest: catalog.datasets, at: 0 }));
  const datasets: StoreEntry[] = [];
  const owners = new Map<DatasetName, string>();
  const shadowed = new Map(sources.map(({ source }) => [source, 0]));
  for (;;) {
    let least: DatasetName | undefined;
    for (const { rest, at } of cursors) {
      const name = rest[at]?.name;
      if (name !== undefined && (least === undefined || name < least)) least = name;
    }
    if (least === undefined) break;
    for (const cursor of cursors) {
      const entry = cursor.rest[cursor.at];
      if (entry?.name !== least) continue;
      cursor.at += 1;
      if (owners.has(least)) {
        shadowed.set(cursor.source, (shadowed.get(cursor.source) ?? 0) + 1);
        continue;
      }
      owners.set(least, cursor.source);
      datasets.push(entry);
    }
  }
  return { catalog: { model_version: 'v1', datasets }, owners, shadowed };
}

/**
 * Orders sources by priority: the listed ones first, as listed, then the rest by name. Without a list they stay as they
 * were declared. Names that nobody declared are left out.
 */
export function bySourcePriority(
  declared: readonly string[],
  listed: readonly string[] | undefined,
): readonly string[] {
  if (listed === undefined) return declared;
  const first = [...new Set(listed)].filter((name) => declared.includes(name));
  const rest = declared.filter((name) => !first.includes(name));
  return [...first, ...rest.toSorted((a, b) => (a < b ? -1 : 1))];
}
