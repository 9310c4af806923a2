import type { ArtifactStore } from '#compose/artifact-store';
import type { Setup } from '#compose/setup';
import type { Views } from '#compose/views';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { catalogDocument, manifestFile } from '#domain/manifest-document';
import type { Position } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { type Clock, systemClock } from '#flow/clock';
import type { PositionedView } from '#http/dependencies';
import type { Config } from '#ops/config/settings';
import type { DatasetQueries } from '#projections/catalog/dataset-queries';
import { publishedPages } from '#projections/catalog/published-pages';
import { CATALOG_BYTES_MAX, parseCatalog } from '#stores/catalog-document';
import { catalogPath, manifestPath } from '#stores/layout';
import { type CatalogHead, PublishedCatalog } from '#stores/published-catalog';
import type { Publisher } from '#stores/publisher';

export interface StoreCatalogOptions {
  readonly publisher: Publisher;
  /** Another object after the view was opened anew. */
  readonly datasets: () => DatasetQueries;
  readonly view: PositionedView;
  readonly clock: Clock;
  /** How often it looks whether something has changed. */
  readonly intervalMs: number;
  /** Hears of what could not be written; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
}

// Of the time, at most one part in so many and one is spent on it.
const REST_FACTOR = 9;
// How often it looks what others have made of the catalog, in intervals: a node that was behind may have put an older one.
const LOOKS_AFTER = 30;

/**
 * Keeps the files of a store up to date with the catalog view: manifests first, then the catalog that names them, of the
 * default scope. Any folder or bucket of artifacts so becomes a source for others, without this registry.
 */
export class StoreCatalog {
  readonly #options: StoreCatalogOptions;
  readonly #published: PublishedCatalog;
  /** Manifests that are in the store, by their digests. */
  #written: Set<string> | undefined;
  #head: CatalogHead | undefined;
  #change = -1;

  constructor(options: StoreCatalogOptions) {
    this.#options = options;
    this.#published = new PublishedCatalog(options.publisher.files);
  }

  /** Follows the view until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs, onTrouble } = this.#options;
    for (let round = 1; !signal.aborted; round += 1) {
      const began = clock.monotonicMs();
      try {
        if (round % LOOKS_AFTER === 0) await this.#look();
        await this.#update(signal);
      } catch (error) {
        if (!signal.aborted) onTrouble(error);
      }
      // A large catalog takes a while to write: requests come first.
      const waitMs = Math.max(intervalMs, (clock.monotonicMs() - began) * REST_FACTOR);
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  /** Makes it write again when the newest catalog is not its own. */
  async #look(): Promise<void> {
    const head = await this.#published.head();
    if (head.sha256 !== this.#head?.sha256) this.#change = -1;
    this.#head = head;
  }

  async #update(signal: AbortSignal): Promise<void> {
    const { view, datasets } = this.#options;
    if (!view.caughtUp) return;
    const { position } = view;
    const change = datasets().lastChange(DEFAULT_SCOPE);
    if (change === this.#change) return;
    this.#head ??= await this.#published.head();
    this.#written ??= await this.#manifestsOf(this.#head);
    const body = await this.#writeManifests(this.#written, position, signal);
    const sha256 = sha256Of(body);
    if (this.#head.sha256 !== sha256) {
      const put = await this.#published.put(body, this.#head);
      this.#head = put.head;
      // Whoever was faster may have been behind: the next round compares again.
      if (put.kind === 'conflict' && put.head.sha256 !== sha256) return;
    }
    this.#change = change;
  }

  /** Writes the manifests that are not in the store yet. Gives the catalog that names them all. */
  async #writeManifests(
    written: Set<string>,
    asOf: Position,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const { datasets, publisher } = this.#options;
    const listed = new Set<string>();
    const parts: string[] = [];
    for await (const page of publishedPages(datasets, DEFAULT_SCOPE, asOf)) {
      for (const { manifest, entry } of page) {
        signal.throwIfAborted();
        const { sha256 } = entry.manifest;
        if (!written.has(sha256)) {
          const path = manifestPath(manifest.name, sha256);
          await publisher.files.create(path, manifestFile(manifest).bytes);
          written.add(sha256);
        }
        listed.add(sha256);
        parts.push(canonicalJson(entry));
      }
    }
    for (const sha256 of written) if (!listed.has(sha256)) written.delete(sha256);
    return catalogDocument(parts);
  }

  /** The manifests of the newest catalog: they were written before it. */
  async #manifestsOf({ revision }: CatalogHead): Promise<Set<string>> {
    const { files } = this.#options.publisher;
    const bytes = await files.read(catalogPath(revision), CATALOG_BYTES_MAX);
    if (bytes === undefined) return new Set();
    const { datasets } = parseCatalog(bytes, { backend: 'localfs', source: 'own' });
    return new Set(datasets.map(({ manifest }) => manifest.sha256));
  }
}

/** Tells whether a node keeps the files of its store: where many share one, those do that keep what is shared. */
export function keepsFiles({ role }: Config, isShared: boolean): boolean {
  return role === 'all' || (role === 'projector' && isShared);
}

/** Keeps the store's catalog on the nodes that keep what is shared. */
export function followCatalog(
  { config, logger, releases }: Setup,
  { catalog, catalogView }: Views,
  { publisher, isShared }: ArtifactStore,
): void {
  if (!keepsFiles(config, isShared) || config.catalogPublishMs === 0) return;
  let told = '';
  const storeCatalog = new StoreCatalog({
    publisher,
    datasets: () => catalog.reader.datasets,
    view: catalogView,
    clock: systemClock,
    intervalMs: config.catalogPublishMs,
    onTrouble: (error) => {
      const message = error instanceof Error ? error.message : String(error);
      // The same trouble again is not news.
      if (message !== told)
        logger.warn({ part: 'store', err: error }, 'the catalog of the store could not be written');
      told = message;
    },
  });
  const stop = new AbortController();
  const running = storeCatalog.run(stop.signal);
  releases.add('catalog of the store', async () => {
    stop.abort();
    await running;
  });
}
