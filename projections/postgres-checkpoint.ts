import type { PoolClient } from 'pg';
import { isEmptied, type Migration, type Postgres } from '#clients/postgres';
import { type Position, toPosition } from '#domain/position';
import type { Checkpoint } from '#projections/projection';

export interface PostgresCheckpointOptions {
  readonly db: Postgres;
  /** The schema of the view, and the steps that make it. */
  readonly schema: string;
  readonly migrations: readonly Migration[];
  /** The table with the one row that is the checkpoint, with its schema. */
  readonly table: string;
}

/** How far a view in Postgres is. It moves by compare-and-set, so that a batch counts once, whoever brings it. */
export class PostgresCheckpoint {
  readonly #options: PostgresCheckpointOptions;
  #isMigrated = false;

  constructor(options: PostgresCheckpointOptions) {
    this.#options = options;
  }

  /**
   * Says where the view stands, and sets its schema up where it is not there: at first, and after somebody has emptied the
   * database. A view that others keep is opened again and again to see how far it is.
   */
  async open(): Promise<Checkpoint> {
    const known = this.#isMigrated ? await this.#readIfThere() : undefined;
    if (known !== undefined) return known;
    const { db, schema, migrations } = this.#options;
    await db.migrate(schema, migrations);
    this.#isMigrated = true;
    return await this.read();
  }

  /** Says where the view stands. */
  async read(): Promise<Checkpoint> {
    const { db, table } = this.#options;
    const [row] = await db.query<{ position: string; stream_created: string | null }>(
      `SELECT position, stream_created FROM ${table}`,
    );
    return {
      position: toPosition(Number(row?.position ?? 0)),
      streamCreated: row?.stream_created ?? undefined,
    };
  }

  /** Moves it within a transaction, as the first thing: who comes second waits for the row. Gives whether it was at `from`. */
  async move(client: PoolClient, from: Position, to: Checkpoint): Promise<boolean> {
    const { rowCount } = await client.query(
      `UPDATE ${this.#options.table} SET position = $1, stream_created = $2 WHERE position = $3`,
      [to.position, to.streamCreated ?? null, from],
    );
    return rowCount !== 0;
  }

  /** Sets it to the beginning, within a transaction and as the first thing, too. */
  async reset(client: PoolClient): Promise<void> {
    await client.query(`UPDATE ${this.#options.table} SET position = 0, stream_created = NULL`);
  }

  async #readIfThere(): Promise<Checkpoint | undefined> {
    try {
      return await this.read();
    } catch (error) {
      if (isEmptied(error)) return undefined;
      throw error;
    }
  }
}
