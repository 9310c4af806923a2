/** A request for one file of a store. */
export interface TransportRequest {
  /** Relative to the store, as the layout names it: segments of `[A-Za-z0-9._=-]` joined by `/`. */
  readonly path: string;
  /** Ask for it only if it is another one than this entity tag names. */
  readonly ifNoneMatch?: string | undefined;
  /** How many bytes to leave out at the beginning. Default 0. */
  readonly offset?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file on its way. Its bytes are those of the store, never compressed on the way. */
export interface TransportFile {
  readonly kind: 'file';
  /** As the server named it; `undefined` when it did not. Never taken for a digest. */
  readonly etag: string | undefined;
  /** The size of the whole file; `undefined` when the server did not say. */
  readonly bytes: number | undefined;
  /** Where the chunks begin. */
  readonly offset: number;
  /** May throw like the request itself. Ending the iteration early releases the connection. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

export type TransportReply = { readonly kind: 'not_modified' } | TransportFile;

/** A way to get the files of a remote store: HTTP or S3. All methods throw `StoreError` or what the signal carries. */
export interface Transport {
  /**
   * Gets one file.
   * @throws not_found, timeout, network, unavailable; validation for a reply that no such request has; unsupported for a
   *   server that cannot begin at an offset
   */
  get(request: TransportRequest): Promise<TransportReply>;

  /** Releases connections. */
  close(): Promise<void>;
}
