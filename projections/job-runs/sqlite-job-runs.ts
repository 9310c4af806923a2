import type { Database, Statement } from 'better-sqlite3';
import { emptyAggregate, type LoadedAggregate } from '#domain/aggregate';
import type { EventHash } from '#domain/event';
import type { JobRun, JobRunId, JobRunState } from '#domain/job-run';
import { type Position, type Revision, toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { StoredMessage } from '#log/event-log';
import { parseSubject } from '#log/subjects';
import {
  foldRuns,
  groupByRun,
  type KeptCommand,
  type StoredRun,
  type TouchedRun,
} from '#projections/job-runs/fold-runs';
import type { JobRunQuery, JobRunRow, JobRunView, Shown } from '#projections/job-runs/job-run-view';
import { digestOfRuns } from '#projections/job-runs/run-digest';
import { JOB_RUN_SCHEMA } from '#projections/job-runs/sqlite-schema';
import type { Checkpoint, ProjectionDigest } from '#projections/projection';
import { openViewFile, removeViewFile } from '#projections/sqlite-view-file';

interface Row {
  readonly shown: number;
  readonly revision: number | null;
  readonly hash: string;
  readonly state: string;
  readonly commands: string;
}

/** Job runs in a local SQLite file: what the registry uses when it was given no Postgres. */
export class SqliteJobRuns implements JobRunView {
  readonly name = 'job-runs';
  readonly #path: string;
  #db: Database | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<Checkpoint> {
    this.#db ??= openViewFile(this.#path, JOB_RUN_SCHEMA);
    const row = this.#db.prepare('SELECT position, stream_created FROM checkpoint').get() as {
      position: number;
      stream_created: string | null;
    };
    return { position: toPosition(row.position), streamCreated: row.stream_created ?? undefined };
  }

  async apply(batch: readonly StoredMessage[], checkpoint: Checkpoint): Promise<Position> {
    const db = this.#open();
    const { events, needed } = groupByRun(batch);
    const position = batch.at(-1)?.position ?? checkpoint.position;
    db.transaction(() => {
      const stored = new Map(needed.flatMap((subject) => this.#stored(subject)));
      const write = db.prepare(
        `INSERT OR REPLACE INTO job_run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const run of foldRuns(events, stored)) write.run(...columnsOf(run));
      db.prepare('UPDATE checkpoint SET position = ?, stream_created = ?').run(
        position,
        checkpoint.streamCreated ?? null,
      );
    })();
    return position;
  }

  async find(scope: Scope, id: JobRunId): Promise<Shown<JobRunRow | undefined>> {
    const row = this.#row(scope, id);
    return { position: toPosition(row.shown), found: toRow(row) };
  }

  async list(scope: Scope, query: JobRunQuery): Promise<Shown<readonly JobRunRow[]>> {
    const { where, values } = filterOf(scope, query);
    const rows = this.#open()
      .prepare(`
        SELECT c.position AS shown, r.* FROM checkpoint c LEFT JOIN (
          SELECT revision, hash, state, commands, started_at, id FROM job_run
          WHERE ${where} ORDER BY started_at DESC, id DESC LIMIT ?) r
        ORDER BY started_at DESC, id DESC`)
      .all(...values, query.limit) as Row[];
    const found = rows.flatMap((row) => toRow(row) ?? []);
    return { position: toPosition(rows[0]?.shown ?? 0), found };
  }

  async load(scope: Scope, id: string, commandId: string): Promise<LoadedAggregate<JobRunState>> {
    const row = this.#row(scope, id);
    if (row.revision === null) {
      return { aggregate: emptyAggregate<JobRunState>(undefined), remembered: undefined };
    }
    const { aggregate, commands } = toStored(row);
    return { aggregate, remembered: commands.findLast((c) => c.commandId === commandId) };
  }

  async clear(): Promise<void> {
    this.#db?.close();
    this.#db = undefined;
    removeViewFile(this.#path);
  }

  async digest(): Promise<ProjectionDigest> {
    const db = this.#open();
    const { position } = await this.open();
    const rows = db.prepare(
      'SELECT tenant, environment, id, revision, hash, state, commands FROM job_run ORDER BY tenant, environment, id',
    );
    return { position, digest: digestOfRuns(rows.iterate() as Iterable<never>) };
  }

  async close(): Promise<void> {
    this.#db?.close();
    this.#db = undefined;
  }

  #open(): Database {
    if (this.#db === undefined) throw new Error('The view of job runs is not open');
    return this.#db;
  }

  #row(scope: Scope, id: string): Row {
    const find: Statement = this.#open().prepare(`
      SELECT c.position AS shown, r.revision, r.hash, r.state, r.commands FROM checkpoint c
      LEFT JOIN job_run r ON r.tenant = ? AND r.environment = ? AND r.id = ?`);
    return find.get(scope.tenant, scope.environment, id) as Row;
  }

  #stored(subject: string): [string, StoredRun][] {
    const { scope, id } = parseSubject(subject);
    const row = this.#row(scope, id);
    return row.revision === null ? [] : [[subject, toStored(row)]];
  }
}

function columnsOf({ id, aggregate, commands }: TouchedRun): unknown[] {
  const { state, revision, hash } = aggregate;
  const { tenant, environment } = id.scope;
  return [
    tenant,
    environment,
    id.id,
    state?.job ?? '',
    state?.kind ?? '',
    state?.status ?? '',
    state?.startedAt ?? '',
    revision,
    hash,
    JSON.stringify(state),
    JSON.stringify(commands),
  ];
}

function filterOf(scope: Scope, query: JobRunQuery): { where: string; values: string[] } {
  const terms: [string, ...string[]][] = [
    ['tenant = ?', scope.tenant],
    ['environment = ?', scope.environment],
  ];
  if (query.status !== undefined) terms.push(['status = ?', query.status]);
  if (query.job !== undefined) terms.push(['job = ?', query.job]);
  if (query.startedFrom !== undefined) terms.push(['started_at >= ?', query.startedFrom]);
  if (query.startedBefore !== undefined) terms.push(['started_at < ?', query.startedBefore]);
  const { after } = query;
  if (after !== undefined) terms.push(['(started_at, id) < (?, ?)', after.startedAt, after.id]);
  return {
    where: terms.map(([term]) => term).join(' AND '),
    values: terms.flatMap(([, ...values]) => values),
  };
}

function toStored(row: Row): StoredRun {
  return {
    aggregate: {
      state: JSON.parse(row.state) as JobRun,
      revision: toPosition(row.revision ?? 0),
      hash: row.hash as EventHash,
    },
    commands: JSON.parse(row.commands) as KeptCommand[],
  };
}

function toRow(row: Row): JobRunRow | undefined {
  if (row.revision === null) return undefined;
  return { run: JSON.parse(row.state) as JobRun, revision: row.revision as Revision };
}
