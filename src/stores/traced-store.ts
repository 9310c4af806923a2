import type { Span, Tracer } from '#flow/tracer';
import type { StoreEntry, StoreManifest } from '#stores/catalog-document';
import type {
  ArtifactFetchOptions,
  ArtifactRef,
  ArtifactStream,
  CatalogFetch,
  FetchOptions,
  Store,
} from '#stores/store';
import { isStoreError, type StoreBackend } from '#stores/store-error';

/** A store whose fetches are parts of the traces that they belong to. Fetches of the catalog may begin one. */
export class TracedStore implements Store {
  readonly backend: StoreBackend;
  readonly source: string;
  readonly #store: Store;
  readonly #tracer: Tracer;

  constructor(store: Store, tracer: Tracer) {
    this.backend = store.backend;
    this.source = store.source;
    this.#store = store;
    this.#tracer = tracer;
  }

  async fetchCatalog(ifNoneMatch?: string, options?: FetchOptions): Promise<CatalogFetch> {
    const { backend } = this;
    return await this.#tracer.begin('store_catalog_fetch', { backend }, async (span) => {
      const fetched = await told(span, () => this.#store.fetchCatalog(ifNoneMatch, options));
      span.tag({ outcome: fetched.kind });
      return fetched;
    });
  }

  async fetchManifest(entry: StoreEntry, options?: FetchOptions): Promise<StoreManifest> {
    const tags = { backend: this.backend, what: 'manifest' };
    return await this.#tracer.run('store_fetch', tags, (span) =>
      told(span, () => this.#store.fetchManifest(entry, options)),
    );
  }

  async fetchArtifact(
    entry: StoreEntry,
    artifact: ArtifactRef,
    options: ArtifactFetchOptions = {},
  ): Promise<ArtifactStream> {
    const { offset = 0 } = options;
    const tags = { backend: this.backend, what: 'artifact', bytes: artifact.bytes, offset };
    const span = this.#tracer.start('store_fetch', tags);
    try {
      const stream = await told(span, () => this.#store.fetchArtifact(entry, artifact, options));
      return { ...stream, chunks: until(stream.chunks, span) };
    } catch (error) {
      span.end(error);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

/** Passes bytes on, and ends the span with the last of them. */
async function* until(chunks: AsyncIterable<Uint8Array>, span: Span): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
    span.tag({ outcome: 'ok' });
  } catch (error) {
    tagClass(span, error);
    span.end(error);
    throw error;
  } finally {
    span.end();
  }
}

async function told<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    tagClass(span, error);
    throw error;
  }
}

function tagClass(span: Span, error: unknown): void {
  if (isStoreError(error)) span.tag({ error_class: error.class });
}
