import { z } from 'zod';
import { parseContractName, parseContractVersion, versionOrderKey } from '#domain/contract-name';
import { quote, RegistryError } from '#domain/errors';
import { atQuery, cursorQuery, integerQuery } from '#http/api-schemas';
import { asOfCatalog } from '#http/consistency';
import { stageSchema, summarySchema, versionParams } from '#http/contract-schemas';
import { decodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import { pageHeaders } from '#http/page-link';
import { type Route, route } from '#http/route';

const PAGE = { min: 1, max: 1_000, default: 1_000 };
const FILTER_MAX = 300;
const cursorSchema = z.strictObject({ name: z.string(), orderKey: z.string() });
const dependantCursor = cursorSchema.extend({ uri: z.string() });

const listSchema = z
  .strictObject({ contracts: z.array(summarySchema) })
  .meta({ id: 'ContractList' });

const dependantsSchema = z
  .strictObject({
    dependants: z.array(
      z.strictObject({
        name: z.string(),
        version: z.string(),
        stage: stageSchema,
        uri: z.string(),
      }),
    ),
  })
  .meta({ id: 'ContractDependants' });

const filterText = z.string().min(1).max(FILTER_MAX).optional();

const listQuery = z.strictObject({
  limit: integerQuery(PAGE),
  cursor: cursorQuery,
  at: atQuery,
  name: filterText.meta({ description: 'The name begins with this', example: 'ritual.' }),
  label: filterText.meta({ description: 'It has this label', example: 'team=payments' }),
  stage: stageSchema.optional(),
  text: filterText.meta({ description: 'Name, description or a label holds this' }),
});

/** The routes that list contracts. */
export function contractListRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [list(dependencies), dependants(dependencies)];
}

function list(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/contracts',
    operationId: 'listContracts',
    summary: 'List contract versions by name and version; further pages are in the Link header',
    tag: 'contracts',
    query: listQuery,
    responses: {
      200: {
        description: 'A page of contracts',
        schema: listSchema,
        headers: { Link: 'The next page, rel="next"; absent on the last' },
      },
    },
    handle: async (request) => {
      const { query, scope, header } = request;
      const { limit, name, stage, text } = query;
      const asOf = await asOfCatalog(dependencies, { header, at: query.at });
      const label = query.label === undefined ? undefined : labelOf(query.label);
      const rows = dependencies.catalog().contracts.list(scope, {
        after: decodeCursor(query.cursor, cursorSchema),
        limit: limit + 1,
        asOf,
        ...(name === undefined ? {} : { namePrefix: name }),
        ...(label === undefined ? {} : { label }),
        ...(stage === undefined ? {} : { stage }),
        ...(text === undefined ? {} : { text }),
      });
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      const next = last && { name: last.name, orderKey: versionOrderKey(last.version) };
      const contracts = shown.map(({ name: of, version, description, createdAt, stage: at }) =>
        // What is undefined is left out when it is written.
        ({ name: of, version, description, createdAt, stage: at }),
      );
      const path = `${request.prefix}/registry/contracts`;
      return {
        status: 200,
        headers: pageHeaders({ path, query, asOf, next }),
        body: { contracts },
      };
    },
  });
}

function dependants(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/contracts/{name}/{version}/dependants',
    operationId: 'listDependants',
    summary: 'List the contracts that refer to a version',
    tag: 'contracts',
    params: versionParams,
    query: z.strictObject({ limit: integerQuery(PAGE), cursor: cursorQuery, at: atQuery }),
    responses: {
      200: {
        description: 'A page of contracts',
        schema: dependantsSchema,
        headers: { Link: 'The next page, rel="next"; absent on the last' },
      },
    },
    handle: async (request) => {
      const { params, query, scope, header } = request;
      const asOf = await asOfCatalog(dependencies, { header, at: query.at });
      const rows = dependencies.catalog().contracts.dependants(scope, {
        name: parseContractName(params.name),
        version: parseContractVersion(params.version),
        after: decodeCursor(query.cursor, dependantCursor),
        limit: query.limit + 1,
        asOf,
      });
      const shown = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? shown.at(-1) : undefined;
      const next = last && {
        name: last.name,
        orderKey: versionOrderKey(last.version),
        uri: last.uri,
      };
      const body = {
        dependants: shown.map(({ name, version, stage, uri }) => ({ name, version, stage, uri })),
      };
      const path = `${request.prefix}/registry/contracts/${params.name}/${params.version}/dependants`;
      return { status: 200, headers: pageHeaders({ path, query, asOf, next }), body };
    },
  });
}

function labelOf(text: string): { readonly key: string; readonly value: string } {
  const at = text.indexOf('=');
  if (at > 0) return { key: text.slice(0, at), value: text.slice(at + 1) };
  throw new RegistryError(
    'INVALID_REQUEST',
    `Cannot use label ${quote(text)}: it has no "=" (want <key>=<value>)`,
  );
}
