import { checkArtifact, isStored } from '#cli/catalog-import/artifact-file';
import {
  type CheckedManifest,
  contentOf,
  type ImportedManifest,
  isSameFile,
  type ManifestFolder,
} from '#cli/catalog-import/manifest-folder';
import type { RegistryClient } from '#cli/remote/registry-client';

/** What is to be done for one dataset. */
export interface PlannedDataset {
  readonly checked: CheckedManifest;
  /** `there`: nothing. `register`: it ends as registered. `upload`: its artifact first. `publish`: that is there. */
  readonly step: 'there' | 'register' | 'upload' | 'publish';
}

export interface PlanOptions {
  readonly client: RegistryClient;
  /** The URL, with the scope where it is not the default. */
  readonly base: string;
  readonly folder: ManifestFolder;
  /** Whether a dataset whose artifact is nowhere is registered only; else the import is refused. */
  readonly withoutArtifacts: boolean;
  readonly signal: AbortSignal;
  readonly onDataset: () => void;
}

interface DatasetPage {
  readonly datasets: readonly ImportedManifest[];
  readonly next_cursor?: string;
}

const PAGE = 1_000;
const NAMES_SHOWN_MAX = 10;
const RANK = { registered: 0, published: 1, withdrawn: 2 } as const;

/**
 * Plans an import; writes nothing.
 * @throws Error when the registry holds a dataset that this import would not have brought, or when an artifact is neither in
 *   the folder nor in the registry
 */
export async function planImport(
  manifests: readonly CheckedManifest[],
  options: PlanOptions,
): Promise<readonly PlannedDataset[]> {
  const there = await datasetsOf(options.client);
  refuseForeign(there, new Map(manifests.map((one) => [one.name, one])), options.base);
  const planned: PlannedDataset[] = [];
  const missing: string[] = [];
  for (const checked of manifests) {
    const { step, trouble } = await planDataset(checked, there.get(checked.name), options);
    if (trouble !== undefined) missing.push(trouble);
    planned.push({ checked, step });
    options.onDataset();
  }
  if (missing.length === 0 || options.withoutArtifacts) return planned;
  throw new Error(
    `Cannot import "${options.folder.path}": of ${missing.length} datasets the artifact is neither in the folder nor in the registry (want the whole folder of the store, or --without-artifacts, which registers them only); nothing was taken${listed(missing)}`,
  );
}

async function datasetsOf(client: RegistryClient): Promise<Map<string, ImportedManifest>> {
  const there = new Map<string, ImportedManifest>();
  let cursor = '';
  do {
    const path = `/registry/datasets?limit=${PAGE}${cursor}`;
    const page = await client.send<DatasetPage>(path, { method: 'GET' });
    for (const dataset of page.datasets) there.set(dataset.name, dataset);
    const { next_cursor: next } = page;
    cursor = next === undefined ? '' : `&cursor=${encodeURIComponent(next)}`;
  } while (cursor !== '');
  return there;
}

function refuseForeign(
  there: ReadonlyMap<string, ImportedManifest>,
  manifests: ReadonlyMap<string, CheckedManifest>,
  base: string,
): void {
  const foreign = [...there.values()].filter((one) => !isOnItsWay(one, manifests.get(one.name)));
  if (foreign.length === 0) return;
  const names = foreign.map(({ name, status }) => `${name} (${status})`);
  throw new Error(
    `Cannot import into "${base}": of its ${there.size} datasets ${foreign.length} are not what this import brings (want an empty registry, or one that an import of the same folder was filling; another --tenant or --environment may be empty); nothing was taken${listed(names)}`,
  );
}

/** Whether a dataset may be what an import of this manifest has brought so far. */
function isOnItsWay(dataset: ImportedManifest, checked: CheckedManifest | undefined): boolean {
  if (checked === undefined || RANK[dataset.status] > RANK[checked.status]) return false;
  const content = contentOf(dataset);
  if (content !== checked.content && content !== checked.interimContent) return false;
  return dataset.artifact === undefined || isSameFile(dataset.artifact, checked.artifact);
}

async function planDataset(
  checked: CheckedManifest,
  there: ImportedManifest | undefined,
  { client, base, folder, signal }: PlanOptions,
): Promise<{ readonly step: PlannedDataset['step']; readonly trouble?: string }> {
  signal.throwIfAborted();
  const { artifact, status } = checked;
  if (there?.status === status && contentOf(there) === checked.content) return { step: 'there' };
  if (artifact === undefined) return { step: 'register' };
  if (await isStored(artifact, { client, base, signal })) return { step: 'publish' };
  const state =
    folder.store === undefined
      ? 'missing'
      : await checkArtifact(artifact, { store: folder.store, signal });
  if (state === 'intact') return { step: 'upload' };
  const trouble = `${checked.name}: artifact ${artifact.sha256} is ${state}`;
  return { step: 'register', trouble };
}

function listed(lines: readonly string[]): string {
  const more = lines.length - NAMES_SHOWN_MAX;
  const shown = lines.slice(0, NAMES_SHOWN_MAX).map((line) => `\n  ${line}`);
  return `${shown.join('')}${more > 0 ? `\n  and ${more} more` : ''}`;
}
