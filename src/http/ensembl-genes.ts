import { z } from 'zod';
import { type GeneRequest, planGeneLookup, planGenes } from '#cache/query/genes';
import type { Query } from '#cache/query/query';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import type { HttpDependencies } from '#http/dependencies';
import { regionOf } from '#http/gene-params';
import type { ParsedRequest } from '#http/route';
import { servedDataset } from '#http/served-dataset';
import type { SpeciesDataset, SpeciesIndex } from '#http/species';

// Of datasets that nobody named: each takes time, and the place of others in the cache.
const DOWNLOADS_MAX = 4;
const ALL = new Set(['coords', 'biotype'] as const);

interface Row {
  readonly gene_id: string;
  readonly name: string | null;
  readonly seqid: string;
  readonly start: number;
  readonly end: number;
  readonly biotype: string | null;
}

interface Rows {
  readonly rows: readonly (Row | null)[];
  readonly isAll: boolean;
}

/** Schema of a gene. */
export const geneSchema = z
  .strictObject({
    id: z.string(),
    display_name: z.string().nullable(),
    species: z.string(),
    assembly_name: z.string(),
    seq_region_name: z.string(),
    start: z.number().int(),
    end: z.number().int(),
    biotype: z.string().nullable(),
    object_type: z.literal('Gene'),
  })
  .meta({ id: 'EnsemblGene', description: 'A gene in the form of the Ensembl REST service.' });

/** Schema of a gene as a feature of a region. */
export const featureSchema = z
  .strictObject({
    id: z.string(),
    gene_id: z.string(),
    external_name: z.string().nullable(),
    assembly_name: z.string(),
    seq_region_name: z.string(),
    start: z.number().int(),
    end: z.number().int(),
    biotype: z.string().nullable(),
    feature_type: z.literal('gene'),
  })
  .meta({ id: 'EnsemblFeature' });

/** Who asks. */
type Asker = Pick<ParsedRequest<never, never, never>, 'scope' | 'header' | 'signal'>;

/** Finds genes in the newest release of each species. */
export class EnsemblGenes {
  readonly #dependencies: HttpDependencies;
  readonly #index: SpeciesIndex;

  constructor(dependencies: HttpDependencies, index: SpeciesIndex) {
    this.#dependencies = dependencies;
    this.#index = index;
  }

  async find(
    ids: readonly string[],
    species: string | undefined,
    asker: Asker,
  ): Promise<ReadonlyMap<string, z.output<typeof geneSchema>>> {
    const found = new Map<string, z.output<typeof geneSchema>>();
    let missing = ids;
    let trouble: RegistryError | undefined;
    let downloads = 0;
    for (const dataset of await this.#datasets(species, asker)) {
      if (missing.length === 0) break;
      downloads += this.#isHere(dataset, asker) ? 0 : 1;
      if (species === undefined && downloads > DOWNLOADS_MAX) throw tooMany(missing);
      try {
        const { rows } = await this.#rows(dataset, planGeneLookup(missing, ALL), asker);
        const known = rows.filter((row) => row !== null);
        for (const row of known) found.set(row.gene_id, geneOf(row, dataset));
      } catch (error) {
        // Another species may have them all. Only when it has not is this one's trouble the answer.
        if (!isRegistryError(error)) throw error;
        trouble ??= error;
      }
      missing = ids.filter((id) => !found.has(id));
    }
    if (missing.length > 0 && trouble !== undefined) throw trouble;
    return found;
  }

  async overlapping(
    asked: { readonly species: string; readonly region: string; readonly limit: number },
    asker: Asker,
  ): Promise<z.output<typeof featureSchema>[]> {
    const region = regionOf(asked.region, 'overlap');
    const [dataset] = await this.#datasets(asked.species, asker);
    if (dataset === undefined) return [];
    const request: GeneRequest = {
      filter: { region },
      include: ALL,
      sort: 'region',
      limit: asked.limit,
    };
    const { rows, isAll } = await this.#rows(dataset, planGenes(request), asker);
    // Clients of that service know no pages: part of the genes would look like all of them.
    if (!isAll)
      throw new RegistryError(
        'QUERY_TOO_BROAD',
        `Cannot list the genes of region ${quote(asked.region)}: there are more than ${asked.limit} (want a smaller region, or the pages of /v1/genes)`,
      );
    return rows.flatMap((row) => (row === null ? [] : [featureOf(row, dataset)]));
  }

  /** What is here comes first. */
  async #datasets(species: string | undefined, asker: Asker): Promise<readonly SpeciesDataset[]> {
    const newest = await this.#index.newest(asker.scope);
    if (species === undefined) {
      const rank = (one: SpeciesDataset): number => (this.#isHere(one, asker) ? 0 : 1);
      return [...newest.values()].toSorted((a, b) => rank(a) - rank(b));
    }
    const dataset = newest.get(species);
    if (dataset !== undefined) return [dataset];
    throw new RegistryError(
      'NOT_FOUND',
      `Cannot find species ${quote(species)}: no published dataset is named "<release>/${species}/<assembly>" (want one of ${[...newest.keys()].slice(0, 10).join(', ')})`,
    );
  }

  #isHere({ name }: SpeciesDataset, { scope }: Asker): boolean {
    const { directory, cache } = this.#dependencies.serving;
    const known = directory.known(scope, name);
    return known !== undefined && cache.has(known);
  }

  async #rows(dataset: SpeciesDataset, query: Query, asker: Asker): Promise<Rows> {
    const served = await servedDataset(this.#dependencies, { ...asker, name: dataset.name });
    const { page } = await this.#dependencies.serving.reader.read({
      dataset: served,
      // A dataset of another kind that is named like one has none.
      plan: ({ geneFault }) =>
        geneFault === undefined
          ? query
          : { sql: 'SELECT NULL WHERE 0', values: [], class: 'cheap' },
      key: JSON.stringify([query.sql, query.values]),
      signal: asker.signal,
    });
    return { rows: JSON.parse(page.rows) as (Row | null)[], isAll: page.next === undefined };
  }
}

function tooMany([id = '']: readonly string[]): RegistryError {
  return new RegistryError(
    'QUERY_TOO_BROAD',
    `Cannot find gene ${quote(id)}: it is in no dataset on this node, and more than ${DOWNLOADS_MAX} would have to be downloaded (want a species)`,
  );
}

function geneOf(row: Row, { species, assembly }: SpeciesDataset): z.output<typeof geneSchema> {
  return {
    id: row.gene_id,
    display_name: row.name,
    species,
    assembly_name: assembly,
    seq_region_name: row.seqid,
    start: row.start,
    end: row.end,
    biotype: row.biotype,
    object_type: 'Gene',
  };
}

function featureOf(row: Row, { assembly }: SpeciesDataset): z.output<typeof featureSchema> {
  return {
    id: row.gene_id,
    gene_id: row.gene_id,
    external_name: row.name,
    assembly_name: assembly,
    seq_region_name: row.seqid,
    start: row.start,
    end: row.end,
    biotype: row.biotype,
    feature_type: 'gene',
  };
}
