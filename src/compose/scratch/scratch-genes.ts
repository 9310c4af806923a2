import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGeneArtifact } from '#cli/examples/gene-artifact';
import type { Gene } from '#cli/examples/gene-table';
import { publishArtifact } from '#cli/examples/load-examples';
import { RegistryClient } from '#cli/remote/registry-client';

/** A dataset of a drill: its file has some hundred pages, and everybody knows what each row says. */
export interface ScratchDataset {
  readonly name: string;
  readonly sha256: string;
  readonly genes: readonly Gene[];
}

/** More than fit into the pages that are read when a file is opened; built and published in a part of a second. */
const GENES = 5_000;
const GENE_BASES = 1_000;
const GENE_DISTANCE = 5_000;

/** Publishes datasets of made-up genes in a registry, one for each of the species. */
export async function publishScratchGenes(
  url: string,
  species: readonly string[],
  folder: string,
): Promise<readonly ScratchDataset[]> {
  const client = new RegistryClient(url);
  const datasets: ScratchDataset[] = [];
  for (const one of species) {
    const name = `1/drill_${one}/v1`;
    const genes = Array.from({ length: GENES }, (_, index) => geneOf(one, index));
    const file = join(folder, `${one}.sqlite`);
    const { rows } = buildGeneArtifact({ dataset: name, source: 'made up', genes }, file);
    const content = readFileSync(file);
    await publishArtifact(client, { name, rows, content });
    datasets.push({ name, genes, sha256: createHash('sha256').update(content).digest('hex') });
  }
  return datasets;
}

function geneOf(species: string, index: number): Gene {
  const number = String(index + 1).padStart(6, '0');
  const start = 1 + index * GENE_DISTANCE;
  return {
    geneId: `DRILLG${number}`,
    name: `${species.toUpperCase()}${number}`,
    seqid: '1',
    start,
    end: start + GENE_BASES - 1,
  };
}
