import { z } from 'zod';
import type { ServedDataset } from '#cache/served-dataset';
import { parseSha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import { SHARD_LIST_KEY } from '#domain/table-declaration';
import type { ArtifactRef } from '#stores/store';

const SHARDS_MAX = 512;
/** The most bytes that a list may have: enough for 100,000 sequences with names of 30 characters. */
export const SHARD_LIST_BYTES_MAX = 4_194_304;

const listSchema = z.strictObject({
  model_version: z.union([z.string(), z.number()]),
  dataset: z.unknown().optional(),
  mode: z.enum(['contig', 'contig_partitioned']),
  shards: z
    .array(
      z.strictObject({
        shard_id: z.string().regex(/^[a-z0-9_-]+$/),
        seqids: z.array(z.string().min(1)).min(1),
        sqlite_path: z.string().min(1),
        sqlite_sha256: z.string().transform((text) => parseSha256(text)),
      }),
    )
    .max(SHARDS_MAX),
});

/** Which file has the rows of a sequence. */
export type ShardList = ReadonlyMap<string, ArtifactRef>;

/**
 * Reads the list of a dataset's shards.
 * @throws DATASET_UNUSABLE when it is malformed, not strictly sorted by id, names a sequence twice, or names a file that the
 *   manifest does not have
 */
export function parseShardList(bytes: Uint8Array, dataset: ServedDataset): ShardList {
  const objects = new Map(dataset.objects.map((object) => [object.key, object]));
  const bySequence = new Map<string, ArtifactRef>();
  let before = '';
  for (const shard of parseDocument(bytes, dataset)) {
    const { shard_id: id, seqids, sqlite_path: path, sqlite_sha256: sha256 } = shard;
    if (id <= before)
      throw unusable(dataset, `shard ${quote(id)} stands behind "${before}"`, 'them sorted by id');
    before = id;
    const object = objects.get(path);
    if (object?.sha256 !== sha256)
      throw unusable(
        dataset,
        `the file ${quote(path)} of shard "${id}" is ${object === undefined ? 'not in the manifest' : `"${object.sha256}" in the manifest`}`,
        `an object with this key and the SHA-256 "${sha256}"`,
      );
    for (const seqid of seqids) {
      if (bySequence.has(seqid))
        throw unusable(dataset, `sequence ${quote(seqid)} is in it twice`, 'each once');
      bySequence.set(seqid, { sha256, bytes: object.bytes });
    }
  }
  return bySequence;
}

/** Makes the error for a list that cannot be used. */
export function unusable(
  { name }: Pick<ServedDataset, 'name'>,
  is: string,
  want: string,
): RegistryError {
  return new RegistryError(
    'DATASET_UNUSABLE',
    `Cannot use the shards of dataset ${quote(name)}: ${is} (want ${want})`,
    { details: { dataset: name, object: SHARD_LIST_KEY } },
  );
}

function parseDocument(
  bytes: Uint8Array,
  dataset: ServedDataset,
): z.output<typeof listSchema>['shards'] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw unusable(dataset, 'their list is not JSON', 'JSON');
  }
  try {
    const result = listSchema.safeParse(value);
    if (result.success) return result.data.shards;
    const [issue] = result.error.issues;
    throw unusable(
      dataset,
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it does not fit'}`,
      'a list of shards',
    );
  } catch (error) {
    // Digests have a parser of their own, which throws.
    if (error instanceof RegistryError && error.code === 'DATASET_UNUSABLE') throw error;
    throw unusable(dataset, error instanceof Error ? error.message : String(error), 'digests');
  }
}
