import type { Admission } from '#cache/admission/admission';
import type { Coalesced } from '#cache/admission/coalesced';
import type { CachedFile } from '#cache/cached-file';
import type { OpenFiles } from '#cache/query/open-files';
import type { Query, QueryPage } from '#cache/query/query';
import type { QueryPool } from '#cache/query/query-pool';
import { runQuery } from '#cache/query/run-query';
import type { ServedDataset } from '#cache/served-dataset';
import { NO_TRACES, type Tracer } from '#flow/tracer';

export interface QueryRunnerOptions {
  readonly admission: Admission;
  readonly coalesced: Coalesced<QueryPage>;
  /** Runs what is not cheap, on threads of its own. */
  readonly pool: QueryPool;
  /** Runs what is cheap, on this thread. */
  readonly files: OpenFiles;
  /** Longest time for one query in SQLite. */
  readonly queryTimeoutMs: number;
  /** Default: nothing is traced. */
  readonly tracer?: Tracer;
}

/** One query on its way. */
export interface Running {
  readonly key: string;
  readonly dataset: ServedDataset;
  readonly signal: AbortSignal;
}

/** Runs queries of files that are here: on this thread, or on others when they are let in. */
export class QueryRunner {
  readonly #options: QueryRunnerOptions;
  readonly #tracer: Tracer;

  constructor(options: QueryRunnerOptions) {
    this.#options = options;
    this.#tracer = options.tracer ?? NO_TRACES;
  }

  /** Runs a cheap query now. @throws what `runQuery` and `openDatasetFile` throw */
  here(file: CachedFile, query: Query): QueryPage {
    const open = this.#options.files.get(file);
    if (!this.#tracer.isOn) return runQuery(open, query);
    const tags = { class: query.class, thread: 'main' };
    return this.#tracer.run('query_execution', tags, () => runQuery(open, query));
  }

  /** Runs a query on a thread; identical heavy ones share one run. @throws OVERLOADED, and what the pool throws */
  async there(query: Query, file: CachedFile, { key, dataset, signal }: Running) {
    const { coalesced } = this.#options;
    const name = `${dataset.scope} ${dataset.name}`;
    const work = async (ends: AbortSignal): Promise<QueryPage> =>
      this.#admitted(query, file, { dataset: name, signal: ends });
    return query.class === 'heavy'
      ? await coalesced.run(key, work, { signal })
      : await work(signal);
  }

  async #admitted(
    query: Query,
    file: CachedFile,
    { dataset, signal }: { readonly dataset: string; readonly signal: AbortSignal },
  ): Promise<QueryPage> {
    const { admission, pool, queryTimeoutMs: timeoutMs } = this.#options;
    const tags = { class: query.class };
    const waiting = this.#tracer.start('admission_control', tags);
    const run = async (): Promise<QueryPage> => {
      waiting.end();
      return await this.#tracer.run('query_execution', { ...tags, thread: 'pool' }, async () =>
        pool.run({ file, query, signal, timeoutMs }),
      );
    };
    try {
      return await admission.run({ class: query.class, dataset, signal }, run);
    } catch (error) {
      waiting.end(error);
      throw error;
    }
  }
}
