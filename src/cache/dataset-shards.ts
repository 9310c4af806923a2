import { readFile } from 'node:fs/promises';
import type { CachedFile, Lease } from '#cache/cached-file';
import type { Wanted } from '#cache/ledger';
import type { ServedDataset } from '#cache/served-dataset';
import { parseShardList, SHARD_LIST_BYTES_MAX, type ShardList, unusable } from '#cache/shard-list';
import { sha256Of } from '#domain/digest';
import { isRegistryError, type RegistryError } from '#domain/errors';
import { SHARD_LIST_KEY } from '#domain/table-declaration';
import { codeOf } from '#stores/localfs/durable-files';
import type { FetchOptions } from '#stores/store';

export interface DatasetShardsOptions {
  readonly lease: (wanted: Wanted, options: FetchOptions) => Promise<Lease>;
  /** Takes a damaged file out of service. */
  readonly onDamage: (file: CachedFile, why: string) => Promise<void>;
}

const READS_MAX = 2;

/** Finds the file of a dataset that has the rows of one sequence. */
export class DatasetShards {
  readonly #options: DatasetShardsOptions;
  /** What the list of a dataset says, or what is wrong with it: neither ever changes. */
  readonly #lists = new WeakMap<ServedDataset, ShardList | RegistryError>();

  constructor(options: DatasetShardsOptions) {
    this.#options = options;
  }

  /**
   * Leases the shard of a sequence; `undefined` when the dataset has no shards, or none for it: then its artifact answers.
   * @throws DATASET_UNUSABLE when the list is wrong; what a lease throws
   */
  async lease(
    dataset: ServedDataset,
    seqid: string,
    options: FetchOptions,
  ): Promise<Lease | undefined> {
    const list = this.#lists.get(dataset) ?? (await this.#fetch(dataset, options));
    if (isRegistryError(list)) throw list;
    const ref = list.get(seqid);
    if (ref === undefined) return undefined;
    return await this.#options.lease({ dataset, ref, kind: 'shard' }, options);
  }

  async #fetch(dataset: ServedDataset, options: FetchOptions): Promise<ShardList | RegistryError> {
    const bytes = await this.#listBytes(dataset, options);
    const list = bytes === undefined ? new Map<string, never>() : parsed(bytes, dataset);
    this.#lists.set(dataset, list);
    return list;
  }

  async #listBytes(dataset: ServedDataset, options: FetchOptions): Promise<Buffer | undefined> {
    const ref = dataset.objects.find(({ key }) => key === SHARD_LIST_KEY);
    if (ref === undefined) return undefined;
    if (ref.bytes > SHARD_LIST_BYTES_MAX) {
      const want = `at most ${SHARD_LIST_BYTES_MAX}`;
      throw unusable(dataset, `their list has ${ref.bytes} bytes`, want);
    }
    for (let reads = 1; ; reads += 1) {
      using lease = await this.#options.lease({ dataset, ref, kind: 'shard-list' }, options);
      const bytes = await readThere(lease.file.path);
      if (bytes !== undefined && sha256Of(bytes) === ref.sha256) return bytes;
      await this.#options.onDamage(lease.file, 'the list of shards has other bytes');
      if (reads >= READS_MAX)
        throw unusable(dataset, 'their list was damaged twice', 'it as it was');
    }
  }
}

function parsed(bytes: Uint8Array, dataset: ServedDataset): ShardList | RegistryError {
  try {
    return parseShardList(bytes, dataset);
  } catch (error) {
    if (isRegistryError(error)) return error;
    throw error;
  }
}

async function readThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
