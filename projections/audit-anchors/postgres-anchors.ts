import type { QueryResultRow } from 'pg';
import { isEmptied, type Migration, type Postgres } from '#clients/postgres';
import type { AnchorStore } from '#projections/audit-anchors/anchor-store';

/** The schema of anchors in Postgres: theirs alone. Its owner may take the right to change rows from the registry. */
/** The schema of anchors. */
export const ANCHOR_SCHEMA = 'atlas_registry_audit';

/** The steps that make it. */
export const ANCHOR_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE ${ANCHOR_SCHEMA}.anchor (
  stream text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  document bytea NOT NULL,
  PRIMARY KEY (stream, sequence)
);
`,
  },
];

/** Anchors in Postgres. */
export class PostgresAnchors implements AnchorStore {
  readonly #postgres: Postgres;

  constructor(postgres: Postgres) {
    this.#postgres = postgres;
  }

  async newest(stream: string): Promise<number> {
    const sql = `SELECT max(sequence)::text AS newest FROM ${ANCHOR_SCHEMA}.anchor WHERE stream = $1`;
    const [row] = await this.#rows<{ newest: string | null }>(sql, [stream]);
    return Number(row?.newest ?? 0);
  }

  async read(stream: string, sequence: number): Promise<Uint8Array | undefined> {
    const sql = `SELECT document FROM ${ANCHOR_SCHEMA}.anchor WHERE stream = $1 AND sequence = $2`;
    const [row] = await this.#rows<{ document: Buffer }>(sql, [stream, sequence]);
    return row?.document;
  }

  async create(stream: string, sequence: number, bytes: Uint8Array): Promise<boolean> {
    const sql = `INSERT INTO ${ANCHOR_SCHEMA}.anchor VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING sequence`;
    const values = [stream, sequence, Buffer.from(bytes)];
    const insert = async (): Promise<boolean> =>
      (await this.#postgres.query(sql, values)).length === 1;
    try {
      return await insert();
    } catch (error) {
      if (!isEmptied(error)) throw error;
      await this.#postgres.migrate(ANCHOR_SCHEMA, ANCHOR_MIGRATIONS);
      return await insert();
    }
  }

  /** Asks a table that may not be there yet: whoever reads makes none. */
  async #rows<Row extends QueryResultRow>(sql: string, values: unknown[]): Promise<Row[]> {
    try {
      return await this.#postgres.query<Row>(sql, values);
    } catch (error) {
      if (isEmptied(error)) return [];
      throw error;
    }
  }
}
