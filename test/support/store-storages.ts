import { join } from 'node:path';
import { Postgres } from '#clients/postgres';
import type { DocumentBackend } from '#projections/registry-stores/document-backend';
import { FileDocuments } from '#projections/registry-stores/file-documents';
import { PostgresDocuments } from '#projections/registry-stores/postgres-documents';
import { SqliteDocuments } from '#projections/registry-stores/sqlite-documents';
import { freshDatabase } from '#test/support/fresh-database';
import { tempFolder } from '#test/support/temp';

/** An empty place for the documents of the registries. */
export interface StoreStorage extends AsyncDisposable {
  /** Folder, file or database. */
  readonly at: string;
  /** Opens a backend on it; of a folder one at a time. */
  backend(): DocumentBackend;
}

/** The names of the backends. */
export const STORE_BACKENDS = ['postgres', 'sqlite', 'filesystem'] as const;
export type StoreBackend = (typeof STORE_BACKENDS)[number];

/** Makes an empty place. */
export async function storeStorage(kind: StoreBackend): Promise<StoreStorage> {
  if (kind === 'postgres') {
    const at = await freshDatabase();
    const db = somePostgres(at);
    return {
      at,
      backend: () => new PostgresDocuments(db),
      [Symbol.asyncDispose]: async () => await db.close(),
    };
  }
  const folder = tempFolder();
  const at = kind === 'sqlite' ? join(folder.path, 'stores.sqlite') : join(folder.path, 'stores');
  return {
    at,
    backend: () => backendAt(kind, at),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
}

/** Opens a backend on a place that is there. */
export function backendAt(kind: StoreBackend, at: string): DocumentBackend {
  switch (kind) {
    case 'postgres':
      return new PostgresDocuments(somePostgres(at));
    case 'sqlite':
      return new SqliteDocuments(at);
    case 'filesystem':
      return new FileDocuments({ path: at, freeBytesMin: 0 });
    default:
      return kind satisfies never;
  }
}

/** Makes a small pool. */
export function somePostgres(url: string): Postgres {
  return new Postgres({
    url,
    connectionsMax: 4,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 30_000,
  });
}
