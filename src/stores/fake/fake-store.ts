import type { Clock } from '#flow/clock';
import { untilAborted } from '#flow/until-aborted';
import type { StoreEntry, StoreManifest } from '#stores/catalog-document';
import type { FakeScript, FakeStep } from '#stores/fake/fake-script';
import { classOfStatus } from '#stores/http-s3/http-reply';
import type {
  ArtifactFetchOptions,
  ArtifactRef,
  ArtifactStream,
  CatalogFetch,
  FetchOptions,
  Store,
} from '#stores/store';
import { StoreError, type StoreErrorClass } from '#stores/store-error';

export interface FakeStoreOptions {
  readonly source: string;
  /** What it gives where the script says nothing. */
  readonly content: Store;
  readonly script: FakeScript;
  readonly clock: Clock;
}

/** How often a fake store was called. */
export interface FakeCalls {
  readonly catalog: number;
  readonly manifest: number;
  readonly artifact: number;
}

const SLOW_CHUNKS_PER_SECOND = 10;

/** A store that fails as it is told: for drills and tests. Each call takes the next step of its script. */
export class FakeStore implements Store {
  readonly backend = 'fake';
  readonly source: string;
  readonly #options: FakeStoreOptions;
  readonly #calls = { catalog: 0, manifest: 0, artifact: 0 };
  #oldest: CatalogFetch | undefined;

  constructor(options: FakeStoreOptions) {
    this.source = options.source;
    this.#options = options;
  }

  get calls(): FakeCalls {
    return { ...this.#calls };
  }

  async fetchCatalog(ifNoneMatch?: string, options: FetchOptions = {}): Promise<CatalogFetch> {
    const step = await this.#next('catalog', options);
    if (step.notModified === true) return { kind: 'not_modified' };
    if (step.oldest === true && this.#oldest !== undefined) return this.#oldest;
    const fetched = await this.#options.content.fetchCatalog(
      step.etag === undefined ? ifNoneMatch : undefined,
      options,
    );
    if (fetched.kind === 'catalog') this.#oldest ??= fetched;
    return step.etag === undefined || fetched.kind === 'not_modified'
      ? fetched
      : { ...fetched, etag: step.etag };
  }

  async fetchManifest(entry: StoreEntry, options: FetchOptions = {}): Promise<StoreManifest> {
    await this.#next('manifest', options);
    return await this.#options.content.fetchManifest(entry, options);
  }

  async fetchArtifact(
    entry: StoreEntry,
    artifact: ArtifactRef,
    options: ArtifactFetchOptions = {},
  ): Promise<ArtifactStream> {
    const step = await this.#next('artifact', options);
    const stream = await this.#options.content.fetchArtifact(entry, artifact, options);
    const { offset } = stream;
    return { ...stream, chunks: this.#spoil(stream.chunks, { step, offset, options }) };
  }

  async close(): Promise<void> {
    await this.#options.content.close();
  }

  async #next(kind: keyof FakeCalls, { signal }: FetchOptions): Promise<FakeStep> {
    const step = this.#options.script[kind][this.#calls[kind]] ?? {};
    this.#calls[kind] += 1;
    signal?.throwIfAborted();
    if (step.hangs === true) await untilAborted(signal, () => new Promise(() => undefined));
    if (step.delayMs !== undefined) await this.#options.clock.sleep(step.delayMs, signal);
    if (step.status !== undefined) {
      throw this.#error(
        classOfStatus(step.status),
        `it answered ${step.status}`,
        `fetch a ${kind}`,
      );
    }
    return step;
  }

  /** Passes bytes on as the step says. */
  async *#spoil(
    chunks: AsyncIterable<Uint8Array>,
    at: { step: FakeStep; offset: number; options: FetchOptions },
  ): AsyncGenerator<Uint8Array> {
    const { step, options } = at;
    let position = at.offset;
    for await (const chunk of chunks) {
      const wanted = Math.min(chunk.length, (step.endsAfter ?? Number.MAX_SAFE_INTEGER) - position);
      const end = Math.min(wanted, (step.breaksAfter ?? Number.MAX_SAFE_INTEGER) - position);
      if (end > 0) {
        const part = Buffer.from(chunk.subarray(0, end));
        const flip = (step.flipsByte ?? -1) - position;
        if (flip >= 0 && flip < part.length) part[flip] = (part[flip] ?? 0) ^ 1;
        yield* this.#paced(part, step, options);
        position += end;
      }
      if (end < wanted) throw this.#error('network', 'the connection broke', 'read an artifact');
      if (wanted < chunk.length) return;
    }
    for (let left = step.goesOn ?? 0; left > 0; left -= 65_536)
      yield Buffer.alloc(Math.min(left, 65_536));
  }

  async *#paced(
    bytes: Uint8Array,
    { bytesPerSecond }: FakeStep,
    { signal }: FetchOptions,
  ): AsyncGenerator<Uint8Array> {
    if (bytesPerSecond === undefined) {
      yield bytes;
      return;
    }
    const size = Math.max(1, Math.floor(bytesPerSecond / SLOW_CHUNKS_PER_SECOND));
    for (let at = 0; at < bytes.length; at += size) {
      const part = bytes.subarray(at, at + size);
      await this.#options.clock.sleep((part.length / bytesPerSecond) * 1_000, signal);
      yield part;
    }
  }

  #error(errorClass: StoreErrorClass, is: string, verb: string): StoreError {
    return new StoreError(errorClass, this, { verb, is });
  }
}
