import { createHash } from 'node:crypto';
import { canonicalJson } from '#domain/canonical-json';

/** A row as both backends give it: JSON columns parsed or as text. */
export interface DigestRow {
  readonly tenant: string;
  readonly environment: string;
  readonly id: string;
  /** Postgres gives whole numbers of 64 bits as text. */
  readonly revision: number | string;
  readonly hash: string;
  readonly state: unknown;
  readonly commands: unknown;
}

/** Hashes rows that come in the order of tenant, environment and id. The same rows give the same digest in any backend. */
export function digestOfRuns(rows: Iterable<DigestRow>): string {
  const hash = createHash('sha256');
  for (const { tenant, environment, id, revision, hash: last, state, commands } of rows) {
    const row = [tenant, environment, id, Number(revision), last, parsed(state), parsed(commands)];
    hash.update(`${canonicalJson(row)}\n`);
  }
  return `sha256:${hash.digest('hex')}`;
}

function parsed(column: unknown): unknown {
  return typeof column === 'string' ? JSON.parse(column) : column;
}
