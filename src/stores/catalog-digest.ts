import { setTimeout as delay } from 'node:timers/promises';
import { type Sha256, sha256Of } from '#domain/digest';
import { quote } from '#domain/errors';
import { untilAborted } from '#flow/until-aborted';
import { CATALOG_PATH } from '#stores/layout';
import { isStoreError, StoreError, type StoreIdentity } from '#stores/store-error';

/** The most bytes that the file with the catalog's digest may have. */
export const CATALOG_DIGEST_BYTES_MAX = 1_024;

// The catalog and its digest are two files: between their replacements they do not fit.
const ATTEMPTS = 5;
const WAIT_MS = 20;

/** How to read the two files that must fit. */
export interface CatalogReads<T> {
  /** Reads the catalog; `attempt` counts from 1. */
  readonly catalog: (attempt: number) => Promise<T>;
  /** Reads the digest, see `readCatalogDigest()`. */
  readonly digest: () => Promise<string | undefined>;
}

export interface CatalogReadOptions {
  readonly identity: StoreIdentity;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a catalog until it fits its digest, a few times. Without a digest it is taken as it is.
 * @throws checksum when they never fit, and what the reads throw
 */
export async function readFittingCatalog<T extends { readonly bytes: Uint8Array }>(
  reads: CatalogReads<T>,
  { identity, signal }: CatalogReadOptions,
): Promise<T & { readonly sha256: Sha256 }> {
  for (let attempt = 1; ; attempt += 1) {
    const catalog = await reads.catalog(attempt);
    const want = await reads.digest();
    const sha256 = sha256Of(catalog.bytes);
    if (want === undefined || want === sha256) return { ...catalog, sha256 };
    if (attempt === ATTEMPTS) {
      throw new StoreError('checksum', identity, {
        verb: `read ${quote(CATALOG_PATH)}`,
        is: `its SHA-256 is "${sha256}" (want ${quote(want)})`,
      });
    }
    await untilAborted(signal, () => delay(WAIT_MS, undefined, { signal }));
  }
}

/** Gives the first word of the digest's file, in lower case; `undefined` where there is no such file. */
export async function readCatalogDigest(read: () => Promise<Buffer>): Promise<string | undefined> {
  try {
    const bytes = await read();
    return bytes.toString('latin1').trim().split(/\s/)[0]?.toLowerCase();
  } catch (error) {
    if (isStoreError(error, 'not_found')) return undefined;
    throw error;
  }
}
