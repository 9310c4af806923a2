import type { LookupFunction } from 'node:net';
import * as hosts from '#flow/private-hosts';
import { StoreError, type StoreIdentity } from '#stores/store-error';

export interface PrivateHostOptions {
  readonly identity: StoreIdentity;
  /** Whether stores inside one's own network may be used. `true` lets whoever names a source reach what stands there. */
  readonly allowPrivateHosts: boolean;
}

export interface GuardedLookupOptions extends PrivateHostOptions {
  /** Finds all addresses of a name. Default: as the system does. */
  readonly resolve?: NonNullable<hosts.GuardedLookupOptions['resolve']>;
}

/** Checks the host of a store before anybody is asked for its addresses. @throws StoreError validation when it must not be */
export function checkHost(url: URL, options: PrivateHostOptions): void {
  hosts.checkHost(url, { ...options, refusal: refusalOf(options) });
}

/** Makes the lookup for connections to a store. @throws StoreError validation, through its callback, for a private address */
export function guardedLookup(options: GuardedLookupOptions): LookupFunction {
  return hosts.guardedLookup({ ...options, refusal: refusalOf(options) });
}

function refusalOf({ identity }: PrivateHostOptions): (is: string) => StoreError {
  return (is) =>
    new StoreError('validation', identity, {
      verb: 'fetch',
      is: `${is} (want ATLAS_ALLOW_PRIVATE_STORE_HOSTS=true)`,
    });
}
