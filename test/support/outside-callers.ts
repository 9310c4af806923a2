import type { LookupAddress } from 'node:dns';
import { systemClock } from '#flow/clock';
import { PublishedKeys } from '#http/auth/published-keys';
import { HttpS3Store } from '#stores/http-s3/http-s3-store';
import { S3Bucket } from '#stores/http-s3/s3-client';
import { S3Transport } from '#stores/http-s3/s3-transport';
import { outboundOf } from '#test/support/action-bed';
import { HTTP_LIMITS, httpTransport } from '#test/support/http-store';

/** How a caller is to be made. */
export interface CallerOptions {
  readonly allowPrivateHosts: boolean;
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
  /** In PEM; for those that speak TLS alone. */
  readonly ca?: string;
}

/** One part of a registry that calls servers outside. */
export interface OutsideCaller {
  readonly name: string;
  /** Whether it speaks TLS with loopback too. */
  readonly needsTls: boolean;
  /** Asks whatever it asks there, once, with less than a second of patience. Gives what came of it. */
  call(url: string, options: CallerOptions): Promise<unknown>;
}

/** How long they wait. */
export const PATIENCE_MS = 500;

// The five seconds that a fetch of keys may take, in a tenth of the time.
const hurried = {
  ...systemClock,
  nowMs: () => systemClock.nowMs(),
  monotonicMs: () => systemClock.monotonicMs(),
  sleep: async (ms: number, signal?: AbortSignal) => await systemClock.sleep(ms / 10, signal),
};

const webhooks: OutsideCaller = {
  name: 'webhooks',
  needsTls: false,
  call: async (url, { ca: _ca, ...options }) => {
    const outbound = outboundOf(options);
    const request = { url, method: 'POST', headers: {}, body: '' } as const;
    try {
      return await outbound.send(request, AbortSignal.timeout(PATIENCE_MS));
    } finally {
      outbound.close();
    }
  },
};

const httpStores: OutsideCaller = {
  name: 'HTTP stores',
  needsTls: false,
  call: async (baseUrl, { ca: _ca, ...options }) => {
    const ms = PATIENCE_MS;
    const limits = { ...HTTP_LIMITS, firstByteMs: ms, idleMs: ms, totalMs: 5_000 };
    const transport = httpTransport({ baseUrl, limits, ...options });
    return await catalogOf(new HttpS3Store({ source: 'far', transport }));
  },
};

const s3Stores: OutsideCaller = {
  name: 'S3 stores',
  needsTls: false,
  call: async (endpoint, { ca: _ca, ...options }) => {
    const ms = PATIENCE_MS;
    const bucket = new S3Bucket({
      source: 'far',
      endpoint: endpoint.replace(/(?<=\/\/[^/]+)\/$/, ''),
      region: 'us-east-1',
      bucket: 'bucket',
      prefix: '',
      pathStyle: true,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      clock: systemClock,
      limits: {
        connectMs: 5_000,
        firstByteMs: ms,
        idleMs: ms,
        totalMs: 5_000,
        writeMs: ms,
        socketsMax: 2,
      },
      ...options,
    });
    const transport = new S3Transport({ source: 'far', bucket });
    return await catalogOf(new HttpS3Store({ source: 'far', transport }));
  },
};

const issuerKeys: OutsideCaller = {
  name: 'keys of tokens',
  needsTls: true,
  call: async (url, options) => {
    const keys = new PublishedKeys({ url, clock: hurried, ...options });
    try {
      return await keys.fetchText();
    } finally {
      keys.close();
    }
  },
};

/** Everybody who calls addresses that a stranger may have chosen. */
export const OUTSIDE_CALLERS = [webhooks, httpStores, s3Stores, issuerKeys] as const;

async function catalogOf(store: HttpS3Store): Promise<unknown> {
  try {
    return await store.fetchCatalog();
  } finally {
    await store.close();
  }
}
