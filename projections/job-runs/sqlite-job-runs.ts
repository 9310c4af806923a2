import { type Database, SqliteError, type Statement } from 'better-sqlite3';
import type { AggregateSource } from '#domain/aggregate';
import { type JobRunId, parseJobRunId } from '#domain/job-run';
import { type Position, toPosition } from '#domain/position';
import { parseScope, type Scope } from '#domain/scope';
import type { StoredMessage } from '#log/event-log';
import { parseSubject } from '#log/subjects';
import {
  begunTwice,
  foldRuns,
  groupByRun,
  type StoredRun,
  type TouchedRun,
} from '#projections/job-runs/fold-runs';
import type {
  FoundRun,
  JobRunQuery,
  JobRunRow,
  JobRunView,
  LineageDocumentRow,
} from '#projections/job-runs/job-run-view';
import { digestOfRuns } from '#projections/job-runs/run-digest';
import { type Condition, conditionsOf } from '#projections/job-runs/run-filter';
import type { RunRef } from '#projections/job-runs/run-queue';
import type { RunKind, RunStates } from '#projections/job-runs/run-row';
import { JOB_RUN_SCHEMA } from '#projections/job-runs/sqlite-schema';
import { RUN_COLUMNS, valuesOf } from '#projections/job-runs/stored-columns';
import {
  type StoredRow,
  toDocument,
  toFoundRun,
  toLoaded,
  toRunRow,
  toStored,
} from '#projections/job-runs/stored-row';
import type { Checkpoint, ProjectionDigest } from '#projections/projection';
import type { Shown } from '#projections/shown';
import { openViewFile, readViewFile, removeViewFile } from '#projections/sqlite-view-file';

type Row = StoredRow & { readonly shownAt: number };

const ROW = 'r.aggregate, r.revision, r.hash, r.state, r.shown, r.commands';
// Of a reported run a list needs what it shows, never the state, which may be large.
const LISTED = `aggregate, revision, hash, CASE aggregate WHEN 'job-run' THEN state END AS state, shown,
  '[]' AS commands, submitted_at, id`;
const NEWEST = 'ORDER BY submitted_at DESC, id DESC';
const DUPLICATE = 'SQLITE_CONSTRAINT_PRIMARYKEY';

/** Job runs in a local SQLite file: what the registry uses when it was given no Postgres. */
export class SqliteJobRuns implements JobRunView {
  readonly name = 'job-runs';
  readonly #path: string;
  #db: Database | undefined;
  /** By their text, of which there are few: to prepare one costs as much as to run it. */
  #statements = new Map<string, Statement>();

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<Checkpoint> {
    this.#db ??= openViewFile(this.#path, JOB_RUN_SCHEMA);
    const row = this.#prepare('SELECT position, stream_created FROM checkpoint').get() as {
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
      for (const run of foldRuns(events, stored)) this.#write(run);
      const streamCreated = checkpoint.streamCreated ?? null;
      this.#prepare('UPDATE checkpoint SET position = ?, stream_created = ?').run(
        position,
        streamCreated,
      );
    })();
    return position;
  }

  async find(scope: Scope, id: JobRunId): Promise<Shown<FoundRun | undefined>> {
    const own = this.#row(scope, 'job-run', id);
    const row = own.revision === null ? this.#row(scope, 'lineage-run', id.toLowerCase()) : own;
    return { position: toPosition(row.shownAt), found: toFoundRun(row) };
  }

  async list(scope: Scope, query: JobRunQuery): Promise<Shown<readonly JobRunRow[]>> {
    const { position, rows } = this.#list(conditionsOf(scope, 'runs', query), query.limit);
    return { position, found: rows.map(toRunRow) };
  }

  async documents(
    scope: Scope,
    query: Pick<JobRunQuery, 'job' | 'after' | 'limit'>,
  ): Promise<Shown<readonly LineageDocumentRow[]>> {
    const { where, values } = whereOf(conditionsOf(scope, 'documents', query));
    const rows = this.#prepare(`
        SELECT id, kind, job, submitted_at AS submittedAt, length(CAST(state AS BLOB)) AS bytes
        FROM job_run WHERE ${where} ${NEWEST} LIMIT ?`).all(...values, query.limit);
    return { position: (await this.open()).position, found: rows as LineageDocumentRow[] };
  }

  async document(scope: Scope, id: string): Promise<Shown<unknown>> {
    const row = this.#row(scope, 'lineage-document', id);
    return { position: toPosition(row.shownAt), found: toDocument(row) };
  }

  async overdue(now: string, limit: number): Promise<readonly RunRef[]> {
    return this.#refs('deadline_at', now, limit);
  }

  async actionable(now: string, limit: number): Promise<readonly RunRef[]> {
    return this.#refs('due_at', now, limit);
  }

  source<K extends RunKind>(kind: K): AggregateSource<RunStates[K]> {
    return {
      load: async (scope, id, commandId) => toLoaded(this.#row(scope, kind, id), kind, commandId),
    };
  }

  async clear(): Promise<void> {
    this.#close();
    removeViewFile(this.#path);
  }

  async digest(): Promise<ProjectionDigest> {
    return digestOf(this.#open());
  }

  async close(): Promise<void> {
    this.#close();
  }

  #open(): Database {
    if (this.#db === undefined) throw new Error('The view of job runs is not open');
    return this.#db;
  }

  #write(run: TouchedRun): void {
    const places = RUN_COLUMNS.map(() => '?').join(', ');
    const verb = run.isNew ? 'INSERT' : 'REPLACE';
    try {
      this.#prepare(`${verb} INTO job_run VALUES (${places})`).run(...valuesOf(run));
    } catch (error) {
      throw error instanceof SqliteError && error.code === DUPLICATE ? begunTwice(error) : error;
    }
  }

  #prepare(sql: string): Statement {
    const db = this.#open();
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #close(): void {
    this.#statements = new Map();
    this.#db?.close();
    this.#db = undefined;
  }

  #row(scope: Scope, kind: RunKind, id: string): Row {
    const find = this.#prepare(`
      SELECT c.position AS shownAt, ${ROW} FROM checkpoint c
      LEFT JOIN job_run r ON r.tenant = ? AND r.environment = ? AND r.aggregate = ? AND r.id = ?`);
    return find.get(scope.tenant, scope.environment, kind, id) as Row;
  }

  #list(conditions: readonly Condition[], limit: number): { position: Position; rows: Row[] } {
    const { where, values } = whereOf(conditions);
    const rows = this.#prepare(`
        SELECT c.position AS shownAt, ${ROW} FROM checkpoint c LEFT JOIN (
          SELECT ${LISTED} FROM job_run WHERE ${where} ${NEWEST} LIMIT ?) r
        ${NEWEST}`).all(...values, limit) as Row[];
    const position = toPosition(rows[0]?.shownAt ?? 0);
    return { position, rows: rows.filter((row) => row.revision !== null) };
  }

  #refs(column: 'deadline_at' | 'due_at', now: string, limit: number): readonly RunRef[] {
    const rows = this.#prepare(
      `SELECT tenant, environment, id FROM job_run WHERE ${column} <= ? ORDER BY ${column} LIMIT ?`,
    ).all(now, limit) as { tenant: string; environment: string; id: string }[];
    return rows.map(({ tenant, environment, id }) => ({
      scope: parseScope(tenant, environment),
      id: parseJobRunId(id),
    }));
  }

  #stored(subject: string): [string, StoredRun][] {
    const { scope, kind, id } = parseSubject(subject);
    const row = this.#row(scope, kind as RunKind, id);
    return row.revision === null ? [] : [[subject, toStored(row)]];
  }
}

/** Reads the digest of a file that another process may be writing. */
export function digestOfRunFile(path: string): ProjectionDigest {
  return readViewFile(path, JOB_RUN_SCHEMA, digestOf);
}

function digestOf(db: Database): ProjectionDigest {
  return db.transaction(() => {
    const position = db.prepare('SELECT position FROM checkpoint').pluck().get();
    const rows = db.prepare(
      `SELECT ${RUN_COLUMNS.join(', ')} FROM job_run ORDER BY tenant, environment, aggregate, id`,
    );
    const digest = digestOfRuns(rows.iterate() as Iterable<never>);
    return { position: toPosition(Number(position)), digest };
  })();
}

function whereOf(conditions: readonly Condition[]): { where: string; values: readonly string[] } {
  const terms = conditions.flatMap(({ columns, operator, isSparse }) => {
    const left = columns.length === 1 ? String(columns[0]) : `(${columns.join(', ')})`;
    const right = columns.length === 1 ? '?' : `(${columns.map(() => '?').join(', ')})`;
    return [`${left} ${operator} ${right}`, ...(isSparse === true ? [`${left} <> ''`] : [])];
  });
  return { where: terms.join(' AND '), values: conditions.flatMap(({ values }) => values) };
}
