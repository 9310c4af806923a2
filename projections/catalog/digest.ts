import { createHash, type Hash } from 'node:crypto';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { toPosition } from '#domain/position';
import { LABELS_OF } from '#projections/catalog/contract-tables';
import type { ProjectionDigest } from '#projections/projection';

const ROWS_PER_SLICE = 1_000;

const REFERENCES_OF = `(
  SELECT json_group_array(json_array(uri, order_key, to_name, to_version)) FROM
    (SELECT uri, order_key, to_name, to_version FROM contract_reference c
     WHERE c.position = revision.position ORDER BY uri))`;

const ROWS = `
  SELECT revision.position, tenant, environment, kind, name, type, time, recorded_at, actor, command_id,
    request_fingerprint, hash, data, v.order_key, version, is_release, description, fingerprint, publisher, level,
    search_text, s.order_key, s.stage, m.mode,
    CASE kind WHEN 'contract' THEN ${LABELS_OF} END,
    CASE kind WHEN 'contract' THEN ${REFERENCES_OF} END
  FROM revision JOIN aggregate ON aggregate.id = revision.aggregate
  LEFT JOIN contract_version v ON v.position = revision.position
  LEFT JOIN contract_stage s ON s.position = revision.position
  LEFT JOIN compatibility_mode m ON m.position = revision.position
  WHERE revision.position > ? AND revision.position <= ?
    AND ((revision.aggregate, revision.position) IN recent_of OR (revision.aggregate, revision.position) IN revision_of)
  ORDER BY revision.position LIMIT ?`;

/**
 * Hashes every row of the catalog in the order of the log, up to the checkpoint. Rows are never changed, so two
 * catalogs that have reached the same position have the same digest, whatever else they have done.
 */
export async function digestOfCatalog(db: Database): Promise<ProjectionDigest> {
  const end = Number(db.prepare('SELECT position FROM checkpoint').pluck().get());
  const rows = db.prepare(ROWS).raw();
  const hash = createHash('sha256');
  for (let after = 0; ; ) {
    const slice = rows.all(after, end, ROWS_PER_SLICE) as unknown[][];
    for (const row of slice) add(hash, row);
    if (slice.length < ROWS_PER_SLICE) break;
    after = Number(slice.at(-1)?.[0]);
    await yieldToOthers();
  }
  return { position: toPosition(end), digest: `sha256:${hash.digest('hex')}` };
}

function add(hash: Hash, row: readonly unknown[]): void {
  hash.update(JSON.stringify(row));
  hash.update('\n');
}
