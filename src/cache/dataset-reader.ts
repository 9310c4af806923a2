import type { CachedFile, Lease } from '#cache/cached-file';
import type { DatasetCache } from '#cache/dataset-cache';
import { checkSchema } from '#cache/query/dataset-schema';
import type { Query, QueryPage } from '#cache/query/query';
import type { DatasetSchema } from '#cache/query/table-schema';
import { QueryRunner, type QueryRunnerOptions, type Running } from '#cache/query-runner';
import type { ServedDataset } from '#cache/served-dataset';
import type { AnswerKey, AnswerTier } from '#cache/tier2/gene-answers';
import type { Sha256 } from '#domain/digest';
import { type ErrorCode, isRegistryError, quote, RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import { NO_TRACES, type Tracer } from '#flow/tracer';

/** What a query of a dataset gave. */
export interface DatasetAnswer {
  readonly page: QueryPage;
  /** The artifact that it was read from: that of the dataset, or the one before while the new one is on its way. */
  readonly artifact: Sha256;
}

/** A query as its route asks for it. */
export interface DatasetRead {
  readonly dataset: ServedDataset;
  /** Writes the query, once it is known which artifact answers, and its schema. */
  readonly plan: (schema: DatasetSchema, artifact: Sha256) => Query;
  /** Names the query among those of its artifact: identical ones share one run. */
  readonly key: string;
  /** Whether only the artifact of the dataset will do, not the one before it. Default: no. */
  readonly isExact?: boolean | undefined;
  /** The sequence that it is about, where there is one: a shard may have it. */
  readonly seqid?: string | undefined;
  readonly signal: AbortSignal;
}

/** One gene by its id, as tier 2 knows it. */
export interface GeneRead extends Omit<DatasetRead, 'seqid' | 'key'> {
  readonly geneId: string;
  readonly fields: readonly string[];
  readonly query: Query;
}

export interface DatasetReaderOptions extends QueryRunnerOptions {
  readonly clock: Clock;
  readonly cache: DatasetCache;
  /** Answers for genes that other nodes have found; absent where there is no tier 2. */
  readonly tier: AnswerTier | undefined;
  /** Longest time for a request, the download of its dataset included. */
  readonly requestTimeoutMs: number;
  /** How long a file that cannot be served is left alone. */
  readonly retryAfterSeconds: number;
}

const LOOKED_MAX = 1_000;

/** Answers queries of datasets from the files of the cache: cheap ones at once on this thread, all others on threads. */
export class DatasetReader {
  readonly #options: DatasetReaderOptions;
  readonly #tracer: Tracer;
  readonly #runner: QueryRunner;
  /** Files that were looked at with the tables that a dataset declares, and what is wrong with them, if anything is. */
  readonly #looked = new Map<string, RegistryError | undefined>();
  /** Tables as text: a look-up takes 2 us, and one tenth of that would be to write them anew. */
  readonly #tables = new WeakMap<ServedDataset['tables'], string>();

  constructor(options: DatasetReaderOptions) {
    this.#options = options;
    this.#tracer = options.tracer ?? NO_TRACES;
    this.#runner = new QueryRunner(options);
  }

  /** Answers a cheap query without waiting for anything; `undefined` when that cannot be: ask `read`. */
  now(dataset: ServedDataset, query: Query): QueryPage | undefined {
    const looked = this.#lookedKey(dataset, dataset.entry.artifact);
    if (!this.#looked.has(looked) || this.#looked.get(looked) !== undefined) return undefined;
    // Last, because it counts as a use.
    const file = this.#options.cache.ready(dataset);
    if (file === undefined) return undefined;
    if (this.#tracer.isOn) this.#tracer.start('cache_lookup', { outcome: 'hit' }).end();
    try {
      return this.#runner.here(file, query);
    } catch {
      // It is asked again by `read`, which knows what to do with a file that cannot be read.
      return undefined;
    }
  }

  /**
   * Answers a query, after its dataset was downloaded where it is not here.
   * @throws what `DatasetCache.lease` throws, OVERLOADED, NOT_CACHED when the download takes longer than a request may or the
   *   older artifact will not do, DATASET_QUARANTINED for a file that is damaged or does not hold what it declares, and what
   *   the plan throws
   */
  async read(request: DatasetRead): Promise<DatasetAnswer> {
    const progress = { isHere: false };
    return await this.#inTime(request, progress, async (signal) => {
      using lease = await this.#leased(request.dataset, signal);
      progress.isHere = true;
      if (request.isExact === true && !lease.isCurrent) throw onItsWay(request.dataset);
      const schema = this.#schemaOf(request.dataset, lease);
      const query = request.plan(schema, lease.file.sha256);
      return await this.#run({ ...request, signal }, query, lease);
    });
  }

  /** Answers for one gene by its id: from the file, else from tier 2, else after a download. */
  async gene(request: GeneRead): Promise<DatasetAnswer> {
    const { dataset, query, geneId, fields } = request;
    const { tier } = this.#options;
    const artifact = dataset.entry.artifact.sha256;
    const page = this.now(dataset, query);
    if (page !== undefined) return { page, artifact };
    const key: AnswerKey = { scope: dataset.scope, artifactSha256: artifact, geneId, fields };
    const known = await tier?.get(key);
    if (known !== undefined) {
      const count = known === '[]' ? 0 : 1;
      return { page: { rows: known, count, next: undefined }, artifact };
    }
    const answer = await this.read({ ...request, key: `gene ${geneId}` });
    if (answer.artifact === artifact) void tier?.set(key, answer.page.rows);
    return answer;
  }

  async #leased(dataset: ServedDataset, signal: AbortSignal): Promise<Lease> {
    const { cache } = this.#options;
    if (!this.#tracer.isOn) return await cache.lease(dataset, { signal });
    const isHere = cache.has(dataset);
    return await this.#tracer.run('cache_lookup', {}, async (span) => {
      const lease = await cache.lease(dataset, { signal });
      span.tag({ outcome: isHere ? 'hit' : lease.isCurrent ? 'miss' : 'older' });
      return lease;
    });
  }

  async #inTime<T>(
    { dataset, signal }: Pick<DatasetRead, 'dataset' | 'signal'>,
    progress: { readonly isHere: boolean },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, requestTimeoutMs: ms } = this.#options;
    const late = (code: ErrorCode, is: string): Error =>
      new RegistryError(code, `Cannot read dataset ${quote(dataset.name)}: ${is}`, {
        retryAfterSeconds: 3,
      });
    const error = (): Error =>
      progress.isHere
        ? late('OVERLOADED', `its query was not done within ${ms} ms (want fewer at once)`)
        : late(
            'NOT_CACHED',
            `it did not come within ${ms} ms (want a later try: large datasets take a while the first time)`,
          );
    return await withDeadline(work, { ms, signal, clock, error });
  }

  async #run(request: DatasetRead, query: Query, lease: Lease): Promise<DatasetAnswer> {
    const { dataset, key, seqid, signal } = request;
    const artifact = lease.file.sha256;
    if (query.class === 'cheap')
      return { page: this.#runHere(dataset, lease.file, query), artifact };
    const shard =
      seqid === undefined || !lease.isCurrent
        ? undefined
        : await this.#shardOf(dataset, seqid, signal);
    const of = { key: `${artifact} ${key}`, dataset, signal };
    const page =
      (shard === undefined ? undefined : await this.#fromShard(query, shard, of)) ??
      (await this.#runThere(query, lease.file, of));
    return { page, artifact };
  }

  /** Nothing comes of a shard that is not what it should be. */
  async #fromShard(query: Query, shard: Lease, of: Running): Promise<QueryPage | undefined> {
    try {
      return await this.#runThere(query, shard.file, of);
    } catch (error) {
      if (isRegistryError(error, 'DATASET_QUARANTINED')) return undefined;
      throw error;
    } finally {
      shard[Symbol.dispose]();
    }
  }

  /** A shard only makes it faster: whatever keeps it away, the whole artifact answers. */
  async #shardOf(
    dataset: ServedDataset,
    seqid: string,
    signal: AbortSignal,
  ): Promise<Lease | undefined> {
    try {
      return await this.#options.cache.shard(dataset, seqid, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (isRegistryError(error)) return undefined;
      throw error;
    }
  }

  #runHere(dataset: ServedDataset, file: CachedFile, query: Query): QueryPage {
    try {
      return this.#runner.here(file, query);
    } catch (error) {
      throw this.#reported(dataset, file, error);
    }
  }

  async #runThere(query: Query, file: CachedFile, of: Running): Promise<QueryPage> {
    try {
      return await this.#runner.there(query, file, of);
    } catch (error) {
      throw this.#reported(of.dataset, file, error);
    }
  }

  /** Looks once at what a file holds. @throws DATASET_QUARANTINED */
  #schemaOf(dataset: ServedDataset, { file, isCurrent }: Lease): DatasetSchema {
    const looked = this.#lookedKey(dataset, file);
    const known = this.#looked.get(looked);
    if (known !== undefined) throw known;
    try {
      const { schema } = this.#options.files.get(file);
      if (!this.#looked.has(looked)) checkSchema(schema, dataset.tables);
      this.#look(looked, undefined);
      return schema;
    } catch (error) {
      // What the new one declares need not be in the older one.
      const isOlder = !isCurrent && isRegistryError(error, 'DATASET_UNUSABLE');
      if (isOlder && error.details['isDamaged'] !== true) throw onItsWay(dataset);
      throw this.#reported(dataset, file, error);
    }
  }

  /** Tells the cache of a damaged file, and remembers one that is whole and not what it should be. */
  #reported(dataset: ServedDataset, file: CachedFile, error: unknown): unknown {
    if (!isRegistryError(error, 'DATASET_UNUSABLE')) return error;
    const { retryAfterSeconds, cache } = this.#options;
    const { reason } = error.details;
    const is = typeof reason === 'string' ? reason : error.message;
    // Without the path that the file has on this machine.
    const message = `Cannot read artifact "${file.sha256}": ${is}`;
    const quarantined = new RegistryError('DATASET_QUARANTINED', message, {
      details: { reason: is },
      retryAfterSeconds,
      cause: error,
    });
    if (error.details['isDamaged'] === true) cache.reportBroken(file, error.message);
    else this.#look(this.#lookedKey(dataset, file), quarantined);
    return quarantined;
  }

  #look(looked: string, fault: RegistryError | undefined): void {
    if (this.#looked.size >= LOOKED_MAX) this.#looked.clear();
    this.#looked.set(looked, fault);
  }

  /** The same bytes may stand behind datasets that declare different tables of them. */
  #lookedKey({ tables }: ServedDataset, { sha256 }: Pick<CachedFile, 'sha256'>): string {
    const known = this.#tables.get(tables);
    if (known !== undefined) return `${sha256} ${known}`;
    const written = JSON.stringify(tables);
    this.#tables.set(tables, written);
    return `${sha256} ${written}`;
  }
}

function onItsWay({ name, entry }: ServedDataset): RegistryError {
  return new RegistryError(
    'NOT_CACHED',
    `Cannot read artifact "${entry.artifact.sha256}" of dataset ${quote(name)}: it is on its way, and the one before it will not do (want a later try)`,
    { retryAfterSeconds: 1 },
  );
}
