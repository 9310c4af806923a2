import type { PoolClient } from 'pg';
import type { Postgres } from '#clients/postgres';
import { emptyAggregate, type LoadedAggregate } from '#domain/aggregate';
import type { EventHash } from '#domain/event';
import type { JobRun, JobRunId, JobRunState } from '#domain/job-run';
import { type Position, toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { StoredMessage } from '#log/event-log';
import { parseSubject, subjectOf } from '#log/subjects';
import { copyRuns, updateRuns } from '#projections/job-runs/copy-runs';
import {
  foldRuns,
  groupByRun,
  type KeptCommand,
  type StoredRun,
} from '#projections/job-runs/fold-runs';
import type { JobRunQuery, JobRunRow, JobRunView, Shown } from '#projections/job-runs/job-run-view';
import { JOB_RUN_MIGRATIONS, VIEW_SCHEMA } from '#projections/job-runs/postgres-schema';
import { type DigestRow, digestOfRuns } from '#projections/job-runs/run-digest';
import type { Checkpoint, ProjectionDigest } from '#projections/projection';

interface Row {
  readonly shown: string;
  readonly revision: string | null;
  readonly hash: string;
  readonly state: JobRun;
  readonly commands: KeptCommand[];
}

interface KeyedRow extends Row {
  readonly tenant: string;
  readonly environment: string;
  readonly id: string;
}

const RUNS = `${VIEW_SCHEMA}.job_run`;
const CHECKPOINT = `${VIEW_SCHEMA}.job_run_checkpoint`;

/**
 * Job runs in Postgres. Several processes may project into it: the checkpoint moves by compare-and-set in the same
 * transaction as the rows, so a batch counts once, whoever brings it.
 */
export class PostgresJobRuns implements JobRunView {
  readonly name = 'job-runs';
  readonly #db: Postgres;
  #isMigrated = false;

  constructor(db: Postgres) {
    this.#db = db;
  }

  async open(): Promise<Checkpoint> {
    // Once: a view that others keep is opened again and again to see how far it is.
    if (!this.#isMigrated) await this.#db.migrate(VIEW_SCHEMA, JOB_RUN_MIGRATIONS);
    this.#isMigrated = true;
    return await this.#checkpoint();
  }

  async apply(batch: readonly StoredMessage[], checkpoint: Checkpoint): Promise<Position> {
    const { events, needed } = groupByRun(batch);
    const position = batch.at(-1)?.position ?? checkpoint.position;
    const moved = await this.#db.transaction(async (client) => {
      const { rowCount } = await client.query(
        `UPDATE ${CHECKPOINT} SET position = $1, stream_created = $2 WHERE position = $3`,
        [position, checkpoint.streamCreated ?? null, checkpoint.position],
      );
      if (rowCount === 0) return false;
      const runs = foldRuns(events, await storedRuns(client, needed));
      await copyRuns(
        client,
        RUNS,
        runs.filter((run) => run.isNew),
      );
      await updateRuns(
        client,
        RUNS,
        runs.filter((run) => !run.isNew),
      );
      return true;
    });
    return moved ? position : (await this.#checkpoint()).position;
  }

  async find(scope: Scope, id: JobRunId): Promise<Shown<JobRunRow | undefined>> {
    const row = await this.#row(scope, id);
    return { position: toPosition(Number(row?.shown ?? 0)), found: toRow(row) };
  }

  async list(scope: Scope, query: JobRunQuery): Promise<Shown<readonly JobRunRow[]>> {
    const { where, values } = filterOf(scope, query);
    const rows = await this.#db.query<Row>(
      `SELECT c.position AS shown, r.* FROM ${CHECKPOINT} c LEFT JOIN LATERAL (
         SELECT revision, hash, state, commands, started_at, id FROM ${RUNS}
         WHERE ${where} ORDER BY started_at DESC, id DESC LIMIT ${query.limit}) r ON true
       ORDER BY started_at DESC, id DESC`,
      values,
    );
    const found = rows.flatMap((row) => toRow(row) ?? []);
    return { position: toPosition(Number(rows[0]?.shown ?? 0)), found };
  }

  async load(scope: Scope, id: string, commandId: string): Promise<LoadedAggregate<JobRunState>> {
    const row = await this.#row(scope, id);
    if (row === undefined || row.revision === null) {
      return { aggregate: emptyAggregate<JobRunState>(undefined), remembered: undefined };
    }
    const { aggregate, commands } = toStored(row);
    return { aggregate, remembered: commands.findLast((c) => c.commandId === commandId) };
  }

  async clear(): Promise<void> {
    await this.#db.transaction(async (client) => {
      await client.query(`TRUNCATE ${RUNS}`);
      await client.query(`UPDATE ${CHECKPOINT} SET position = 0, stream_created = NULL`);
    });
  }

  async digest(): Promise<ProjectionDigest> {
    return await this.#db.transaction(async (client) => {
      await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const head = await client.query<{ position: string }>(`SELECT position FROM ${CHECKPOINT}`);
      const { rows } = await client.query<DigestRow>(
        `SELECT tenant, environment, id, revision, hash, state, commands FROM ${RUNS} ORDER BY tenant, environment, id`,
      );
      return { position: toPosition(Number(head.rows[0]?.position)), digest: digestOfRuns(rows) };
    });
  }

  /** Leaves the pool open: whoever made it closes it. */
  async close(): Promise<void> {}

  async #checkpoint(): Promise<Checkpoint> {
    const [row] = await this.#db.query<{ position: string; stream_created: string | null }>(
      `SELECT position, stream_created FROM ${CHECKPOINT}`,
    );
    return {
      position: toPosition(Number(row?.position ?? 0)),
      streamCreated: row?.stream_created ?? undefined,
    };
  }

  async #row(scope: Scope, id: string): Promise<Row | undefined> {
    const [row] = await this.#db.query<Row>(
      `SELECT c.position AS shown, r.revision, r.hash, r.state, r.commands FROM ${CHECKPOINT} c
       LEFT JOIN ${RUNS} r ON r.tenant = $1 AND r.environment = $2 AND r.id = $3`,
      [scope.tenant, scope.environment, id],
    );
    return row;
  }
}

async function storedRuns(
  client: PoolClient,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, StoredRun>> {
  if (subjects.length === 0) return new Map();
  const ids = subjects.map(parseSubject);
  const { rows } = await client.query<KeyedRow>(
    `SELECT tenant, environment, id, revision, hash, state, commands FROM ${RUNS}
     JOIN unnest($1::text[], $2::text[], $3::text[]) AS k (t, e, i) ON tenant = t AND environment = e AND id = i`,
    [ids.map((k) => k.scope.tenant), ids.map((k) => k.scope.environment), ids.map((k) => k.id)],
  );
  return new Map(
    rows.map((row) => {
      const scope = { tenant: row.tenant, environment: row.environment } as Scope;
      return [subjectOf({ scope, kind: 'job-run', id: row.id }), toStored(row)];
    }),
  );
}

function filterOf(scope: Scope, query: JobRunQuery): { where: string; values: unknown[] } {
  const values: unknown[] = [];
  const terms: string[] = [];
  const add = (term: (at: string) => string, value: string | undefined, cast = 'text'): void => {
    if (value === undefined) return;
    values.push(value);
    terms.push(term(`$${values.length}::${cast}`));
  };
  add((at) => `tenant = ${at}`, scope.tenant);
  add((at) => `environment = ${at}`, scope.environment);
  add((at) => `status = ${at}`, query.status);
  add((at) => `job = ${at}`, query.job);
  add((at) => `started_at >= ${at}`, query.startedFrom, 'timestamptz');
  add((at) => `started_at < ${at}`, query.startedBefore, 'timestamptz');
  if (query.after !== undefined) {
    values.push(query.after.startedAt, query.after.id);
    terms.push(`(started_at, id) < ($${values.length - 1}::timestamptz, $${values.length}::text)`);
  }
  return { where: terms.join(' AND '), values };
}

function toStored(row: Row): StoredRun {
  return {
    aggregate: {
      state: row.state,
      revision: toPosition(Number(row.revision)),
      hash: row.hash as EventHash,
    },
    commands: row.commands,
  };
}

function toRow(row: Row | undefined): JobRunRow | undefined {
  if (row === undefined || row.revision === null) return undefined;
  return { run: row.state, revision: toPosition(Number(row.revision)) };
}
