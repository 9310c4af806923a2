import { type Sha256, sha256Of } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import { CATALOG_BYTES_MAX } from '#stores/catalog-document';
import { CATALOG_DIGEST_PATH, CATALOG_PATH, CATALOGS_FOLDER, catalogPath } from '#stores/layout';
import type { StoreFiles } from '#stores/publisher';

/*
 * The catalog of a store, replaced by compare-and-set with nothing but "create unless it is there":
 *
 *   1. `catalogs/<revision + 1>.json` is created. Of many publishers that saw the same revision, one succeeds: that is the
 *      decision. The others get `conflict`, look again and decide anew.
 *   2. `catalog.json` and `catalog.sha256` are written from the newest revision, again until no newer one has come.
 *   3. Revisions that nobody needs any more are removed, the last ones stay: they hold the number.
 *
 * A publisher that dies between 1 and 2 leaves a catalog.json that is one revision old; whoever publishes or opens next
 * completes it. Not PUT with If-Match, which not every S3 server has, and no file system.
 */

/** The catalog of a store as its publishers see it. */
export interface CatalogHead {
  /** 0 before the first one. */
  readonly revision: number;
  /** Of the bytes of the newest catalog; `undefined` before the first one. */
  readonly sha256: Sha256 | undefined;
}

/** `published`: it is the newest now. `conflict`: another one is, on which its author has to decide anew. */
export type CatalogPut =
  | { readonly kind: 'published'; readonly head: CatalogHead }
  | { readonly kind: 'conflict'; readonly head: CatalogHead };

// Room for whoever has listed the folder and reads the newest one a moment later.
const REVISIONS_KEPT = 3;
const ROUNDS_MAX = 10;
const NAME = /^(\d{12})\.json$/;

/** Publishes the catalog of a store. Many may do so at once, also from several machines. */
export class PublishedCatalog {
  readonly #files: StoreFiles;

  constructor(files: StoreFiles) {
    this.#files = files;
  }

  /** Finds the newest revision, and completes it if its publisher has not. @throws STORE_UNAVAILABLE */
  async head(): Promise<CatalogHead> {
    const revision = await this.#newest();
    return revision === 0 ? { revision, sha256: undefined } : await this.#show(revision);
  }

  /**
   * Publishes a catalog behind the revision that its author has seen.
   * @throws STORE_UNAVAILABLE: then it may be published all the same, `head` tells
   */
  async put(bytes: Buffer, expected: CatalogHead): Promise<CatalogPut> {
    const revision = expected.revision + 1;
    const isFirst = await this.#files.create(catalogPath(revision), bytes);
    if (!isFirst) return { kind: 'conflict', head: await this.head() };
    const head = await this.#show(await this.#newest());
    await this.#removeOld(head.revision);
    // Else somebody has published behind it already, or its number is of a revision that was removed long ago.
    return { kind: head.revision === revision ? 'published' : 'conflict', head };
  }

  /** Writes catalog.json from a revision, and from the newer one if one has come meanwhile. */
  async #show(revision: number): Promise<CatalogHead> {
    let shown = revision;
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const bytes = await this.#files.read(catalogPath(shown), CATALOG_BYTES_MAX);
      const sha256 = bytes === undefined ? undefined : await this.#write(bytes);
      const newest = await this.#newest();
      if (newest === shown && sha256 !== undefined) return { revision: shown, sha256 };
      shown = newest;
    }
    throw new RegistryError(
      'STORE_UNAVAILABLE',
      `Cannot publish the catalog: ${ROUNDS_MAX} newer ones came meanwhile (want fewer publishers of one store)`,
      { outcome: 'unknown', retryAfterSeconds: 5 },
    );
  }

  async #write(bytes: Buffer): Promise<Sha256> {
    const sha256 = sha256Of(bytes);
    const line = Buffer.from(`${sha256}  ${CATALOG_PATH}\n`);
    const there = await this.#files.read(CATALOG_DIGEST_PATH, 1_024);
    const catalog = await this.#files.read(CATALOG_PATH, CATALOG_BYTES_MAX);
    if (there?.equals(line) === true && catalog?.equals(bytes) === true) return sha256;
    await this.#files.replace(CATALOG_PATH, bytes);
    await this.#files.replace(CATALOG_DIGEST_PATH, line);
    return sha256;
  }

  async #newest(): Promise<number> {
    const names = await this.#files.list(CATALOGS_FOLDER);
    const revisions = names.map((name) => Number(NAME.exec(name)?.[1] ?? 0));
    return revisions.reduce((a, b) => Math.max(a, b), 0);
  }

  async #removeOld(revision: number): Promise<void> {
    const names = await this.#files.list(CATALOGS_FOLDER);
    const old = names.filter((name) => {
      const number = Number(NAME.exec(name)?.[1] ?? revision);
      return number <= revision - REVISIONS_KEPT;
    });
    for (const name of old) await this.#files.remove(`${CATALOGS_FOLDER}/${name}`);
  }
}
