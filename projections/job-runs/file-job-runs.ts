import type { AggregateSource } from '#domain/aggregate';
import type { JobRunId } from '#domain/job-run';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { StoredMessage } from '#log/event-log';
import { parseSubject } from '#log/subjects';
import { begunTwice, foldRuns, groupByRun, type StoredRun } from '#projections/job-runs/fold-runs';
import type {
  FoundRun,
  JobRunQuery,
  JobRunRow,
  JobRunView,
  LineageDocumentRow,
} from '#projections/job-runs/job-run-view';
import { digestOfRuns } from '#projections/job-runs/run-digest';
import {
  type RunDocumentRow,
  runDocument,
  runIn,
  runKey,
} from '#projections/job-runs/run-document';
import { conditionsOf } from '#projections/job-runs/run-filter';
import { RunIndex } from '#projections/job-runs/run-index';
import type { RunRef } from '#projections/job-runs/run-queue';
import type { RunKind, RunStates } from '#projections/job-runs/run-row';
import {
  toDocument,
  toFoundRun,
  toLoaded,
  toRunRow,
  toStored,
} from '#projections/job-runs/stored-row';
import type { Checkpoint, ProjectionDigest } from '#projections/projection';
import { compareText, type IndexedDocument } from '#projections/registry-stores/document-set';
import { FolderDocuments, type FolderOptions } from '#projections/registry-stores/folder-documents';
import type { Shown } from '#projections/shown';

/**
 * Job runs as files, one a run, in a folder of their own with an index in memory. One process at a time may have it. Meant
 * for as many runs as its backups are to hold as files: it flushes every one of them by itself.
 */
export class FileJobRuns implements JobRunView {
  readonly name = 'job-runs';
  readonly #folder: FolderDocuments<RunIndex>;

  constructor(options: FolderOptions) {
    this.#folder = new FolderDocuments(options, (documents) => new RunIndex(documents));
  }

  /** @throws CANNOT_START when another process has the folder */
  async open(): Promise<Checkpoint> {
    return await this.#folder.open();
  }

  async apply(batch: readonly StoredMessage[], checkpoint: Checkpoint): Promise<Position> {
    const { events, needed } = groupByRun(batch);
    const runs = foldRuns(events, new Map(needed.flatMap((subject) => this.#stored(subject))));
    const { documents } = this.#folder.index;
    const again = runs.find(
      ({ isNew, id: { scope, kind, id } }) =>
        isNew && documents.get(runKey(scope, kind, id)) !== undefined,
    );
    if (again !== undefined) throw begunTwice(undefined);
    const position = batch.at(-1)?.position ?? checkpoint.position;
    return await this.#folder.put({
      documents: runs.map(runDocument),
      from: checkpoint.position,
      to: { ...checkpoint, position },
    });
  }

  async find(scope: Scope, id: JobRunId): Promise<Shown<FoundRun | undefined>> {
    const own = this.#row(scope, 'job-run', id);
    const { position, found } =
      own.found === undefined ? this.#row(scope, 'lineage-run', id.toLowerCase()) : own;
    return { position, found: toFoundRun(found) };
  }

  async list(scope: Scope, query: JobRunQuery): Promise<Shown<readonly JobRunRow[]>> {
    const { position, found } = this.#page(scope, 'runs', query);
    return { position, found: found.map(toRunRow) };
  }

  async documents(
    scope: Scope,
    query: Pick<JobRunQuery, 'job' | 'after' | 'limit'>,
  ): Promise<Shown<readonly LineageDocumentRow[]>> {
    const { position, found } = this.#page(scope, 'documents', query);
    return { position, found: found.map(toDocumentRow) };
  }

  async document(scope: Scope, id: string): Promise<Shown<unknown>> {
    const { position, found } = this.#row(scope, 'lineage-document', id);
    return { position, found: toDocument(found) };
  }

  async overdue(now: string, limit: number): Promise<readonly RunRef[]> {
    return this.#folder.index.due('deadline_at', now, limit);
  }

  async actionable(now: string, limit: number): Promise<readonly RunRef[]> {
    return this.#folder.index.due('due_at', now, limit);
  }

  source<K extends RunKind>(kind: K): AggregateSource<RunStates[K]> {
    return {
      load: async (scope, id, commandId) =>
        toLoaded(this.#row(scope, kind, id).found, kind, commandId),
    };
  }

  async clear(): Promise<void> {
    await this.#folder.clear();
  }

  async digest(): Promise<ProjectionDigest> {
    const entries = this.#folder.index.documents.all().toSorted(inDigestOrder);
    const { position } = this.#folder.shown([]);
    return { position, digest: digestOfRuns(this.#rows(entries)) };
  }

  async close(): Promise<void> {
    await this.#folder.close();
  }

  /** Reads runs one by one: all of them at once may not fit into memory. */
  *#rows(entries: readonly IndexedDocument[]): Generator<RunDocumentRow> {
    for (const entry of entries) yield* this.#folder.shown([entry]).found.map(runIn);
  }

  #row(scope: Scope, kind: RunKind, id: string): Shown<RunDocumentRow | undefined> {
    const entry = this.#folder.index.documents.get(runKey(scope, kind, id));
    const { position, found } = this.#folder.shown(entry === undefined ? [] : [entry]);
    return { position, found: found.map(runIn)[0] };
  }

  #page(
    scope: Scope,
    list: 'runs' | 'documents',
    query: JobRunQuery,
  ): Shown<readonly RunDocumentRow[]> {
    const conditions = conditionsOf(scope, list, query);
    const { position, found } = this.#folder.shown(
      this.#folder.index.page(scope, conditions, query.limit),
    );
    return { position, found: found.map(runIn) };
  }

  #stored(subject: string): readonly (readonly [string, StoredRun])[] {
    const { scope, kind, id } = parseSubject(subject);
    const { found } = this.#row(scope, kind as RunKind, id);
    return found === undefined ? [] : [[subject, toStored(found)]];
  }
}

function toDocumentRow({ id, kind, job, submitted_at: at, state }: RunDocumentRow) {
  const bytes = Buffer.byteLength(JSON.stringify(state));
  return { id, kind, job, submittedAt: at, bytes } as LineageDocumentRow;
}

function inDigestOrder(a: IndexedDocument, b: IndexedDocument): number {
  return (
    compareText(a.scope.tenant, b.scope.tenant) ||
    compareText(a.scope.environment, b.scope.environment) ||
    compareText(a.kind, b.kind) ||
    compareText(a.orderKey, b.orderKey)
  );
}
