import { createHash } from 'node:crypto';
import { DatabaseError, Pool, type PoolClient, type QueryResultRow } from 'pg';
import { withoutCredentials } from '#clients/without-credentials';
import { quote, RegistryError } from '#domain/errors';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  /** The longest that one statement may run. */
  readonly statementTimeoutMs: number;
  /** Hears of connections that broke while nobody used them. */
  readonly onIdleError?: (error: Error) => void;
}

/** One step of a schema. Steps are only ever added. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

// Dates are read as text, which a database or an account may set otherwise.
const SESSION = '-c datestyle=ISO -c timezone=UTC';
// What the driver says when nobody answers a statement; it gives no code.
const QUERY_TIMEOUT = 'Query read timeout';

/** A pool of connections to Postgres. */
export class Postgres {
  readonly #pool: Pool;
  readonly #url: string;
  #answers = false;

  constructor(options: PostgresOptions) {
    this.#url = withoutCredentials(options.url);
    this.#pool = new Pool({
      // What a URL asks for comes first, and the last setting of a name counts.
      connectionString: options.url.replace(
        /[?&]options=[^&#]*/,
        (own) => `${own}%20${SESSION.replaceAll(' ', '%20')}`,
      ),
      options: SESSION,
      max: options.connectionsMax,
      connectionTimeoutMillis: options.connectTimeoutMs,
      statement_timeout: options.statementTimeoutMs,
      // The server may not answer at all; the client gives up a little later than the server would.
      query_timeout: options.statementTimeoutMs + 1_000,
      application_name: 'atlas-registry',
      keepAlive: true,
    });
    this.#pool.on('error', (error) => options.onIdleError?.(error));
  }

  /** How the pool stands, and whether the server answered when it was last asked. */
  get state(): {
    readonly open: number;
    readonly idle: number;
    readonly waiting: number;
    readonly answers: boolean;
  } {
    const { totalCount: open, idleCount: idle, waitingCount: waiting } = this.#pool;
    return { open, idle, waiting, answers: this.#answers };
  }

  /** Runs one statement. @throws VIEW_UNAVAILABLE when the server does not answer */
  async query<Row extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    try {
      const { rows } = await this.#pool.query<Row>(sql, values);
      this.#answers = true;
      return rows;
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** Runs work in one transaction on one connection. @throws VIEW_UNAVAILABLE when the server does not answer */
  async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    const client = await this.#take(onError);
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      this.#answers = true;
      return result;
    } catch (error) {
      broken ??= await rollBack(client);
      if (isDriverError(error) || (broken !== undefined && !isFault(error)))
        throw this.#explain(error);
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  /**
   * Takes a connection. One that breaks between two statements says so by an event, and an event that nobody hears ends the
   * process. So the listener is there at once: the server may end a connection in the breath in which it grants it.
   */
  async #take(onError: (error: Error) => void): Promise<PoolClient> {
    try {
      return await new Promise<PoolClient>((resolve, reject) => {
        this.#pool.connect((error, client) => {
          if (client === undefined) reject(error ?? new Error('There is no connection'));
          else resolve(client.on('error', onError));
        });
      });
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /**
   * Brings a schema forward, one process at a time: others wait for the lock and then find nothing to do.
   * @throws CANNOT_START when the database was migrated by a newer version, or a step was changed after it ran
   */
  async migrate(schema: string, migrations: readonly Migration[]): Promise<void> {
    await this.transaction(async (client) => {
      await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [
        `atlas-registry:${schema}`,
      ]);
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await client.query(
        `CREATE TABLE IF NOT EXISTS ${schema}.migration (version integer PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
      );
      const { rows } = await client.query<{ version: number; sha256: string }>(
        `SELECT version, sha256 FROM ${schema}.migration ORDER BY version`,
      );
      checkHistory(schema, migrations, rows);
      for (const { version, sql } of migrations.slice(rows.length)) {
        await client.query(sql);
        await client.query(`INSERT INTO ${schema}.migration VALUES ($1, $2)`, [
          version,
          digest(sql),
        ]);
      }
    });
  }

  /**
   * Says how far a schema has been brought, and changes nothing.
   * @throws CANNOT_START as `migrate()` would
   */
  async standingOf(
    schema: string,
    migrations: readonly Migration[],
  ): Promise<'absent' | 'older' | 'current'> {
    const [found] = await this.query<{ there: boolean }>(
      'SELECT to_regclass($1) IS NOT NULL AS there',
      [`${schema}.migration`],
    );
    if (found?.there !== true) return 'absent';
    const rows = await this.query<{ version: number; sha256: string }>(
      `SELECT version, sha256 FROM ${schema}.migration ORDER BY version`,
    );
    checkHistory(schema, migrations, rows);
    return rows.length < migrations.length ? 'older' : 'current';
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #explain(error: unknown): unknown {
    if (error instanceof RegistryError) return error;
    if (isEmptied(error)) return emptied(error);
    if (!isConnectionError(error)) return error;
    this.#answers = false;
    return new RegistryError(
      'VIEW_UNAVAILABLE',
      `Cannot reach Postgres at ${quote(this.#url)}: ${error instanceof Error ? error.message : String(error)} (want a running server: check DATABASE_URL)`,
      { retryAfterSeconds: 2, cause: error },
    );
  }
}

function emptied(cause: unknown): RegistryError {
  return new RegistryError(
    'VIEW_UNAVAILABLE',
    'Cannot read Postgres: the tables of the registry are gone (want them left alone: they are being built again)',
    { retryAfterSeconds: 5, cause },
  );
}

async function rollBack(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function checkHistory(
  schema: string,
  migrations: readonly Migration[],
  applied: readonly { version: number; sha256: string }[],
): void {
  applied.forEach((row, index) => {
    const known = migrations[index];
    if (known?.version === row.version && digest(known.sql) === row.sha256) return;
    const is = known === undefined ? 'is not known here' : 'differs from the one known here';
    throw new RegistryError(
      'CANNOT_START',
      `Cannot use Postgres schema ${quote(schema)}: its migration ${row.version} ${is} (want a node of the version that ran it, or an empty database)`,
    );
  });
}

function digest(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

/** Tells whether a statement failed because somebody has removed the tables of a schema. */
export function isEmptied(error: unknown): boolean {
  const cause = error instanceof RegistryError ? error.cause : error;
  return cause instanceof DatabaseError && /^(42P01|3F000)$/.test(cause.code ?? '');
}

/**
 * Tells whether an error of a transaction surely comes from the server, the driver or the socket. Others are of the work
 * itself, or say that the connection broke, which is known from the connection.
 */
function isDriverError(error: unknown): boolean {
  if (error instanceof DatabaseError) return true;
  if (!(error instanceof Error)) return false;
  return 'syscall' in error || error.message === QUERY_TIMEOUT;
}

/** Tells whether an error is a fault of our own: of all that the driver throws, none is of these classes. */
function isFault(error: unknown): boolean {
  return [TypeError, RangeError, SyntaxError, ReferenceError].some(
    (fault) => error instanceof fault,
  );
}

// Classes 08 (connection), 53 (resources), 57 (operator: shutdown, cancelled), and everything that has no SQLSTATE.
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return error instanceof Error && !isFault(error);
  return /^(08|53|57|58)/.test(error.code ?? '');
}
