import { bringDatasets } from '#cli/catalog-import/bring-datasets';
import {
  checkManifests,
  findManifestFolder,
  isUnanswered,
  type ManifestFormat,
  messageOf,
} from '#cli/catalog-import/manifest-folder';
import { type PlannedDataset, type PlanOptions, planImport } from '#cli/catalog-import/plan-import';
import type { Credentials } from '#cli/profile/credentials';
import { RegistryClient } from '#cli/remote/registry-client';

export interface ImportOptions {
  /** The folder of a store, or of the manifest files of the scope. */
  readonly folder: string;
  readonly url: string;
  readonly tenant: string;
  readonly environment: string;
  /** Whether to end before anything is written. */
  readonly dryRun: boolean;
  /** Whether datasets whose artifact is nowhere are registered only; else the import is refused. */
  readonly withoutArtifacts: boolean;
  readonly format: ManifestFormat;
  readonly signal: AbortSignal;
  readonly progress: ImportProgress;
  /** Who sends its requests. Default: what the environment says. */
  readonly credentials?: Credentials | undefined;
  /** Makes the client of a registry. Default the one over HTTP. */
  readonly connect?: (base: string) => RegistryClient;
}

/** Where an import tells how far it is: each phase anew. */
export interface ImportProgress {
  begin(phase: string, total: number): void;
  advance(note: string): void;
}

/** What an import has brought, or would bring. */
export interface ImportSummary {
  readonly datasets: number;
  /** Were as their manifests say before it began. */
  readonly there_already: number;
  readonly registered: number;
  readonly published: number;
  readonly withdrawn: number;
  /** Of the registered ones, those that would be published or withdrawn if their artifacts were there. */
  readonly without_artifact: number;
  readonly artifacts_uploaded: number;
  readonly artifact_bytes_uploaded: number;
  readonly dry_run: boolean;
}

const GOES_ON = 'what was imported so far stays, and the same command goes on from there';

/**
 * Fills an empty registry with the datasets of a folder of manifest files: reads and checks every file first, then looks at
 * the registry and for every artifact, and writes only when nothing is left that could be wrong. Cut off while it writes, it
 * goes on where it was when it is run again.
 * @throws Error that says what is wrong and whether anything was taken
 */
export async function importCatalog(options: ImportOptions): Promise<ImportSummary> {
  const { format, signal, progress, dryRun } = options;
  const { planned, reach } = await prepare(options);
  if (!dryRun) {
    progress.begin('Importing datasets', planned.filter(({ step }) => step !== 'there').length);
    const onDataset = (name: string): void => progress.advance(name);
    await bringDatasets(planned, { ...reach, format, signal, onDataset }).catch(
      (error: unknown) => {
        throw new Error(`${messageOf(error)}; ${GOES_ON}`, { cause: error });
      },
    );
  }
  return summaryOf(planned, dryRun);
}

interface Prepared {
  readonly planned: readonly PlannedDataset[];
  readonly reach: Pick<PlanOptions, 'client' | 'base' | 'folder'>;
}

/** Does everything that comes before the first write. */
async function prepare(options: ImportOptions): Promise<Prepared> {
  const { format, signal, progress, tenant, environment, withoutArtifacts } = options;
  const url = options.url.replace(/\/+$/, '');
  const base = `${url}/tenants/${tenant}/environments/${environment}`;
  try {
    const folder = await findManifestFolder(options.folder, format.folderOf(tenant, environment));
    const manifests = await checkManifests(folder, format, {
      signal,
      onBegin: (total) => progress.begin('Checking manifests', total),
      onFile: () => progress.advance(''),
    });
    progress.begin('Checking artifacts', manifests.length);
    const client =
      options.connect?.(base) ?? new RegistryClient(base, { credentials: options.credentials });
    const reach = { client, base, folder };
    const onDataset = (): void => progress.advance('');
    const planned = await planImport(manifests, { ...reach, withoutArtifacts, signal, onDataset });
    return { planned, reach };
  } catch (error) {
    if (signal.aborted) throw new Error(`${messageOf(error)}; nothing was taken`, { cause: error });
    if (!isUnanswered(error)) throw error;
    throw new Error(
      `Cannot import into "${url}": ${messageOf(error)} (want the URL of a running registry: --url); nothing was taken`,
      { cause: error },
    );
  }
}

function summaryOf(planned: readonly PlannedDataset[], dryRun: boolean): ImportSummary {
  const fresh = planned.filter(({ step }) => step !== 'there');
  const released = fresh.filter(({ step }) => step !== 'register');
  const uploads = new Map(
    fresh
      .filter(({ step }) => step === 'upload')
      .map(({ checked: { artifact } }) => [artifact?.sha256, artifact?.bytes ?? 0]),
  );
  const registersOnly = fresh.filter(({ step }) => step === 'register');
  return {
    datasets: planned.length,
    there_already: planned.length - fresh.length,
    registered: registersOnly.length,
    published: released.filter(({ checked }) => checked.status === 'published').length,
    withdrawn: released.filter(({ checked }) => checked.status === 'withdrawn').length,
    without_artifact: registersOnly.filter(({ checked }) => checked.status !== 'registered').length,
    artifacts_uploaded: uploads.size,
    artifact_bytes_uploaded: [...uploads.values()].reduce((sum, bytes) => sum + bytes, 0),
    dry_run: dryRun,
  };
}
