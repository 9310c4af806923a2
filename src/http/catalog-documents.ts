import { createHash } from 'node:crypto';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Position } from '#domain/position';
import { type Scope, scopeKey } from '#domain/scope';
import { strongEtag } from '#http/conditional';
import type { DatasetQueries, DatasetRow } from '#projections/catalog/dataset-queries';

/** The catalog of one scope as it is sent. */
export interface CatalogDocument {
  readonly body: Buffer;
  /** The SHA-256 of the body: equal bytes have equal tags on every node. */
  readonly etag: string;
}

interface Kept {
  readonly change: number;
  readonly document: Promise<CatalogDocument>;
  bytes: number;
}

const PAGE = 500;

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
  for (let after = ''; ; ) {
    const rows = datasets.list(scope, { after, limit: PAGE, asOf, status: 'published' });
    for (const row of rows) parts.push(JSON.stringify(entryOf(row)));
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) break;
    after = last.manifest.name;
    await yieldToOthers();
  }
  const body = Buffer.from(`{"model_version":"v1","datasets":[${parts.join(',')}]}`);
  return { body, etag: strongEtag(createHash('sha256').update(body).digest('hex')) };
}

function entryOf({ manifest }: DatasetRow): Record<string, unknown> {
  return {
    name: manifest.name,
    dataset_id: manifest.datasetId,
    schema_fingerprint: manifest.schemaFingerprint,
    row_count: manifest.rowCount,
    artifact: manifest.artifact,
    published_at: manifest.publishedAt,
  };
}
