import { createHash, type Hash } from 'node:crypto';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { toPosition } from '#domain/position';
import { LABELS_OF } from '#projections/catalog/contract-tables';
import type { ProjectionDigest } from '#projections/projection';

const ROWS_PER_SLICE = 1_000;

const DEFINITION_TAGS = `(
  SELECT json_group_array(tag) FROM
    (SELECT tag FROM definition_tag t WHERE t.position = revision.position ORDER BY tag))`;

const REFERENCES_OF = `(
  SELECT json_group_array(json_array(uri, order_key, to_name, to_version)) FROM
    (SELECT uri, order_key, to_name, to_version FROM contract_reference c
     WHERE c.position = revision.position ORDER BY uri))`;

const USES_OF = `(
  SELECT json_group_array(json_array(to_kind, to_name, to_version, order_key)) FROM
    (SELECT to_kind, to_name, to_version, order_key FROM definition_use u
     WHERE u.position = revision.position ORDER BY to_kind, to_name, to_version))`;

const ACTIONS_OF = `(
  SELECT json_group_array(type) FROM
    (SELECT type FROM profile_action a WHERE a.position = revision.position ORDER BY type))`;

// With IN the planner walks the whole index for each slice: a million events took 50 minutes.
function isIndexedIn(table: string): string {
  return `EXISTS (SELECT 1 FROM ${table} i WHERE i.aggregate = revision.aggregate AND i.position = revision.position)`;
}

const ROWS = `
  SELECT revision.position, tenant, environment, kind, name, type, time, recorded_at, actor, command_id,
    request_fingerprint, hash, event_id, data, v.order_key, v.version, v.is_release, v.description, v.fingerprint, v.publisher,
    v.also_published_by, v.level,
    v.search_text, s.order_key, s.stage, m.mode,
    CASE kind WHEN 'contract' THEN ${LABELS_OF} END,
    CASE kind WHEN 'contract' THEN ${REFERENCES_OF} END,
    d.order_key, d.version, d.is_release, d.title, d.fingerprint, d.author, ds.order_key, ds.stage, k.id, w.id,
    CASE WHEN kind IN ('action-profile', 'job-definition') THEN ${DEFINITION_TAGS} END,
    CASE kind WHEN 'action-profile' THEN ${ACTIONS_OF} WHEN 'job-definition' THEN ${USES_OF} END
  FROM revision JOIN aggregate ON aggregate.id = revision.aggregate
  LEFT JOIN contract_version v ON v.position = revision.position
  LEFT JOIN contract_stage s ON s.position = revision.position
  LEFT JOIN compatibility_mode m ON m.position = revision.position
  LEFT JOIN definition_version d ON d.position = revision.position
  LEFT JOIN definition_stage ds ON ds.position = revision.position
  LEFT JOIN api_key k ON k.position = revision.position
  LEFT JOIN webhook w ON w.position = revision.position
  WHERE revision.position > ? AND revision.position <= ?
    AND (${isIndexedIn('recent_of')} OR ${isIndexedIn('revision_of')})
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
