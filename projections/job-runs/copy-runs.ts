import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { TouchedRun } from '#projections/job-runs/fold-runs';
import {
  RUN_COLUMNS,
  RUN_KEY,
  type RunColumn,
  valuesOf,
} from '#projections/job-runs/stored-columns';

/** Adds rows by COPY: several times as fast as INSERT, and a rebuild adds millions. */
export async function copyRuns(
  client: PoolClient,
  table: string,
  runs: readonly TouchedRun[],
): Promise<void> {
  if (runs.length === 0) return;
  const text = runs.map((run) => `${valuesOf(run).map(escape).join('\t')}\n`).join('');
  const target = client.query(copyFrom(`COPY ${table} (${RUN_COLUMNS.join(', ')}) FROM STDIN`));
  await pipeline(Readable.from([text]), target);
}

const TYPES: Readonly<Partial<Record<RunColumn, string>>> = {
  submitted_at: 'timestamptz',
  deadline_at: 'timestamptz',
  due_at: 'timestamptz',
  revision: 'bigint',
  state: 'json',
  shown: 'json',
  commands: 'json',
};
const CHANGING = RUN_COLUMNS.filter((column) => !RUN_KEY.includes(column));

/** Replaces rows that are there, in one statement. */
export async function updateRuns(
  client: PoolClient,
  table: string,
  runs: readonly TouchedRun[],
): Promise<void> {
  if (runs.length === 0) return;
  const rows = runs.map(valuesOf);
  const arrays = RUN_COLUMNS.map((column, i) => `$${i + 1}::${TYPES[column] ?? 'text'}[]`);
  await client.query(
    `UPDATE ${table} AS r SET ${CHANGING.map((column) => `${column} = u.${column}`).join(', ')}
     FROM unnest(${arrays.join(', ')}) AS u (${RUN_COLUMNS.join(', ')})
     WHERE ${RUN_KEY.map((column) => `r.${column} = u.${column}`).join(' AND ')}`,
    RUN_COLUMNS.map((_, i) => rows.map((row) => row[i])),
  );
}

// The text format of COPY: tab between columns, newline between rows, backslash before either, \N for nothing.
const SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

function escape(value: string | null): string {
  if (value === null) return '\\N';
  return value.replaceAll(SPECIAL, (char) => ESCAPES[char] ?? char);
}
