import { createHash } from 'node:crypto';
import { DatabaseError, type PoolClient } from 'pg';
import type { Postgres } from '#clients/postgres';
import type { AggregateSource } from '#domain/aggregate';
import { canonicalJson } from '#domain/canonical-json';
import { type JobRunId, parseJobRunId } from '#domain/job-run';
import { type Position, toPosition } from '#domain/position';
import { parseScope, type Scope } from '#domain/scope';
import type { StoredMessage } from '#log/event-log';
import { parseSubject, subjectOf } from '#log/subjects';
import { copyRuns, updateRuns } from '#projections/job-runs/copy-runs';
import { begunTwice, foldRuns, groupByRun, type StoredRun } from '#projections/job-runs/fold-runs';
import type {
  FoundRun,
  JobRunQuery,
  JobRunRow,
  JobRunView,
  LineageDocumentRow,
} from '#projections/job-runs/job-run-view';
import { JOB_RUN_MIGRATIONS, VIEW_SCHEMA } from '#projections/job-runs/postgres-schema';
import { type Condition, conditionsOf } from '#projections/job-runs/run-filter';
import type { RunRef } from '#projections/job-runs/run-queue';
import type { RunKind, RunStates } from '#projections/job-runs/run-row';
import { RUN_COLUMNS } from '#projections/job-runs/stored-columns';
import {
  type StoredRow,
  toDocument,
  toFoundRun,
  toLoaded,
  toRunRow,
  toStored,
} from '#projections/job-runs/stored-row';
import { PostgresCheckpoint } from '#projections/postgres-checkpoint';
import type { Checkpoint, ProjectionDigest } from '#projections/projection';
import type { Shown } from '#projections/shown';

type Row = StoredRow & { readonly shown_at: string };

type KeyedRow = StoredRow & {
  readonly tenant: string;
  readonly environment: string;
  readonly id: string;
};

interface DocumentRow {
  readonly shown_at: string;
  readonly id: string | null;
  readonly kind: 'job' | 'dataset';
  readonly submitted_at: Date;
  readonly job: string;
  readonly bytes: number;
}

const RUNS = `${VIEW_SCHEMA}.job_run`;
const CHECKPOINT = `${VIEW_SCHEMA}.job_run_checkpoint`;
// Of a reported run a list needs what it shows, never the state, which may be large.
const LISTED = `aggregate, revision, hash, CASE aggregate WHEN 'job-run' THEN state END AS state, shown,
  '[]'::json AS commands, submitted_at, id`;
const NEWEST = 'ORDER BY submitted_at DESC, id DESC';
const EVERY_RUN = `DECLARE every_run NO SCROLL CURSOR FOR SELECT ${RUN_COLUMNS.join().replace('revision', 'revision::float8')}
  FROM ${RUNS} ORDER BY tenant, environment, aggregate, id`;
const DUPLICATE = '23505';

/**
 * Job runs in Postgres. Several processes may project into it: the checkpoint moves by compare-and-set in the same
 * transaction as the rows, so a batch counts once, whoever brings it.
 */
export class PostgresJobRuns implements JobRunView {
  readonly name = 'job-runs';
  readonly #db: Postgres;
  readonly #checkpoint: PostgresCheckpoint;

  constructor(db: Postgres) {
    this.#db = db;
    const own = { schema: VIEW_SCHEMA, migrations: JOB_RUN_MIGRATIONS, table: CHECKPOINT };
    this.#checkpoint = new PostgresCheckpoint({ db, ...own });
  }

  async open(): Promise<Checkpoint> {
    return await this.#checkpoint.open();
  }

  async apply(batch: readonly StoredMessage[], checkpoint: Checkpoint): Promise<Position> {
    const last = batch.at(-1)?.position ?? checkpoint.position;
    for (let from = checkpoint.position, rest = batch; ; ) {
      if (await this.#applyFrom(from, rest, { ...checkpoint, position: last })) return last;
      const { position } = await this.#checkpoint.read();
      if (position >= last || position <= from) return position;
      // Somebody else came first, but not as far: what is behind their batch is still to be applied.
      rest = rest.filter((message) => message.position > position);
      from = position;
    }
  }

  /** Applies events if the view is at the position before them. Gives whether it was. */
  async #applyFrom(
    from: Position,
    batch: readonly StoredMessage[],
    to: Checkpoint,
  ): Promise<boolean> {
    const { events, needed } = groupByRun(batch);
    return await this.#db.transaction(async (client) => {
      if (!(await this.#checkpoint.move(client, from, to))) return false;
      const runs = foldRuns(events, await storedRuns(client, needed));
      const added = runs.filter((run) => run.isNew);
      try {
        await copyRuns(client, RUNS, added);
      } catch (error) {
        throw error instanceof DatabaseError && error.code === DUPLICATE
          ? begunTwice(error)
          : error;
      }
      await updateRuns(
        client,
        RUNS,
        runs.filter((run) => !run.isNew),
      );
      return true;
    });
  }

  async find(scope: Scope, id: JobRunId): Promise<Shown<FoundRun | undefined>> {
    const own = await this.#row(scope, 'job-run', id);
    const isOwn = own !== undefined && own.revision !== null;
    const row = isOwn ? own : await this.#row(scope, 'lineage-run', id.toLowerCase());
    return { position: toPosition(Number(row?.shown_at ?? 0)), found: toFoundRun(row) };
  }

  async list(scope: Scope, query: JobRunQuery): Promise<Shown<readonly JobRunRow[]>> {
    const { where, values } = whereOf(conditionsOf(scope, 'runs', query));
    const rows = await this.#db.query<Row>(
      `SELECT c.position AS shown_at, r.* FROM ${CHECKPOINT} c LEFT JOIN LATERAL (
         SELECT ${LISTED} FROM ${RUNS} WHERE ${where} ${NEWEST} LIMIT ${query.limit}) r ON true
       ${NEWEST}`,
      values,
    );
    const found = rows.filter((row) => row.revision !== null).map(toRunRow);
    return { position: toPosition(Number(rows[0]?.shown_at ?? 0)), found };
  }

  async documents(
    scope: Scope,
    query: Pick<JobRunQuery, 'job' | 'after' | 'limit'>,
  ): Promise<Shown<readonly LineageDocumentRow[]>> {
    const { where, values } = whereOf(conditionsOf(scope, 'documents', query));
    const rows = await this.#db.query<DocumentRow>(
      `SELECT c.position AS shown_at, r.* FROM ${CHECKPOINT} c LEFT JOIN LATERAL (
         SELECT id, kind, job, submitted_at, octet_length(state::text) AS bytes
         FROM ${RUNS} WHERE ${where} ${NEWEST} LIMIT ${query.limit}) r ON true
       ${NEWEST}`,
      values,
    );
    const found = rows.flatMap(({ id, kind, job, submitted_at: at, bytes }) =>
      id === null ? [] : [{ id, kind, job, submittedAt: at.toISOString(), bytes }],
    );
    return { position: toPosition(Number(rows[0]?.shown_at ?? 0)), found };
  }

  async document(scope: Scope, id: string): Promise<Shown<unknown>> {
    const row = await this.#row(scope, 'lineage-document', id);
    return { position: toPosition(Number(row?.shown_at ?? 0)), found: toDocument(row) };
  }

  async overdue(now: string, limit: number): Promise<readonly RunRef[]> {
    return await this.#refs('deadline_at', now, limit);
  }

  async actionable(now: string, limit: number): Promise<readonly RunRef[]> {
    return await this.#refs('due_at', now, limit);
  }

  source<K extends RunKind>(kind: K): AggregateSource<RunStates[K]> {
    return {
      load: async (scope, id, commandId) =>
        toLoaded(await this.#row(scope, kind, id), kind, commandId),
    };
  }

  async clear(): Promise<void> {
    await this.#db.transaction(async (client) => {
      // The checkpoint first, as `apply` does: in another order the two could wait for each other.
      await this.#checkpoint.reset(client);
      await client.query(`TRUNCATE ${RUNS}`);
    });
  }

  async digest(): Promise<ProjectionDigest> {
    return await this.#db.transaction(async (client) => {
      await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const head = await client.query<{ position: string }>(`SELECT position FROM ${CHECKPOINT}`);
      await client.query(EVERY_RUN);
      const hash = createHash('sha256');
      const plain = (value: unknown) => (value instanceof Date ? value.toISOString() : value);
      for (let isMore = true; isMore; ) {
        const { rows } = await client.query('FETCH 100 FROM every_run');
        const lines = rows.map((row) => canonicalJson(RUN_COLUMNS.map((c) => plain(row[c]))));
        for (const line of lines) hash.update(`${line}\n`);
        isMore = rows.length > 0;
      }
      const position = toPosition(Number(head.rows[0]?.position));
      return { position, digest: `sha256:${hash.digest('hex')}` };
    });
  }

  /** Leaves the pool open: whoever made it closes it. */
  async close(): Promise<void> {}

  async #row(scope: Scope, kind: RunKind, id: string): Promise<Row | undefined> {
    const [row] = await this.#db.query<Row>(
      `SELECT c.position AS shown_at, r.aggregate, r.revision, r.hash, r.state, r.shown, r.commands
       FROM ${CHECKPOINT} c LEFT JOIN ${RUNS} r
       ON r.tenant = $1 AND r.environment = $2 AND r.aggregate = $3 AND r.id = $4`,
      [scope.tenant, scope.environment, kind, id],
    );
    return row;
  }

  async #refs(
    column: 'deadline_at' | 'due_at',
    now: string,
    limit: number,
  ): Promise<readonly RunRef[]> {
    const rows = await this.#db.query<{ tenant: string; environment: string; id: string }>(
      `SELECT tenant, environment, id FROM ${RUNS} WHERE ${column} <= $1::timestamptz ORDER BY ${column} LIMIT $2`,
      [now, limit],
    );
    return rows.map(({ tenant, environment, id }) => ({
      scope: parseScope(tenant, environment),
      id: parseJobRunId(id),
    }));
  }
}

async function storedRuns(
  client: PoolClient,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, StoredRun>> {
  if (subjects.length === 0) return new Map();
  const ids = subjects.map(parseSubject);
  const { rows } = await client.query<KeyedRow>(
    `SELECT tenant, environment, aggregate, id, revision, hash, state, commands FROM ${RUNS}
     JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS k (t, e, a, i)
     ON tenant = t AND environment = e AND aggregate = a AND id = i`,
    [
      ids.map((k) => k.scope.tenant),
      ids.map((k) => k.scope.environment),
      ids.map((k) => k.kind),
      ids.map((k) => k.id),
    ],
  );
  return new Map(
    rows.map((row) => {
      const scope = parseScope(row.tenant, row.environment);
      return [subjectOf({ scope, kind: row.aggregate, id: row.id }), toStored(row)];
    }),
  );
}

const CASTS: Readonly<Record<string, string>> = { submitted_at: 'timestamptz' };

function whereOf(conditions: readonly Condition[]): { where: string; values: string[] } {
  const values: string[] = [];
  const place = (column: string, value: string | undefined): string => {
    values.push(value ?? '');
    return `$${values.length}::${CASTS[column] ?? 'text'}`;
  };
  const terms = conditions.flatMap(({ columns, operator, values: wanted, isSparse }) => {
    const places = columns.map((column, i) => place(column, wanted[i]));
    const left = `(${columns.join(', ')})`;
    const term = `${left} ${operator} (${places.join(', ')})`;
    return isSparse === true ? [term, `${left} <> ''`] : [term];
  });
  return { where: terms.join(' AND '), values };
}
