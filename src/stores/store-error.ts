import { quote } from '#domain/errors';

/** What can go wrong with a store, as far as anybody acts on it differently. */
export const STORE_ERROR_CLASSES = [
  /** It is not there. */
  'not_found',
  /** It is there and is not what it should be: malformed, unsorted, of another dataset. */
  'validation',
  /** Its bytes are not the ones that were named. */
  'checksum',
  /** It did not come in time. */
  'timeout',
  /** The connection failed or broke. */
  'network',
  /** The store answered that it cannot now. */
  'unavailable',
  /** The store cannot do that at all. */
  'unsupported',
  /** Only what is cached may be used. */
  'cached_only',
] as const;

export type StoreErrorClass = (typeof STORE_ERROR_CLASSES)[number];

/** The kinds of stores, as metrics and logs name them. */
export const STORE_BACKENDS = ['localfs', 'http_s3', 'federated', 'fake'] as const;
export type StoreBackend = (typeof STORE_BACKENDS)[number];

/** Which store it was. */
export interface StoreIdentity {
  readonly backend: StoreBackend;
  /** The name of the source, as its operator calls it. */
  readonly source: string;
}

// A retry may find it otherwise. Wrong bytes may be a fault of the way, which is why they are asked for again.
const RETRYABLE: ReadonlySet<StoreErrorClass> = new Set([
  'checksum',
  'timeout',
  'network',
  'unavailable',
]);

/** Signals that a store did not give what was asked for. The message names the source. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly class: StoreErrorClass;
  readonly backend: StoreBackend;
  readonly source: string;

  constructor(
    errorClass: StoreErrorClass,
    { backend, source }: StoreIdentity,
    text: { readonly verb: string; readonly is: string; readonly cause?: unknown },
  ) {
    const { verb, is, cause } = text;
    super(
      `Cannot ${verb} from source ${quote(source)}: ${is}`,
      cause === undefined ? undefined : { cause },
    );
    this.class = errorClass;
    this.backend = backend;
    this.source = source;
  }

  /** Whether the same request may succeed when it is repeated. */
  get isRetryable(): boolean {
    return RETRYABLE.has(this.class);
  }
}

/** Tells whether an error is a StoreError, of the given class if one is named. */
export function isStoreError(error: unknown, errorClass?: StoreErrorClass): error is StoreError {
  return error instanceof StoreError && (errorClass === undefined || error.class === errorClass);
}
