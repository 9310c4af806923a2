import { z } from 'zod';
import type { DatasetAnswer } from '#cache/dataset-reader';
import { type GeneRequest, planGeneCount, planGeneLookup, planGenes } from '#cache/query/genes';
import type { Query } from '#cache/query/query';
import type { DatasetSchema } from '#cache/query/table-schema';
import type { Sha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import {
  type AnswerRequest,
  checkPinned,
  compressed,
  fromCursor,
  notModified,
  pageReply,
} from '#http/dataset-answer';
import type { HttpDependencies, Serving } from '#http/dependencies';
import {
  canonicalGenes,
  countQuery,
  datasetOf,
  datasetParams,
  filterOf,
  geneRequestOf,
  genesQuery,
  includeOf,
} from '#http/gene-params';
import { type Route, route } from '#http/route';
import { servedDataset } from '#http/served-dataset';

const LOOKUP_MAX = 1_000;

const geneSchema = z
  .strictObject({
    gene_id: z.string(),
    name: z.string().nullable(),
    seqid: z.string().optional(),
    start: z.number().int().optional(),
    end: z.number().int().optional(),
    biotype: z.string().nullable().optional(),
    transcript_count: z.number().int().nullable().optional(),
    sequence_length: z.number().int().optional(),
  })
  .meta({ id: 'Gene' });

const pageSchema = z
  .strictObject({
    dataset: z.string(),
    artifact: z.string().meta({ description: 'SHA-256 of the artifact that was read' }),
    rows: z.array(geneSchema),
    next_cursor: z.string().optional(),
  })
  .meta({ id: 'GenePage' });

const lookupBody = z
  .strictObject({
    ...datasetParams,
    gene_ids: z.array(z.string().min(1).max(256)).min(1).max(LOOKUP_MAX),
    include: z.string().max(100).optional(),
  })
  .meta({ id: 'GeneLookup' });

const lookupSchema = z
  .strictObject({
    dataset: z.string(),
    artifact: z.string(),
    rows: z.array(z.union([geneSchema, z.null()])).meta({ description: 'In the order of the ids' }),
  })
  .meta({ id: 'GeneLookupAnswer' });

const countSchema = z
  .strictObject({ dataset: z.string(), artifact: z.string(), gene_count: z.number().int() })
  .meta({ id: 'GeneCount' });

/** The routes that serve genes. */
export function geneRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [list(dependencies), count(dependencies), lookup(dependencies)];
}

function list(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/v1/genes',
    operationId: 'listGenes',
    summary: 'Find genes of a dataset by id, name, kind or region',
    tag: 'genes',
    isLimited: true,
    query: genesQuery,
    errors: [404, 422],
    responses: {
      200: { description: 'A page of genes', schema: pageSchema, lines: geneSchema },
      304: { description: 'They have not changed' },
    },
    handle: async ({ query, scope, header, signal }, { originalUrl: url }) => {
      const { serving } = dependencies;
      const name = datasetOf(query);
      const genes = geneRequestOf(query);
      const dataset = await servedDataset(dependencies, { scope, name, header, signal });
      checkPinned(dataset, query.artifact);
      const asked: AnswerRequest = {
        dataset,
        query: canonicalGenes(genes),
        cursor: query.cursor,
        pinned: query.artifact,
        header,
      };
      // What makes no sense is refused before anything is downloaded.
      const first = planGenes(genes);
      if (genes.filter.geneId !== undefined) {
        // It has one page: the plan refuses every cursor that is well-formed.
        const { artifact } = dataset.entry;
        planGenes({ ...genes, ...fromCursor(asked, artifact.sha256, serving.cursors) });
      }
      const unchanged = notModified(asked);
      if (unchanged !== undefined) return unchanged;
      const answer = await ask(serving, { asked, genes, first, signal });
      return await pageReply(asked, answer, { cursors: serving.cursors, url });
    },
  });
}

interface Asked {
  readonly asked: AnswerRequest;
  readonly genes: GeneRequest;
  /** The query of the first page. */
  readonly first: Query;
  readonly signal: AbortSignal;
}

async function ask(
  { reader, cursors }: Serving,
  { asked, genes, first, signal }: Asked,
): Promise<DatasetAnswer> {
  const { dataset, cursor, pinned } = asked;
  const { geneId, region } = genes.filter;
  const shared = { dataset, isExact: pinned !== undefined, signal };
  if (geneId !== undefined) {
    const fields = [...genes.include].toSorted();
    const plan = genePlan(dataset.name, () => first);
    return await reader.gene({ ...shared, query: first, plan, geneId, fields });
  }
  return await reader.read({
    ...shared,
    plan: genePlan(dataset.name, (artifact) =>
      cursor === undefined
        ? first
        : planGenes({ ...genes, ...fromCursor(asked, artifact, cursors) }),
    ),
    key: `${asked.query} ${cursor ?? ''} ${genes.limit}`,
    seqid: region?.seqid,
  });
}

function count(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/v1/genes/count',
    operationId: 'countGenes',
    summary: 'Count genes of a dataset',
    tag: 'genes',
    isLimited: true,
    query: countQuery,
    errors: [404, 422],
    responses: { 200: { description: 'How many', schema: countSchema } },
    handle: async ({ query, scope, header, signal }) => {
      const name = datasetOf(query);
      const filter = filterOf(query);
      const dataset = await servedDataset(dependencies, { scope, name, header, signal });
      checkPinned(dataset, query.artifact);
      const planned = planGeneCount({ filter });
      const { page, artifact } = await dependencies.serving.reader.read({
        dataset,
        plan: genePlan(name, () => planned),
        key: `count ${JSON.stringify(filter)}`,
        isExact: query.artifact !== undefined,
        signal,
      });
      const [found] = JSON.parse(page.rows) as [{ gene_count: number }];
      return { status: 200, body: { dataset: name, artifact, ...found } };
    },
  });
}

function lookup(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/v1/genes/lookup',
    operationId: 'lookupGenes',
    summary: `Find up to ${LOOKUP_MAX} genes by their ids; unknown ones are null`,
    tag: 'genes',
    isLimited: true,
    body: lookupBody,
    errors: [404, 413, 415, 422],
    responses: { 200: { description: 'The genes', schema: lookupSchema } },
    handle: async ({ body, scope, header, signal }) => {
      const name = datasetOf(body);
      const dataset = await servedDataset(dependencies, { scope, name, header, signal });
      checkPinned(dataset, body.artifact);
      const planned = planGeneLookup(body.gene_ids, includeOf(body.include));
      const { page, artifact } = await dependencies.serving.reader.read({
        dataset,
        plan: genePlan(name, () => planned),
        key: 'lookup',
        isExact: body.artifact !== undefined,
        signal,
      });
      const text = `{"dataset":${JSON.stringify(name)},"artifact":"${artifact}","rows":${page.rows}}`;
      const headers = { 'Atlas-Artifact': artifact, 'Cache-Control': 'no-store' };
      return await compressed({ status: 200, headers, body: text }, header);
    },
  });
}

/** Refuses a dataset that has no genes. */
function genePlan(name: string, plan: (artifact: Sha256) => Query) {
  return ({ geneFault }: DatasetSchema, artifact: Sha256): Query => {
    if (geneFault === undefined) return plan(artifact);
    throw new RegistryError(
      'DATASET_UNUSABLE',
      `Cannot find genes in dataset ${quote(name)}: ${geneFault} (want a gene dataset, or /v1/datasets/{name}/rows/{table})`,
      { details: { name } },
    );
  };
}
