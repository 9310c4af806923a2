import { readFileSync } from 'node:fs';
import { s3Limits } from '#compose/s3-limits';
import { RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import type { Config } from '#ops/config/settings';
import type { DeclaredSource, SourceAddress } from '#ops/config/source-list';
import { parseFakeScript } from '#stores/fake/fake-script';
import { FakeStore } from '#stores/fake/fake-store';
import { HttpS3Store } from '#stores/http-s3/http-s3-store';
import { HttpTransport } from '#stores/http-s3/http-transport';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import type { Store } from '#stores/store';

// Beside the downloads: catalogs and manifests.
const CONNECTIONS_MAX = 4;
// A catalog or a manifest that takes longer than this does not come.
const DOCUMENT_TOTAL_MS = 60_000;

/** Opens a source; with `ATLAS_STORE=fake` it fails as its script says. @throws CANNOT_START, INVALID_SETTING */
export async function openSource(
  { name: source, address }: DeclaredSource,
  config: Config,
): Promise<Store> {
  return faked(await openAddress({ name: source, address }, config), config);
}

/** Makes a store fail as the script of `ATLAS_STORE=fake` says; with any other it stays as it is. */
export function faked(content: Store, { store, fakeScript = '' }: Config): Store {
  if (store !== 'fake') return content;
  const script = parseFakeScript(readScript(fakeScript));
  return new FakeStore({ source: content.source, content, script, clock: systemClock });
}

async function openAddress(
  { name: source, address }: DeclaredSource,
  config: Config,
): Promise<Store> {
  switch (address.kind) {
    case 'local':
      return new LocalfsStore({ source, root: address.path });
    case 'http':
      return openHttp(source, address.url, config);
    case 's3':
      return await openS3(source, address, config);
    default:
      return address satisfies never;
  }
}

function openHttp(source: string, baseUrl: string, config: Config): Store {
  const transport = new HttpTransport({
    source,
    baseUrl,
    bearerToken: config.sourceTokens.get(source),
    allowPrivateHosts: config.allowPrivateStoreHosts,
    connectionsMax: CONNECTIONS_MAX + config.downloadsMax,
    limits: {
      connectMs: config.storeConnectMs,
      firstByteMs: config.storeFirstByteMs,
      idleMs: config.storeIdleMs,
      totalMs: DOCUMENT_TOTAL_MS,
      artifactTotalMs: config.storeTotalMs,
    },
    clock: systemClock,
  });
  return new HttpS3Store({ source, transport });
}

async function openS3(
  source: string,
  { endpoint, bucket: name, prefix }: Extract<SourceAddress, { kind: 's3' }>,
  config: Config,
): Promise<Store> {
  // Only where it is used: its SDK takes 20 MB.
  const { S3Bucket } = await import('#stores/http-s3/s3-client');
  const { S3Transport } = await import('#stores/http-s3/s3-transport');
  const bucket = new S3Bucket({
    source,
    endpoint,
    region: config.s3Region,
    bucket: name,
    prefix,
    pathStyle: true,
    limits: s3Limits(config),
    allowPrivateHosts: config.allowPrivateStoreHosts,
    clock: systemClock,
  });
  return new HttpS3Store({ source, transport: new S3Transport({ source, bucket }) });
}

function readScript(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const is = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError('CANNOT_START', `Cannot read ATLAS_STORE_FAKE_SCRIPT: ${is}`, {
      cause,
    });
  }
}
