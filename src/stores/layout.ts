import type { DatasetName } from '#domain/dataset-name';
import type { Sha256 } from '#domain/digest';

/** The catalog of a store. */
export const CATALOG_PATH = 'catalog.json';

/** The digest of the catalog's bytes, as `sha256sum` writes it. */
export const CATALOG_DIGEST_PATH = 'catalog.sha256';

/** Gives the path of an artifact in any store: `artifacts/sha256/<two digits>/<digest>`. */
export function artifactPath(sha256: Sha256): string {
  return `artifacts/sha256/${sha256.slice(0, 2)}/${sha256}`;
}

// A part of a name that looks like a manifest would be a folder where another dataset has a file.
const MANIFEST_NAME = /^[0-9a-f]{64}\.json$/;

/** Gives the path of a manifest in any store: `datasets/<name>/<digest>.json`. */
export function manifestPath(name: DatasetName, sha256: Sha256): string {
  const folders = name.split('/').map((part) => (MANIFEST_NAME.test(part) ? `${part}=` : part));
  return `datasets/${folders.join('/')}/${sha256}.json`;
}

/** The folder of the catalogs that were published, each under its revision. */
export const CATALOGS_FOLDER = 'catalogs';

/** Gives the path of a published catalog: `catalogs/<revision, 12 digits>.json`. */
export function catalogPath(revision: number): string {
  return `${CATALOGS_FOLDER}/${String(revision).padStart(12, '0')}.json`;
}
