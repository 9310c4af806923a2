import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildGeneArtifact,
  GENE_SCHEMA_FINGERPRINT,
  GENE_TABLE,
} from '#cli/examples/gene-artifact';
import { type GeneTable, readGeneTable } from '#cli/examples/gene-table';
import { readWebhookContracts, type WebhookVersion } from '#cli/examples/webhook-contracts';
import type { RegistryClient } from '#cli/remote/registry-client';

/** Where the examples tell how far they are. */
export interface LoadProgress {
  begin(total: number): void;
  advance(steps: number, note: string): void;
}

export interface LoadedExamples {
  readonly datasets: number;
  readonly rows: number;
  readonly contracts: number;
  /** Whether there was nothing left to load. */
  readonly nothingToDo: boolean;
}

interface ContractList {
  readonly contracts: readonly { readonly name: string; readonly version: string }[];
}

// Publishing is limited by the log's flush: a few requests under way keep it busy.
const PUBLISHES_MAX = 8;
const ARTIFACT_KEY = 'gene_summary.sqlite';
const TABLE_SUFFIX = '.tsv.br';

/**
 * Loads what is missing of the example data through the HTTP API. Each dataset is recorded as a job run. Safe to repeat and
 * to interrupt: what is there is left alone.
 */
export async function loadExamples(
  client: RegistryClient,
  folder: string,
  progress: LoadProgress,
): Promise<LoadedExamples> {
  const [names, contracts] = await Promise.all([
    missingDatasets(client, geneDatasets(join(folder, 'genes'))),
    missingContracts(client, join(folder, 'contracts', 'github-webhooks.json.br')),
  ]);
  progress.begin(names.length * STEPS_PER_DATASET + contracts.length);
  let rows = 0;
  for (const name of names) {
    const table = readGeneTable(join(folder, 'genes', `${name}${TABLE_SUFFIX}`), name);
    rows += await loadGenes(client, table, progress);
  }
  await publishAll(client, contracts, progress);
  return {
    datasets: names.length,
    rows,
    contracts: contracts.length,
    nothingToDo: names.length + contracts.length === 0,
  };
}

/** How much of the progress bar one dataset takes, in contract versions. */
const STEPS_PER_DATASET = 25;

/** Names of gene tables: the path below `genes/` without its suffix is the name of the dataset. */
function geneDatasets(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(TABLE_SUFFIX))
    .map((path) => path.slice(0, -TABLE_SUFFIX.length).replaceAll('\\', '/'))
    .toSorted();
}

async function missingDatasets(
  client: RegistryClient,
  names: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(
    names.map((name) =>
      client.find<{ status: string }>(`/registry/datasets/${encodeURIComponent(name)}`),
    ),
  );
  return names.filter((_, index) => found[index]?.status !== 'published');
}

async function missingContracts(
  client: RegistryClient,
  path: string,
): Promise<readonly WebhookVersion[]> {
  const { contracts } = await client.send<ContractList>('/registry/contracts?limit=1000', {
    method: 'GET',
  });
  const there = new Set(contracts.map(({ name, version }) => `${name} ${version}`));
  return readWebhookContracts(path).filter(({ name, version }) => !there.has(`${name} ${version}`));
}

async function loadGenes(
  client: RegistryClient,
  table: GeneTable,
  progress: LoadProgress,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'atlas-examples-'));
  try {
    const name = table.dataset;
    const run = await client.send<{ id: string }>('/registry/job-runs', {
      method: 'POST',
      body: {
        job: 'load-dataset',
        kind: 'load',
        inputs: [table.source],
        metadata: { dataset: name },
      },
    });
    const finish = `/registry/job-runs/${run.id}/finish`;
    try {
      const file = join(folder, ARTIFACT_KEY);
      const { rows } = buildGeneArtifact(table, file);
      const bytes = await publishArtifact(client, { name, rows, content: readFileSync(file) });
      progress.advance(STEPS_PER_DATASET, name);
      const body = { status: 'succeeded', counts: { rows, bytes } };
      await client.send(finish, { method: 'POST', body });
      return rows;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // The first error is the one to tell, also when the registry is gone by now.
      const failed = { method: 'POST', body: { status: 'failed', message } } as const;
      await client.send(finish, failed).catch(() => undefined);
      throw error;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Uploads the artifact of a gene table, registers its dataset and publishes it. Gives its bytes. */
export async function publishArtifact(
  client: RegistryClient,
  { name, rows, content }: { name: string; rows: number; content: Buffer },
): Promise<number> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const artifact = { key: ARTIFACT_KEY, sha256, bytes: content.length };
  await client.send(`/registry/artifacts/${sha256}`, { method: 'PUT', stream: { bytes: content } });
  await client.send('/registry/datasets', {
    method: 'POST',
    body: {
      name,
      schema_fingerprint: GENE_SCHEMA_FINGERPRINT,
      objects: [{ ...artifact, media_type: 'application/vnd.sqlite3' }],
      row_count: rows,
      tables: [GENE_TABLE],
    },
  });
  const path = `/registry/datasets/${encodeURIComponent(name)}/publish`;
  await client.send(path, { method: 'POST', body: { artifact } });
  return content.length;
}

/** Publishes versions side by side, those of one contract one after the other and in order. */
async function publishAll(
  client: RegistryClient,
  versions: readonly WebhookVersion[],
  progress: LoadProgress,
): Promise<void> {
  const byName = new Map<string, WebhookVersion[]>();
  for (const version of versions) {
    const list = byName.get(version.name);
    if (list === undefined) byName.set(version.name, [version]);
    else list.push(version);
  }
  const names = [...byName.values()];
  const lane = async (): Promise<void> => {
    for (let next = names.shift(); next !== undefined; next = names.shift()) {
      for (const { name, version, description, jsonSchema } of next) {
        const body = { name, version, description, jsonSchema };
        await client.send('/registry/contracts', { method: 'POST', body });
        progress.advance(1, `${name} ${version}`);
      }
    }
  };
  await Promise.all(Array.from({ length: PUBLISHES_MAX }, lane));
}
