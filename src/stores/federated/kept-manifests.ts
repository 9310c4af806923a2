import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { isRegistryError } from '#domain/errors';
import {
  checkManifest,
  MANIFEST_BYTES_MAX,
  type StoreEntry,
  type StoreManifest,
} from '#stores/catalog-document';
import type { StoreFiles } from '#stores/publisher';
import { isStoreError, type StoreIdentity } from '#stores/store-error';

/** Keeps manifests beyond the process. What cannot be kept or read is as good as not there: none of it throws. */
export interface ManifestKeeper {
  load(entry: StoreEntry): Promise<StoreManifest | undefined>;
  save(entry: StoreEntry, manifest: StoreManifest): Promise<void>;
}

const FOLDER = 'manifests';
// Manifests of old versions stay; beyond so many all are fetched again when they are asked for.
const KEPT_MAX = 20_000;
const SAVES_BETWEEN_LOOKS = 1_000;
const LINE = /^([0-9a-f]{64})\n/;
const IDENTITY: StoreIdentity = { backend: 'localfs', source: 'kept manifests' };

/**
 * Keeps the manifests of sources as files, so that a node that starts while its sources are away can serve what it has
 * cached of them: the SHA-256 of what follows in the first line, then canonical JSON.
 */
export function keptManifests(
  files: StoreFiles,
  onTrouble: (error: Error) => void,
): ManifestKeeper {
  let saves = 0;
  const guarded = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!isStoreError(error) && !isRegistryError(error)) throw error;
      onTrouble(error);
      return undefined;
    }
  };
  return {
    load: async (entry) =>
      guarded(async () => {
        const bytes = await files.read(pathOf(entry), MANIFEST_BYTES_MAX + 65);
        const text = bytes?.toString('utf8') ?? '';
        const [, digest] = LINE.exec(text) ?? [];
        const json = text.slice(65);
        if (digest === undefined || sha256Of(json) !== digest) return undefined;
        return checkManifest(Buffer.from(json), entry, IDENTITY);
      }),
    save: async (entry, manifest) => {
      await guarded(async () => {
        if (saves % SAVES_BETWEEN_LOOKS === 0) await removeMany(files);
        saves += 1;
        const json = canonicalJson(manifest);
        await files.replace(pathOf(entry), Buffer.from(`${sha256Of(json)}\n${json}`));
      });
    },
  };
}

async function removeMany(files: StoreFiles): Promise<void> {
  const names = await files.list(FOLDER);
  if (names.length <= KEPT_MAX) return;
  for (const name of names) await files.remove(`${FOLDER}/${name}`);
}

function pathOf({ manifest }: StoreEntry): string {
  return `${FOLDER}/${manifest.sha256}.json`;
}
