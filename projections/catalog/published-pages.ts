import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Manifest } from '#domain/dataset';
import { type CatalogEntry, catalogEntry } from '#domain/manifest-document';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { DatasetQueries } from '#projections/catalog/dataset-queries';

/** A published dataset with its entry in the catalog. */
export interface PublishedDataset {
  readonly manifest: Manifest;
  readonly entry: CatalogEntry;
}

const PAGE = 500;

/** Gives every published dataset of a scope as of a position, by name, in pages; others go on between two of them. */
export async function* publishedPages(
  datasets: () => DatasetQueries,
  scope: Scope,
  asOf: Position,
): AsyncGenerator<readonly PublishedDataset[], void, undefined> {
  for (let after = ''; ; ) {
    const rows = datasets().list(scope, { after, limit: PAGE, asOf, status: 'published' });
    yield rows.flatMap(({ manifest }) => {
      const entry = catalogEntry(manifest);
      return entry === undefined ? [] : [{ manifest, entry }];
    });
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) return;
    after = last.manifest.name;
    await yieldToOthers();
  }
}
