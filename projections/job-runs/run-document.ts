import { sha256Of } from '#domain/digest';
import type { Scope } from '#domain/scope';
import type { TouchedRun } from '#projections/job-runs/fold-runs';
import type { DigestRow } from '#projections/job-runs/run-digest';
import type { RunColumns, RunKind } from '#projections/job-runs/run-row';
import { RUN_COLUMNS, type RunColumn, valuesOf } from '#projections/job-runs/stored-columns';
import type { StoredRow } from '#projections/job-runs/stored-row';
import type { DocumentKey, StoredDocument } from '#projections/registry-stores/document-backend';
import { sortedOnce, termOf } from '#projections/registry-stores/document-terms';

/** A run as its file holds it: the columns of the other backends, with JSON in its place. */
export type RunDocumentRow = StoredRow & DigestRow;

const JSON_COLUMNS: ReadonlySet<RunColumn> = new Set(['state', 'shown', 'commands']);
// Folders of a scope and kind: one a run would cost two more flushes each, and one for all would hold a million files.
const FOLDER_DIGITS = 2;

/** Says which document holds a run. */
export function runKey(scope: Scope, kind: RunKind, id: string): DocumentKey {
  return { scope, kind, name: sha256Of(id).slice(0, FOLDER_DIGITS), orderKey: id };
}

/** Makes the document of a run: its rank is when it was submitted, its terms are what lists ask for. */
export function runDocument(run: TouchedRun): StoredDocument {
  const { aggregate, columns } = run;
  const { scope, kind, id } = run.id;
  const values = valuesOf(run);
  const members = RUN_COLUMNS.map((column, index) => {
    const value = values[index] ?? null;
    // What is JSON already is not written as a text in it.
    const text = JSON_COLUMNS.has(column) ? (value ?? 'null') : JSON.stringify(value);
    return `${JSON.stringify(column)}:${text}`;
  });
  return {
    ...runKey(scope, kind, id),
    id,
    rank: columns.submittedAt,
    position: aggregate.revision,
    text: `{${members.join(',')}}`,
    terms: runTerms(columns),
  };
}

/** Reads the document of a run. */
export function runIn({ text }: StoredDocument): RunDocumentRow {
  return JSON.parse(text) as RunDocumentRow;
}

function runTerms(columns: RunColumns): readonly string[] {
  const { list, status, job, definition, parent, correlation, deadlineAt, dueAt } = columns;
  const always = [termOf('list', list), termOf('status', status), termOf('job', job)];
  const sometimes = [
    definition === '' ? [] : termOf('definition', definition),
    parent === '' ? [] : termOf('parent', parent),
    correlation === '' ? [] : termOf('correlation', correlation),
    deadlineAt === undefined ? [] : termOf('deadline_at', deadlineAt),
    dueAt === undefined ? [] : termOf('due_at', dueAt),
  ];
  return sortedOnce([...always, ...sometimes.flat()]);
}
