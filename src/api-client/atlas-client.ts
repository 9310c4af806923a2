import { sha256Of } from '#api-client/artifact-digest';
import { type FollowOptions, followEvents, type RegistryEvent } from '#api-client/follow-events';
import {
  type CallInput,
  type CallOptions,
  isWrite,
  type LooseInput,
  type OperationName,
  requestOf,
  streamOf,
} from '#api-client/operation-call';
import type { Operations, Schemas } from '#api-client/operations';
import { type Carried, type Positions, PositionsMet, type StreamName } from '#api-client/positions';
import { readAnswer, unexpected } from '#api-client/read-answer';
import { Transport, type TransportOptions } from '#api-client/transport';

export interface AtlasClientOptions extends TransportOptions {
  /** Default: that of the token, else `default`. */
  readonly tenant?: string | undefined;
  /** Default: the only one of the token, else `dev`. */
  readonly environment?: string | undefined;
  /** Who acts, as it is recorded where nobody has to prove who they are. */
  readonly actor?: string | undefined;
  /** What reads must show. Default `written`: they show what this client has written. */
  readonly carried?: Carried | undefined;
  /** Positions that reads must show from the first on, such as those that another client has met. */
  readonly positions?: Positions | undefined;
}

/** An answer with what its headers say. */
export interface Answer<T> {
  readonly data: T;
  readonly status: number;
  /** What a read shows and a write has made. */
  readonly position: number | undefined;
  readonly etag: string | undefined;
  readonly requestId: string | undefined;
  /** Of a list: the query of its next page; absent on the last. */
  readonly next: object | undefined;
}

/** Who and when: for reads of the past. */
export interface ReadOptions extends CallOptions {
  /** A position, or a time in RFC 3339 with an offset. Default: now. */
  readonly at?: string | number | undefined;
}

type Lists =
  | 'listDatasets'
  | 'getDatasetHistory'
  | 'listContracts'
  | 'listJobDefinitions'
  | 'listJobRuns'
  | 'listAudit';

/** Gives the same bytes each time that it is called: an upload may be sent again. */
export type ByteSource = () => ReadableStream<Uint8Array>;

type Page<K extends OperationName> = Exclude<Operations[K]['answer'], string>;
type Items<T> = Extract<T[keyof T], readonly object[]>[number];

/**
 * Talks to a registry, from Node 20 and from browsers. Every method throws `ClientError`: `ResponseError` and its classes for what the
 * registry says, `UnreachableError` and `TimeoutError` where it says nothing.
 */
export class AtlasClient {
  readonly #options: AtlasClientOptions;
  #transport: Transport;
  #met: PositionsMet;
  readonly #headers: Readonly<Record<string, string>>;

  /** @throws TypeError for an address that is none */
  constructor(options: AtlasClientOptions) {
    if (!/^https?:\/\//.test(options.url) || !URL.canParse(options.url))
      throw new TypeError('Cannot use the url: it is no address (want http://host:port)');
    this.#options = options;
    this.#transport = new Transport(options);
    this.#met = new PositionsMet(options.positions);
    const { tenant, environment, actor } = options;
    this.#headers = {
      ...(tenant === undefined ? {} : { 'Atlas-Tenant': tenant }),
      ...(environment === undefined ? {} : { 'Atlas-Environment': environment }),
      ...(actor === undefined ? {} : { 'Atlas-Actor': actor }),
    };
  }

  /** Gives a client of another tenant or environment. Both share their positions, because the streams are the same, and their repetitions. */
  withScope(scope: Pick<AtlasClientOptions, 'tenant' | 'environment'>): AtlasClient {
    const other = new AtlasClient({ ...this.#options, ...scope });
    other.#transport = this.#transport;
    other.#met = this.#met;
    return other;
  }

  /** What reads have to show now. Handed to another client, that one reads what this one has written. */
  get positions(): Positions {
    return this.#met.all();
  }

  /** Forgets the positions, after the registry was restored from a backup. */
  forgetPositions(): void {
    this.#met.clear();
  }

  /** Sends any operation of the API, typed by the OpenAPI document. */
  async call<K extends OperationName>(
    operation: K,
    input: CallInput<K>,
  ): Promise<Answer<Operations[K]['answer']>> {
    const { carried = 'written' } = this.#options;
    const stream = streamOf(operation);
    const least = carried === 'none' ? undefined : this.#met.of(stream);
    const loose: LooseInput = { ...input, headers: { ...this.#headers, ...input.headers } };
    const answer = await this.#transport.exchange(
      requestOf(operation, loose, least),
      async (response): Promise<Answer<Operations[K]['answer']>> => {
        const data = await readAnswer(operation, response);
        const next = nextOf(response.headers.get('link'), data, input.query ?? {});
        return { ...factsOf(response), next, data: data as Operations[K]['answer'] };
      },
    );
    if (answer.position !== undefined && (isWrite(operation) || carried === 'seen'))
      this.#met.meet(stream, answer.position);
    return answer;
  }

  /** Registers a dataset, or replaces the objects of one with the same fingerprint. */
  async registerDataset(
    body: Schemas['RegisterDataset'],
    options: CallOptions = {},
  ): Promise<Schemas['RegisteredDataset']> {
    return (await this.call('registerDataset', { ...options, body })).data;
  }

  /** Puts a dataset into the catalog, with one of its objects as the artifact. */
  async publishDataset(
    name: string,
    artifact: Schemas['PublishDataset']['artifact'],
    options: CallOptions = {},
  ): Promise<Schemas['Manifest']> {
    const input = { ...options, params: { name }, body: { artifact } };
    return (await this.call('publishDataset', input)).data;
  }

  /** Gets the manifest of a dataset. */
  async getDataset(name: string, options: ReadOptions = {}): Promise<Schemas['Manifest']> {
    return (await this.call('getDataset', { ...reading(options), params: { name } })).data;
  }

  /**
   * Uploads bytes under their SHA-256, and gives the digest. In Node, `openAsBlob` of `node:fs` gives a file without reading it. A
   * source is asked anew for each attempt; it needs `sha256`, and a platform that sends streams, such as Node.
   */
  async uploadArtifact(
    bytes: Uint8Array | Blob | ByteSource,
    { sha256, ...given }: CallOptions & { readonly sha256?: string | undefined } = {},
  ): Promise<Schemas['StoredArtifact']> {
    if (typeof bytes === 'function' && sha256 === undefined)
      throw new TypeError('Cannot upload a stream: its digest is not given (want sha256)');
    const digest = sha256 ?? (await sha256Of(bytes as Uint8Array | Blob));
    // Which of these bodies it is, is seen when it is sent.
    const body = bytes as Blob;
    // How long it takes depends on the bytes: whoever wants a bound gives one.
    const options = { ...given, timeoutMs: given.timeoutMs ?? 0 };
    return (await this.call('storeArtifact', { ...options, params: { sha256: digest }, body }))
      .data;
  }

  /** Publishes a version of a contract. */
  async publishContract(
    body: Schemas['PublishContract'],
    options: CallOptions = {},
  ): Promise<Schemas['PublishedContract']> {
    return (await this.call('publishContract', { ...options, body })).data;
  }

  /** Defines a version of a job. */
  async defineJob(
    body: Schemas['DefineJob'],
    options: CallOptions = {},
  ): Promise<Schemas['DefinedVersion']> {
    return (await this.call('defineJobDefinition', { ...options, body })).data;
  }

  /** Asks for a run of a job. */
  async runJob(
    id: string,
    body: Schemas['RunJobDefinition'] = {},
    options: CallOptions = {},
  ): Promise<Schemas['JobRun']> {
    return (await this.call('runJobDefinition', { ...options, params: { id }, body })).data;
  }

  /** Lists everything, page by page as it is taken. */
  async *list<K extends Lists>(
    operation: K,
    query: Operations[K]['query'] = {},
    options: CallOptions & { readonly params?: Operations[K]['params'] } = {},
  ): AsyncGenerator<Items<Page<K>>, void> {
    let wanted: object | undefined = query;
    while (wanted !== undefined) {
      const input = { ...options, query: wanted } as unknown as CallInput<K>;
      const answer: Answer<Operations[K]['answer']> = await this.call(operation, input);
      const items = itemsOf(answer.data);
      if (items === undefined) throw unexpected(operation, answer, { is: 'it holds no list' });
      yield* items as readonly Items<Page<K>>[];
      wanted = answer.next;
    }
  }

  /** Follows the events of this scope, each once and in their order, across lost connections and restarts. */
  async *events(options: FollowOptions = {}): AsyncGenerator<RegistryEvent, void> {
    const { stream = 'registry', from, signal } = options;
    if (from !== undefined && !(Number.isSafeInteger(from) && from >= 0))
      throw new RangeError(`Cannot follow events from ${from}: it is no position (want 0 or more)`);
    const after = from === undefined ? await this.#newest(stream, signal) : Math.max(0, from - 1);
    if (after === undefined) return;
    const [transport, headers] = [this.#transport, this.#headers];
    yield* followEvents({ ...options, stream, transport, headers, after });
  }

  /** From now on is from here on: what is new while a connection is lost must not be lost with it. */
  async #newest(stream: StreamName, signal: AbortSignal | undefined): Promise<number | undefined> {
    const operation = stream === 'registry' ? 'listDatasets' : 'listJobRuns';
    try {
      const answer = await this.call(operation, { query: { limit: 1 }, signal });
      // From the beginning is not from now on.
      if (answer.position === undefined)
        throw unexpected(operation, answer, { is: 'it has no position' });
      return answer.position;
    } catch (error) {
      if (signal?.aborted === true) return undefined;
      throw error;
    }
  }
}

function reading({ at, ...options }: ReadOptions) {
  return { ...options, query: at === undefined ? {} : { at: String(at) } };
}

function itemsOf(page: unknown): readonly unknown[] | undefined {
  const parts: readonly unknown[] =
    typeof page === 'object' && page !== null ? Object.values(page) : [];
  return parts.find((value) => Array.isArray(value));
}

/** Some lists name their next page in a header, at the same moment; others give a cursor in their body. */
function nextOf(link: string | null, data: unknown, query: object): object | undefined {
  const linked = /<[^>?]*\?([^>]*)>; *rel="next"/.exec(link ?? '')?.[1];
  if (linked !== undefined) {
    const search = new URLSearchParams(linked);
    return Object.fromEntries([...search.keys()].map((name) => [name, search.getAll(name)]));
  }
  if (typeof data !== 'object' || data === null || !('next_cursor' in data)) return undefined;
  return { ...query, cursor: data.next_cursor };
}

function factsOf({ status, headers }: Response): Omit<Answer<unknown>, 'data' | 'next'> {
  const position = headers.get('atlas-position');
  return {
    status,
    position: position === null ? undefined : Number(position),
    etag: headers.get('etag') ?? undefined,
    requestId: headers.get('x-request-id') ?? undefined,
  };
}
