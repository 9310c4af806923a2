import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { TouchedRun } from '#projections/job-runs/fold-runs';

const COLUMNS =
  'tenant, environment, id, job, kind, status, started_at, revision, hash, state, commands';

/** Adds rows by COPY: several times as fast as INSERT, and a rebuild adds millions. */
export async function copyRuns(
  client: PoolClient,
  table: string,
  runs: readonly TouchedRun[],
): Promise<void> {
  if (runs.length === 0) return;
  const text = runs.map((run) => `${valuesOf(run).map(escape).join('\t')}\n`).join('');
  const target = client.query(copyFrom(`COPY ${table} (${COLUMNS}) FROM STDIN`));
  await pipeline(Readable.from([text]), target);
}

/** Replaces rows that are there, in one statement. */
export async function updateRuns(
  client: PoolClient,
  table: string,
  runs: readonly TouchedRun[],
): Promise<void> {
  if (runs.length === 0) return;
  const rows = runs.map(valuesOf);
  const column = (index: number): (string | undefined)[] => rows.map((row) => row[index]);
  await client.query(
    `UPDATE ${table} AS r SET status = u.status, revision = u.revision, hash = u.hash, state = u.state, commands = u.commands
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::json[], $8::json[])
       AS u (tenant, environment, id, status, revision, hash, state, commands)
     WHERE r.tenant = u.tenant AND r.environment = u.environment AND r.id = u.id`,
    [0, 1, 2, 5, 7, 8, 9, 10].map(column),
  );
}

function valuesOf({ id, aggregate, commands }: TouchedRun): string[] {
  const { state, revision, hash } = aggregate;
  return [
    id.scope.tenant,
    id.scope.environment,
    id.id,
    state?.job ?? '',
    state?.kind ?? '',
    state?.status ?? '',
    state?.startedAt ?? '',
    String(revision),
    hash ?? '',
    JSON.stringify(state),
    JSON.stringify(commands),
  ];
}

// The text format of COPY: tab between columns, newline between rows, backslash before either.
const SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

function escape(value: string): string {
  return value.replaceAll(SPECIAL, (char) => ESCAPES[char] ?? char);
}
