import type { GuardedLookupOptions } from '#flow/private-hosts';
import { StoreError, type StoreIdentity } from '#stores/store-error';

export interface StoreGuardOptions {
  /** Whether stores inside one's own network may be used. `true` lets whoever names a source reach what stands there. */
  readonly allowPrivateHosts: boolean;
  /** Finds all addresses of a name. Default: as the system does. */
  readonly resolve?: GuardedLookupOptions['resolve'] | undefined;
}

/** Makes the guard of connections to a store. What it refuses is a StoreError of the class `validation`. */
export function storeGuard(
  identity: StoreIdentity,
  { allowPrivateHosts, resolve }: StoreGuardOptions,
): GuardedLookupOptions {
  const refusal = (is: string): StoreError =>
    new StoreError('validation', identity, {
      verb: 'fetch',
      is: `${is} (want ATLAS_ALLOW_PRIVATE_STORE_HOSTS=true)`,
    });
  return { allowPrivateHosts, refusal, ...(resolve === undefined ? {} : { resolve }) };
}
