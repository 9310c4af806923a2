import { isRegistryError } from '#domain/errors';
import { CATALOG_BYTES_MAX, parseCatalog, writeCatalog } from '#stores/catalog-document';
import type { CatalogKeeper, NamedCatalog } from '#stores/federated/kept-source';
import type { StoreFiles } from '#stores/publisher';
import { isStoreError, type StoreIdentity } from '#stores/store-error';

// Not everything a server calls an entity tag fits one line of text; what does not is not kept.
const ETAG = /^[\x20-\x7e]{1,512}$/;

/**
 * Keeps the last good catalog of each source as a file, so that a node that starts while its sources are away knows what
 * they hold: the entity tag in the first line, the catalog behind it.
 */
export function keptCatalogs(files: StoreFiles, onTrouble: (error: Error) => void): CatalogKeeper {
  return {
    async load(source): Promise<NamedCatalog | undefined> {
      try {
        const bytes = await files.read(pathOf(source), CATALOG_BYTES_MAX + 1_024);
        const end = bytes?.indexOf('\n') ?? -1;
        if (bytes === undefined || end < 0) return undefined;
        const catalog = parseCatalog(bytes.subarray(end + 1), source);
        return { etag: bytes.toString('latin1', 0, end), catalog };
      } catch (error) {
        // A file that was damaged is one more catalog to be fetched.
        if (!isStoreError(error) && !isRegistryError(error)) throw error;
        onTrouble(error);
        return undefined;
      }
    },
    async save(source, { etag, catalog }): Promise<void> {
      if (!ETAG.test(etag)) return;
      const { bytes } = writeCatalog(catalog);
      try {
        await files.replace(pathOf(source), Buffer.concat([Buffer.from(`${etag}\n`), bytes]));
      } catch (error) {
        if (!isRegistryError(error)) throw error;
        onTrouble(error);
      }
    },
  };
}

function pathOf({ source }: StoreIdentity): string {
  return `sources/${source}.catalog`;
}
