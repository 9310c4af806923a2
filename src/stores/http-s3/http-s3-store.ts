import type { Sha256 } from '#domain/digest';
import { quote } from '#domain/errors';
import {
  CATALOG_DIGEST_BYTES_MAX,
  readCatalogDigest,
  readFittingCatalog,
} from '#stores/catalog-digest';
import {
  CATALOG_BYTES_MAX,
  MANIFEST_BYTES_MAX,
  parseCatalog,
  parseManifest,
  type StoreEntry,
  type StoreManifest,
} from '#stores/catalog-document';
import type {
  Transport,
  TransportFile,
  TransportReply,
  TransportRequest,
} from '#stores/http-s3/transport';
import { artifactPath, CATALOG_DIGEST_PATH, CATALOG_PATH, manifestPath } from '#stores/layout';
import type {
  ArtifactFetchOptions,
  ArtifactRef,
  ArtifactStream,
  CatalogFetch,
  FetchOptions,
  Store,
} from '#stores/store';
import { StoreError, type StoreErrorClass } from '#stores/store-error';

export interface HttpS3StoreOptions {
  readonly source: string;
  /** Closed with the store. */
  readonly transport: Transport;
}

interface WholeFile {
  readonly etag: string | undefined;
  readonly bytes: Buffer;
}

const PATH = /^[A-Za-z0-9._=-]+(?:\/[A-Za-z0-9._=-]+)*$/;

/**
 * A store behind HTTP or S3, for reading. What a server says of its files is a hint: the catalog is checked against its
 * digest, a manifest against its entry, sizes while the bytes arrive.
 */
export class HttpS3Store implements Store {
  readonly backend = 'http_s3';
  readonly source: string;
  readonly #transport: Transport;
  // Plain servers make the entity tag of time and size: one tag may stand for two catalogs.
  #last: { readonly etag: string; readonly sha256: Sha256 } | undefined;

  constructor({ source, transport }: HttpS3StoreOptions) {
    this.source = source;
    this.#transport = transport;
  }

  async fetchCatalog(ifNoneMatch?: string, options: FetchOptions = {}): Promise<CatalogFetch> {
    const { signal } = options;
    const reply = await this.#get({ path: CATALOG_PATH, ifNoneMatch, signal });
    const digest = (): Promise<string | undefined> => this.#catalogDigest(options);
    if (reply.kind === 'not_modified' && !this.#isOutdated(ifNoneMatch, await digest()))
      return { kind: 'not_modified' };
    const limit = { path: CATALOG_PATH, bytesMax: CATALOG_BYTES_MAX };
    const { bytes, sha256, ...file } = await readFittingCatalog<WholeFile>(
      {
        catalog: async (attempt) =>
          attempt === 1 && reply.kind === 'file'
            ? await this.#readWhole(reply, limit)
            : await this.#whole(limit, options),
        digest,
      },
      { identity: this, signal },
    );
    const etag = file.etag ?? `"${sha256}"`;
    if (file.etag === undefined && etag === ifNoneMatch) return { kind: 'not_modified' };
    const catalog = parseCatalog(bytes, this);
    this.#last = { etag, sha256 };
    return { kind: 'catalog', etag, catalog };
  }

  async fetchManifest(entry: StoreEntry, options: FetchOptions = {}): Promise<StoreManifest> {
    const path = manifestPath(entry.name, entry.manifest.sha256);
    const { bytes } = await this.#whole({ path, bytesMax: MANIFEST_BYTES_MAX }, options);
    return parseManifest(bytes, entry, this);
  }

  async fetchArtifact(
    _entry: StoreEntry,
    { sha256 }: ArtifactRef,
    { offset = 0, signal }: ArtifactFetchOptions = {},
  ): Promise<ArtifactStream> {
    const path = artifactPath(sha256);
    const file = await this.#file({ path, offset, signal });
    const { bytes } = file;
    if (bytes !== undefined && offset <= bytes && file.offset === offset)
      return { source: this.source, bytes, offset, chunks: this.#counted(file, path, bytes) };
    letGo(file);
    if (bytes === undefined)
      throw this.#error('validation', path, 'the server does not say its size (want it said)');
    if (offset > bytes)
      throw this.#error('validation', path, `it has ${bytes} bytes (want at least ${offset})`);
    throw this.#error('unsupported', path, `it begins at byte ${file.offset} (want ${offset})`);
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** Tells whether a catalog that the server calls unchanged is another one by its digest. */
  #isOutdated(ifNoneMatch: string | undefined, digest: string | undefined): boolean {
    const last = this.#last;
    if (last === undefined || last.etag !== ifNoneMatch || digest === undefined) return false;
    return digest !== last.sha256;
  }

  async #catalogDigest(options: FetchOptions): Promise<string | undefined> {
    const limit = { path: CATALOG_DIGEST_PATH, bytesMax: CATALOG_DIGEST_BYTES_MAX };
    return await readCatalogDigest(async () => (await this.#whole(limit, options)).bytes);
  }

  async #whole(limit: WholeLimit, { signal }: FetchOptions): Promise<WholeFile> {
    return await this.#readWhole(await this.#file({ path: limit.path, signal }), limit);
  }

  async #readWhole(file: TransportFile, { path, bytesMax }: WholeLimit): Promise<WholeFile> {
    const { etag, bytes: announced = 0 } = file;
    if (announced > bytesMax) {
      letGo(file);
      throw this.#error('validation', path, `it has ${announced} bytes (want at most ${bytesMax})`);
    }
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.#counted(file, path, file.bytes)) {
      size += chunk.length;
      if (size > bytesMax)
        throw this.#error('validation', path, `it goes on after ${bytesMax} bytes (want an end)`);
      parts.push(chunk);
    }
    return { etag, bytes: Buffer.concat(parts, size) };
  }

  /** Passes bytes on as long as there are not more of them than announced, and fails where there are fewer. */
  async *#counted(
    file: TransportFile,
    path: string,
    bytes: number | undefined,
  ): AsyncGenerator<Uint8Array> {
    let at = file.offset;
    for await (const chunk of file.chunks) {
      at += chunk.length;
      if (bytes !== undefined && at > bytes)
        throw this.#error('validation', path, `it goes on after ${bytes} bytes (want an end)`);
      yield chunk;
    }
    if (bytes !== undefined && at < bytes)
      throw this.#error('network', path, `it ended after ${at} bytes (want ${bytes})`);
  }

  async #file(request: TransportRequest): Promise<TransportFile> {
    const reply = await this.#get(request);
    if (reply.kind === 'file') return reply;
    throw this.#error('validation', request.path, UNASKED);
  }

  async #get(request: TransportRequest): Promise<TransportReply> {
    const { path, ifNoneMatch, signal } = request;
    signal?.throwIfAborted();
    if (!PATH.test(path) || path.split('/').some((part) => part === '.' || part === '..'))
      throw this.#error('validation', path, 'the path leads out of the store');
    const reply = await this.#transport.get(request);
    if (reply.kind === 'not_modified' && ifNoneMatch === undefined)
      throw this.#error('validation', path, UNASKED);
    return reply;
  }

  #error(errorClass: StoreErrorClass, path: string, is: string): StoreError {
    return new StoreError(errorClass, this, { verb: `read ${quote(path)}`, is });
  }
}

interface WholeLimit {
  readonly path: string;
  readonly bytesMax: number;
}

const UNASKED =
  'the server says that it is unchanged (want the file: nothing was said to be there)';

/** Ends a file that nobody will read. Not awaited: its first chunk may be long in coming. */
function letGo({ chunks }: TransportFile): void {
  const iterator = chunks[Symbol.asyncIterator]();
  const ignore = (): undefined => undefined;
  iterator.next().then(ignore, ignore);
  iterator.return?.().then(ignore, ignore);
}
