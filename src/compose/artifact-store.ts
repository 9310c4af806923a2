import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactInspector } from '#cache/artifact-inspector';
import type { DataFolder } from '#clients/data-folder';
import { faked } from '#compose/open-source';
import { s3Limits } from '#compose/s3-limits';
import type { Setup } from '#compose/setup';
import type { Sha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { HttpS3Store } from '#stores/http-s3/http-s3-store';
import { artifactPath } from '#stores/layout';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import type { Publisher } from '#stores/publisher';
import type { Store } from '#stores/store';

// How errors name the store of this registry. No source can be called so: names of sources have no space.
const OWN = 'own store';
const STORE_FOLDER = 'store';
// No upload to a folder that nodes share takes longer.
const SHARED_LEFTOVERS_MS = 86_400_000;

/** The store that this registry writes to. */
export interface ArtifactStore {
  readonly publisher: Publisher;
  /** The same for reading. */
  readonly store: Store;
  /** Looks into what is about to be published. */
  readonly inspector: ArtifactInspector;
  /** Where it is, for people. */
  readonly description: string;
  /** Whether other nodes see it too. */
  readonly isShared: boolean;
}

/** Opens the artifact store. @throws CANNOT_START when its bucket cannot be used */
export async function openArtifactStore(setup: Setup, data: DataFolder): Promise<ArtifactStore> {
  const { config, logger } = setup;
  const copies = join(data.folder('cache'), 'inspected');
  // What a killed process has left.
  await rm(copies, { recursive: true, force: true });
  const s3 = await openS3(setup);
  if (s3 === undefined) {
    const isShared = config.storeFolder !== undefined;
    const folder = config.storeFolder ?? data.folder(STORE_FOLDER);
    if (isShared) makeShared(folder);
    const publisher = new LocalfsPublisher(folder);
    await publisher.removeLeftovers(isShared ? SHARED_LEFTOVERS_MS : 0);
    const store = faked(new LocalfsStore({ source: OWN, root: folder }), config);
    const pathOf = (sha256: Sha256): string => join(folder, artifactPath(sha256));
    const inspector = new ArtifactInspector({
      publisher,
      pathOf,
      folder: copies,
      clock: systemClock,
    });
    return { publisher, store, inspector, description: folder, isShared };
  }
  const { publisher, transport } = s3;
  if (config.role !== 'reader') await publisher.probe();
  logger.debug({ bucket: config.s3Bucket }, 'the artifact store answers');
  const at = config.s3Endpoint === undefined ? '' : ` at ${config.s3Endpoint}`;
  const description = `s3://${config.s3Bucket}/${config.s3Prefix ?? ''}${at}`;
  const store = new HttpS3Store({ source: OWN, transport });
  const inspector = new ArtifactInspector({
    publisher,
    pathOf: undefined,
    folder: copies,
    clock: systemClock,
  });
  return { publisher, store, inspector, description, isShared: true };
}

function makeShared(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
  } catch (cause) {
    const is = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'CANNOT_START',
      `Cannot use ATLAS_STORE_FOLDER=${quote(folder)}: ${is} (want a folder that this process may write)`,
      { cause },
    );
  }
}

/** Opens the artifacts for reading beside a registry that may run on them. */
export async function openArtifactsToRead(setup: Setup): Promise<Publisher> {
  const s3 = await openS3(setup);
  if (s3 !== undefined) return s3.publisher;
  const { storeFolder, dataDir } = setup.config;
  return new LocalfsPublisher(storeFolder ?? join(dataDir, STORE_FOLDER));
}

/** Opens the bucket that the settings name; `undefined` where they name none. */
async function openS3({ config, releases }: Setup) {
  if (config.store !== 's3' || config.s3Bucket === undefined) return undefined;
  // Only where it is used: its SDK takes 20 MB.
  const { S3Bucket } = await import('#stores/http-s3/s3-client');
  const { S3Publisher } = await import('#stores/http-s3/s3-publisher');
  const { S3Transport } = await import('#stores/http-s3/s3-transport');
  const bucket = new S3Bucket({
    source: OWN,
    endpoint: config.s3Endpoint,
    region: config.s3Region,
    bucket: config.s3Bucket,
    prefix: config.s3Prefix ?? '',
    pathStyle: config.s3PathStyle,
    limits: s3Limits(config),
    // Its operator has named the server: it is no address that came from elsewhere.
    allowPrivateHosts: true,
    clock: systemClock,
  });
  const publisher = new S3Publisher({ bucket });
  releases.add('artifact store', () => publisher.close());
  return { publisher, transport: new S3Transport({ source: OWN, bucket }) };
}
