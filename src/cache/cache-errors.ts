import { type ErrorCode, quote, RegistryError } from '#domain/errors';
import { codeOf } from '#stores/localfs/durable-files';
import {
  isStoreError,
  StoreError,
  type StoreErrorClass,
  type StoreIdentity,
} from '#stores/store-error';

const RETRY_AFTER_SECONDS = 5;

const CODE_OF: Readonly<Record<StoreErrorClass, ErrorCode>> = {
  // For a reader it is the store that lacks something: the request is right.
  not_found: 'STORE_UNAVAILABLE',
  validation: 'STORE_UNAVAILABLE',
  checksum: 'STORE_UNAVAILABLE',
  timeout: 'STORE_UNAVAILABLE',
  network: 'STORE_UNAVAILABLE',
  unavailable: 'STORE_UNAVAILABLE',
  unsupported: 'STORE_UNAVAILABLE',
  cached_only: 'NOT_CACHED',
};

/** Turns what a download throws into what a reader can act on. What is no fault of store or disk stays as it is. */
export function readerError(error: unknown, dataset: string): unknown {
  const code = codeOf(error);
  if (error instanceof Error && (code === 'ENOSPC' || code === 'EDQUOT'))
    return diskFull(error, dataset);
  if (!isStoreError(error)) return error;
  return new RegistryError(
    CODE_OF[error.class],
    `Cannot cache dataset ${quote(dataset)}: ${error.message}`,
    {
      details: { dataset, source: error.source, class: error.class },
      ...(error.isRetryable ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {}),
      cause: error,
    },
  );
}

/** Makes the error for what is not here while only what is here may be used. */
export function notCached(dataset: string, identity: StoreIdentity): StoreError {
  return new StoreError('cached_only', identity, {
    verb: `download dataset ${quote(dataset)}`,
    is: 'only what is cached may be used, and it is not (want it cached before)',
  });
}

/** Makes the error for a digest in quarantine. */
export function quarantined(
  dataset: string,
  { sha256, leftMs }: { readonly sha256: string; readonly leftMs: number },
): RegistryError {
  const retryAfterSeconds = Math.ceil(leftMs / 1_000);
  return new RegistryError(
    'DATASET_QUARANTINED',
    `Cannot use dataset ${quote(dataset)}: the bytes of its file "${sha256}" were wrong again and again, and it is left alone for ${retryAfterSeconds} s (want right bytes)`,
    { details: { dataset, sha256 }, retryAfterSeconds },
  );
}

/** Makes the error for a dataset whose downloads fail. */
export function circuitOpen(
  dataset: string,
  refusal: {
    readonly retryAfterSeconds: number;
    readonly source: string;
    readonly cause: unknown;
  },
): RegistryError {
  const { retryAfterSeconds, source, cause } = refusal;
  return new RegistryError(
    'STORE_UNAVAILABLE',
    `Cannot cache dataset ${quote(dataset)} from source ${quote(source)}: its downloads have failed again and again, and it is left alone for ${retryAfterSeconds} s (want a store that gives it)`,
    { details: { dataset, source, circuit: 'open' }, retryAfterSeconds, cause },
  );
}

/** Makes the error for a file that is larger than the whole cache. */
export function neverFits(dataset: string, bytes: number, bytesMax: number): RegistryError {
  return new RegistryError(
    'NOT_CACHED',
    `Cannot cache dataset ${quote(dataset)}: its file has ${bytes} bytes (want at most the ${bytesMax} of the cache)`,
    { details: { dataset, bytes, bytesMax } },
  );
}

/** Makes the error for a file for which no room can be made now. */
export function noRoom(dataset: string, what: { is: string; want: string }): RegistryError {
  return new RegistryError(
    'OVERLOADED',
    `Cannot cache dataset ${quote(dataset)}: ${what.is} (want ${what.want})`,
    { details: { dataset, room: 'none' }, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

/** Makes the error for a file whose size is not the one that the catalog says. */
export function wrongEntry(
  dataset: string,
  { says, bytes }: { readonly says: number; readonly bytes: number },
): RegistryError {
  return new RegistryError(
    'DATASET_UNUSABLE',
    `Cannot use dataset ${quote(dataset)}: its entry says ${says} bytes (want the ${bytes} that its artifact has)`,
    { details: { dataset, says, bytes } },
  );
}

/** Makes the error for a file that is damaged or gone each time that it was downloaded. */
export function damagedAtOnce(dataset: string, sha256: string): RegistryError {
  return new RegistryError(
    'STORE_UNAVAILABLE',
    `Cannot cache dataset ${quote(dataset)}: its file "${sha256}" is gone as soon as it is there (want it kept)`,
    { details: { dataset, sha256 }, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

/** Makes the error for a dataset that is to be fetched unasked and that nobody has. */
export function unknownDataset(dataset: string): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot warm up dataset ${quote(dataset)}: no source has it (want a published dataset)`,
    { details: { dataset } },
  );
}

function diskFull(cause: Error, dataset: string): RegistryError {
  return new RegistryError(
    'OVERLOADED',
    `Cannot cache dataset ${quote(dataset)}: the disk of the cache is full (want room for its file)`,
    { details: { dataset, disk: 'full' }, retryAfterSeconds: RETRY_AFTER_SECONDS, cause },
  );
}
