import { canonicalJson } from '#domain/canonical-json';
import { type Sha256, sha256Of } from '#domain/digest';
import { catalogDocument } from '#domain/manifest-document';
import type { Position } from '#domain/position';
import { type Scope, scopeKey } from '#domain/scope';
import type { DatasetQueries } from '#projections/catalog/dataset-queries';
import { publishedPages } from '#projections/catalog/published-pages';

/** The catalog of one scope as it is sent. */
export interface CatalogDocument {
  readonly body: Buffer;
  /** Equal on every node that shows the same. */
  readonly sha256: Sha256;
}

interface Kept {
  readonly change: number;
  readonly document: Promise<CatalogDocument>;
  bytes: number;
}

/**
 * Builds catalogs and keeps the newest of each scope. A catalog changes only with its datasets, so what was built serves
 * until the next change; requests that come while it is built wait for the same one.
 */
export class CatalogDocuments {
  readonly #bytesMax: number;
  readonly #kept = new Map<string, Kept>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Gives the catalog of a scope as of a position. */
  async get(datasets: DatasetQueries, scope: Scope, asOf: Position): Promise<CatalogDocument> {
    const change = datasets.lastChange(scope);
    // The past is built for its reader alone: what is kept is the newest.
    if (change > asOf) return await build(datasets, scope, asOf);
    const key = scopeKey(scope);
    const kept = this.#kept.get(key);
    if (kept?.change === change) return await kept.document;
    const document = build(datasets, scope, asOf);
    await this.#keep(key, { change, document, bytes: 0 });
    return await document;
  }

  async #keep(key: string, entry: Kept): Promise<void> {
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    try {
      entry.bytes = (await entry.document).body.length;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
    let total = [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [oldest, { bytes }] of this.#kept) {
      if (total <= this.#bytesMax) return;
      this.#kept.delete(oldest);
      total -= bytes;
    }
  }
}

async function build(
  datasets: DatasetQueries,
  scope: Scope,
  asOf: Position,
): Promise<CatalogDocument> {
  const parts: string[] = [];
  for await (const page of publishedPages(() => datasets, scope, asOf))
    for (const { entry } of page) parts.push(canonicalJson(entry));
  const body = catalogDocument(parts);
  return { body, sha256: sha256Of(body) };
}
