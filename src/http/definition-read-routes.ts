import { z } from 'zod';
import type { ActionType } from '#domain/action-parameters';
import { type Definition, parseWantedVersion } from '#domain/definition';
import { atQuery } from '#http/api-schemas';
import { matchesEtag, strongEtag } from '#http/conditional';
import { POSITION_HEADER } from '#http/consistency';
import { decodeCursor } from '#http/cursor';
import { cursorBehind, definitionJson, summaryJson } from '#http/definition-json';
import { type DefinitionResource, definitionNotFound } from '#http/definition-resource';
import {
  type definitionListQuery,
  definitionParams,
  definitionSummary,
  definitionVersionParams,
  pageQuery,
} from '#http/definition-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { pageHeaders } from '#http/page-link';
import { type ParsedRequest, type Reply, type ResponseSpec, type Route, route } from '#http/route';
import { shownDefinitions } from '#http/shown-definitions';

const cursorSchema = z.strictObject({ id: z.string(), orderKey: z.string() });
const versionsSchema = z
  .strictObject({
    id: z.string(),
    latest: z.string().optional().meta({ description: 'The highest active version' }),
    versions: z.array(definitionSummary),
  })
  .meta({ id: 'DefinitionVersions' });

/** What a list of definitions answers. */
export const definitionListResponses: Readonly<Record<number, ResponseSpec>> = {
  200: {
    description: 'A page of definitions',
    schema: z
      .strictObject({ definitions: z.array(definitionSummary) })
      .meta({ id: 'DefinitionList' }),
    headers: { Link: 'The next page, rel="next"; absent on the last' },
  },
};

/** The routes that show one definition of a kind and its versions. */
export function definitionReadRoutes<D extends Definition>(
  dependencies: HttpDependencies,
  resource: DefinitionResource<D>,
): readonly Route[] {
  return [versions(dependencies, resource), get(dependencies, resource)];
}

type ListRequest = ParsedRequest<unknown, z.output<typeof definitionListQuery>, unknown>;

/** Answers a page of the definitions of one kind, by id and version. */
export async function definitionPage<D extends Definition>(
  dependencies: HttpDependencies,
  resource: DefinitionResource<D>,
  { request, actionType }: { readonly request: ListRequest; readonly actionType?: ActionType },
): Promise<Reply> {
  const { query, scope, prefix, header } = request;
  const { limit, stage, tag, match, at } = query;
  const definitions = await shownDefinitions(dependencies, resource, { header, at, scope });
  const { position: asOf, found: rows } = await definitions.list({
    after: decodeCursor(query.cursor, cursorSchema),
    limit: limit + 1,
    ...(query.id === undefined ? {} : { id: resource.parseId(query.id) }),
    ...(stage === undefined ? {} : { stage }),
    ...(tag === undefined ? {} : { tags: { match, of: tag } }),
    ...(actionType === undefined ? {} : { actionType }),
  });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const next = last && cursorBehind(last);
  const path = `${prefix}/registry/${resource.path}`;
  return {
    status: 200,
    headers: pageHeaders({ path, query, asOf, next }),
    body: { definitions: shown.map(summaryJson) },
  };
}

function versions<D extends Definition>(
  dependencies: HttpDependencies,
  resource: DefinitionResource<D>,
): Route {
  return route({
    method: 'get',
    path: `/registry/${resource.path}/{id}`,
    operationId: `list${resource.title}Versions`,
    summary: `List the versions of one ${resource.noun}, the lowest first`,
    tag: resource.path,
    params: definitionParams,
    query: pageQuery,
    errors: [404],
    responses: {
      200: {
        description: 'A page of versions',
        schema: versionsSchema,
        headers: { Link: 'The next page, rel="next"; absent on the last' },
      },
    },
    handle: async ({ params, query, scope, prefix, header }) => {
      const id = resource.parseId(params.id);
      const { limit, at } = query;
      const definitions = await shownDefinitions(dependencies, resource, { header, at, scope });
      const after = decodeCursor(query.cursor, cursorSchema);
      const { position, found: rows } = await definitions.list({ after, limit: limit + 1, id });
      if (rows.length === 0 && after === undefined) throw definitionNotFound(resource, id);
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      const next = last && cursorBehind(last);
      const highest = await definitions.find({ id, version: 'latest' });
      const latest = highest.found?.definition.version;
      // Two looks at a store: the answer shows at least what the earlier one did.
      const asOf = Math.min(position, highest.position);
      const path = `${prefix}/registry/${resource.path}/${id}`;
      return {
        status: 200,
        headers: pageHeaders({ path, query, asOf, next }),
        body: {
          id,
          ...(latest === undefined ? {} : { latest }),
          versions: shown.map(summaryJson),
        },
      };
    },
  });
}

function get<D extends Definition>(
  dependencies: HttpDependencies,
  resource: DefinitionResource<D>,
): Route {
  return route({
    method: 'get',
    path: `/registry/${resource.path}/{id}/{version}`,
    operationId: `get${resource.title}`,
    summary: `Get one version of ${resource.noun}s, or "latest": the highest active one`,
    tag: resource.path,
    params: definitionVersionParams,
    query: z.strictObject({ at: atQuery }),
    errors: [404],
    responses: {
      200: {
        description: 'The version',
        schema: resource.schema,
        headers: { ETag: 'Changes with the stage' },
      },
      304: { description: 'The client has it' },
    },
    handle: async ({ params, query, scope, header }) => {
      const id = resource.parseId(params.id);
      const version = parseWantedVersion(params.version);
      const { at } = query;
      const definitions = await shownDefinitions(dependencies, resource, { header, at, scope });
      const { position, found: row } = await definitions.find({ id, version });
      if (row === undefined) throw definitionNotFound(resource, id, version);
      // Content is for ever; the position of the last step stands for all that changes.
      const etag = strongEtag(`${row.definition.fingerprint}-${row.staged.position}`);
      const headers = {
        [POSITION_HEADER]: String(position),
        ETag: etag,
        'Cache-Control': 'no-cache',
      };
      if (matchesEtag(header('if-none-match'), etag)) return { status: 304, headers };
      return { status: 200, headers, body: definitionJson(row) };
    },
  });
}
