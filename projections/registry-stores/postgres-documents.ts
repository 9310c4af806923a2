import type { PoolClient } from 'pg';
import type { Postgres } from '#clients/postgres';
import { type Position, toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import { PostgresCheckpoint } from '#projections/postgres-checkpoint';
import type { Checkpoint, ProjectionDigest } from '#projections/projection';
import type {
  DocumentBackend,
  DocumentChange,
  DocumentFilter,
  DocumentKey,
  DocumentPage,
  StoredDocument,
} from '#projections/registry-stores/document-backend';
import {
  columnsOf,
  type DocumentRow,
  shownDocuments,
  toDocument,
} from '#projections/registry-stores/document-columns';
import { DocumentDigest } from '#projections/registry-stores/document-digest';
import {
  DOCUMENT_COLUMNS,
  type DocumentDialect,
  type DocumentStatement,
  highestStatement,
  pageStatement,
} from '#projections/registry-stores/document-sql';
import {
  STORE_MIGRATIONS,
  STORE_SCHEMA,
} from '#projections/registry-stores/postgres-document-schema';
import type { Shown } from '#projections/shown';

const DIALECT: DocumentDialect = {
  mark: '$',
  schema: `${STORE_SCHEMA}.`,
  joinsMax: 4,
  // A limit keeps the planner from joining otherwise: without statistics it read every document, 3 s for 100,000.
  lookUp: (columns, table, condition) =>
    `CROSS JOIN LATERAL (SELECT ${columns} FROM ${table} WHERE ${condition} LIMIT 1) AS d`,
};
const DOCUMENTS = `${STORE_SCHEMA}.document`;
const TERMS = `${STORE_SCHEMA}.document_term`;
const CHECKPOINT = `${STORE_SCHEMA}.checkpoint`;
const KEYS =
  'unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS k (tenant, environment, kind, name, order_key)';
const SAME_KEY =
  'd.tenant = k.tenant AND d.environment = k.environment AND d.kind = k.kind AND d.name = k.name AND d.order_key = k.order_key';
const ROWS_PER_SLICE = 1_000;
// Documents that one process has put before the first ANALYZE; then twice as many each time.
const ANALYZED_FIRST = 1_000;

/**
 * Documents in Postgres. Several processes may project into it: the checkpoint moves by compare-and-set in the same
 * transaction as the documents, so a batch counts once, whoever brings it.
 */
export class PostgresDocuments implements DocumentBackend {
  readonly #db: Postgres;
  readonly #checkpoint: PostgresCheckpoint;
  #putSoFar = 0;
  #analyzeAt = ANALYZED_FIRST;

  /** Leaves the pool to whoever made it: `close` does not end it. */
  constructor(db: Postgres) {
    this.#db = db;
    const own = { schema: STORE_SCHEMA, migrations: STORE_MIGRATIONS, table: CHECKPOINT };
    this.#checkpoint = new PostgresCheckpoint({ db, ...own });
  }

  async open(): Promise<Checkpoint> {
    return await this.#checkpoint.open();
  }

  async read(keys: readonly DocumentKey[]): Promise<Shown<readonly StoredDocument[]>> {
    const columns = DOCUMENT_COLUMNS.split(', ').map((column) => `d.${column}`);
    const rows = await this.#db.query<DocumentRow>(
      `SELECT c.position AS shown, f.* FROM ${CHECKPOINT} c LEFT JOIN (
         SELECT ${columns.join(', ')} FROM ${KEYS} ${DIALECT.lookUp(DOCUMENT_COLUMNS, `${DOCUMENTS} d`, SAME_KEY)}) AS f ON true`,
      keyColumns(keys),
    );
    return shownDocuments(rows);
  }

  async list(scope: Scope, page: DocumentPage): Promise<Shown<readonly StoredDocument[]>> {
    return await this.#ask(pageStatement(DIALECT, scope, page));
  }

  async highest(scope: Scope, filter: DocumentFilter): Promise<Shown<StoredDocument | undefined>> {
    const { position, found } = await this.#ask(highestStatement(DIALECT, scope, filter));
    return { position, found: found[0] };
  }

  async put({ documents, from, to }: DocumentChange): Promise<Position> {
    const moved = await this.#db.transaction(async (client) => {
      if (!(await this.#checkpoint.move(client, from, to))) return false;
      if (documents.length > 0) await replace(client, documents);
      return true;
    });
    if (!moved) return (await this.#checkpoint.read()).position;
    await this.#keepStatistics(documents.length);
    return to.position;
  }

  // A rebuild is over before the server looks at the tables by itself, once a minute. Until then lists by two common tags
  // among 100,000 documents were planned as if there were none, and took 30 s instead of 30 ms.
  async #keepStatistics(count: number): Promise<void> {
    this.#putSoFar += count;
    if (this.#putSoFar < this.#analyzeAt) return;
    this.#analyzeAt *= 2;
    await this.#db.query(`ANALYZE ${DOCUMENTS}, ${TERMS}`);
  }

  async clear(): Promise<void> {
    await this.#db.transaction(async (client) => {
      // The checkpoint first, as `put` does: in another order the two could wait for each other.
      await this.#checkpoint.reset(client);
      await client.query(`TRUNCATE ${DOCUMENTS}, ${TERMS}`);
    });
  }

  async digest(): Promise<ProjectionDigest> {
    return await this.#db.transaction(async (client) => {
      await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const head = await client.query<{ position: string }>(`SELECT position FROM ${CHECKPOINT}`);
      const digest = new DocumentDigest();
      await client.query(
        `DECLARE every_document NO SCROLL CURSOR FOR SELECT 0 AS shown, ${DOCUMENT_COLUMNS} FROM ${DOCUMENTS}
         ORDER BY tenant, environment, kind, name, order_key`,
      );
      for (;;) {
        const { rows } = await client.query<DocumentRow>(
          `FETCH ${ROWS_PER_SLICE} FROM every_document`,
        );
        for (const row of rows) {
          const document = toDocument(row);
          if (document !== undefined) digest.addStored(document);
        }
        if (rows.length < ROWS_PER_SLICE) break;
      }
      return { position: toPosition(Number(head.rows[0]?.position)), digest: digest.value() };
    });
  }

  async close(): Promise<void> {}

  async #ask({ sql, values }: DocumentStatement): Promise<Shown<readonly StoredDocument[]>> {
    return shownDocuments(await this.#db.query<DocumentRow>(sql, values.map(storable)));
  }
}

/** Puts documents in the place of what is there, with their terms. */
async function replace(client: PoolClient, documents: readonly StoredDocument[]): Promise<void> {
  await client.query(
    `DELETE FROM ${TERMS} t USING ${KEYS} JOIN ${DOCUMENTS} d ON ${SAME_KEY}
     CROSS JOIN json_array_elements_text(d.terms::json) AS before (term)
     WHERE t.tenant = d.tenant AND t.environment = d.environment AND t.kind = d.kind
       AND t.term = before.term AND t.name = d.name AND t.order_key = d.order_key`,
    keyColumns(documents),
  );
  const rows = documents.map(columnsOf);
  await client.query(
    `INSERT INTO ${DOCUMENTS} (${DOCUMENT_COLUMNS})
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::bigint[], $9::text[], $10::text[])
     ON CONFLICT (tenant, environment, kind, name, order_key) DO UPDATE
     SET id = EXCLUDED.id, rank = EXCLUDED.rank, position = EXCLUDED.position,
       document = EXCLUDED.document, terms = EXCLUDED.terms`,
    DOCUMENT_COLUMNS.split(', ').map((_, index) => rows.map((row) => row[index])),
  );
  await client.query(
    `INSERT INTO ${TERMS} SELECT d.tenant, d.environment, d.kind, now.term, d.name, d.order_key, d.rank
     FROM ${KEYS} JOIN ${DOCUMENTS} d ON ${SAME_KEY}
     CROSS JOIN json_array_elements_text(d.terms::json) AS now (term)`,
    keyColumns(documents),
  );
}

function keyColumns(keys: readonly DocumentKey[]): string[][] {
  return [
    keys.map(({ scope }) => scope.tenant),
    keys.map(({ scope }) => scope.environment),
    keys.map(({ kind }) => kind),
    keys.map(({ name }) => storable(name)),
    keys.map(({ orderKey }) => orderKey),
  ];
}

// Postgres refuses NUL in any text. No name has it, and none has what stands for it here: it finds nothing.
function storable<T extends string | number>(value: T): T {
  return (typeof value === 'string' ? value.replaceAll('\u0000', '\uFFFD') : value) as T;
}
