import { uploadArtifact } from '#cli/catalog-import/artifact-file';
import {
  firstObjects,
  type ImportedManifest,
  type ManifestFolder,
  type ManifestFormat,
  messageOf,
  readCheckedManifest,
} from '#cli/catalog-import/manifest-folder';
import type { PlannedDataset } from '#cli/catalog-import/plan-import';
import type { RegistryClient } from '#cli/remote/registry-client';

export interface BringOptions {
  readonly client: RegistryClient;
  /** The URL, with the scope where it is not the default. */
  readonly base: string;
  readonly folder: ManifestFolder;
  readonly format: ManifestFormat;
  readonly signal: AbortSignal;
  readonly onDataset: (name: string) => void;
}

// A registry flushes one event after the other: a few datasets at a time keep it busy.
const DATASETS_AT_ONCE = 4;

/**
 * Brings datasets into a registry. Every command has a key that comes from the bytes of its file: sent again by a later run,
 * it changes nothing. The first failure ends the others after the request that they are at.
 * @throws Error naming the dataset that could not be brought, and the signal's reason when it aborts
 */
export async function bringDatasets(
  planned: readonly PlannedDataset[],
  options: BringOptions,
): Promise<void> {
  const left = planned.filter(({ step }) => step !== 'there');
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      try {
        await bring(next, { ...options, signal });
      } catch (error) {
        if (signal.aborted) throw error;
        const { name } = next.checked;
        const wrapped = new Error(`Cannot import dataset "${name}": ${messageOf(error)}`, {
          cause: error,
        });
        failed.abort(wrapped);
        throw wrapped;
      }
      options.onDataset(next.checked.name);
    }
  };
  await Promise.allSettled(Array.from({ length: DATASETS_AT_ONCE }, lane));
  signal.throwIfAborted();
}

async function bring({ checked, step }: PlannedDataset, options: BringOptions): Promise<void> {
  const { client, base, folder, format, signal } = options;
  const manifest = await readCheckedManifest(folder, checked, format);
  const path = `/registry/datasets/${encodeURIComponent(manifest.name)}`;
  const post = async (to: string, command: string, body: object): Promise<void> => {
    signal.throwIfAborted();
    const idempotencyKey = `import-${checked.fileSha256}-${command}`;
    await client.send(to, { method: 'POST', body, idempotencyKey });
  };
  const register = async (command: string, from: ImportedManifest): Promise<void> =>
    post('/registry/datasets', command, registration(from));
  const { artifact } = manifest;
  if (step === 'register' || artifact === undefined) {
    await register('register', manifest);
    return;
  }
  const first = asReleased(manifest);
  const isReplaced = first !== manifest;
  await register(isReplaced ? 'register-artifact' : 'register', first);
  if (step === 'upload' && folder.store !== undefined)
    await uploadArtifact(artifact, { store: folder.store, client, base, signal });
  const { key, sha256, bytes } = artifact;
  await post(`${path}/publish`, 'publish', { artifact: { key, sha256, bytes } });
  if (manifest.status === 'withdrawn') await post(`${path}/withdraw`, 'withdraw', {});
  if (isReplaced) await register('replace-objects', manifest);
}

/** The manifest as it stood when its artifact was published, as far as that can be known; the same one when it still does. */
function asReleased(manifest: ImportedManifest): ImportedManifest {
  const objects = firstObjects(manifest);
  const tables = manifest.release?.tables ?? [];
  const isSame = JSON.stringify(tables) === JSON.stringify(manifest.tables ?? []);
  if (isSame && objects === manifest.objects) return manifest;
  return { ...manifest, objects, ...(isSame ? {} : { tables }) };
}

function registration(manifest: ImportedManifest): object {
  const { name, schema_fingerprint, objects, row_count, tables } = manifest;
  const shared = { name, schema_fingerprint, objects, row_count };
  return tables === undefined ? shared : { ...shared, tables };
}
