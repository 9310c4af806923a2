import { createHash } from 'node:crypto';
import { canonicalJson } from '#domain/canonical-json';
import { RUN_COLUMNS, type RunColumn } from '#projections/job-runs/stored-columns';
import { parsedColumn } from '#projections/job-runs/stored-row';

/** A row as both backends give it: JSON columns parsed or as text, times as text or as dates. */
export type DigestRow = Readonly<Record<RunColumn, unknown>>;

const JSON_COLUMNS: ReadonlySet<RunColumn> = new Set(['state', 'shown', 'commands']);

/**
 * Hashes rows that come in the order of tenant, environment, aggregate and id. The same rows give the same digest in any
 * backend.
 */
export function digestOfRuns(rows: Iterable<DigestRow>): string {
  const hash = createHash('sha256');
  for (const row of rows)
    hash.update(`${canonicalJson(RUN_COLUMNS.map((c) => plain(c, row[c])))}\n`);
  return `sha256:${hash.digest('hex')}`;
}

function plain(column: RunColumn, value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (column === 'revision') return Number(value);
  return JSON_COLUMNS.has(column) ? parsedColumn(value) : value;
}
