import { z } from 'zod';
import { type ContractVersion, parseContractName } from '#domain/contract-name';
import { parseActionProfileId, parseWantedVersion } from '#domain/definition';
import { quote, RegistryError } from '#domain/errors';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { asOfCatalog } from '#http/consistency';
import { versionParams } from '#http/contract-schemas';
import { decodeCursor } from '#http/cursor';
import { cursorBehind } from '#http/definition-json';
import { definitionNotFound } from '#http/definition-resource';
import { definitionUsers, definitionVersionParams, pageQuery } from '#http/definition-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { pageHeaders } from '#http/page-link';
import { type ParsedRequest, type Reply, type Route, route } from '#http/route';
import type { CatalogReader } from '#projections/catalog/catalog-reader';

const cursorSchema = z.strictObject({
  id: z.string(),
  orderKey: z.string(),
  refersTo: z.string(),
});

const responses = {
  200: {
    description: 'A page of job definitions',
    schema: definitionUsers,
    headers: { Link: 'The next page, rel="next"; absent on the last' },
  },
} as const;

/** The routes that say which job definitions use a profile or a contract. */
export function definitionUserRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [profileUsers(dependencies), contractUsers(dependencies)];
}

function profileUsers(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/action-profiles/{id}/{version}/dependants',
    operationId: 'listActionProfileDependants',
    summary: 'List the job definitions that use a version, by its number or as the latest',
    tag: 'action-profiles',
    params: definitionVersionParams,
    query: pageQuery,
    errors: [404],
    responses,
    handle: async (request) => {
      const { params } = request;
      const [id, wanted] = [parseActionProfileId(params.id), parseWantedVersion(params.version)];
      return await usersPage(dependencies, request, {
        kind: 'action-profile',
        name: id,
        path: `action-profiles/${id}/${wanted}/dependants`,
        versionsOf: ({ actionProfiles }, scope, asOf) => {
          const row = actionProfiles.find(scope, { id, version: wanted }, asOf);
          if (row === undefined)
            throw definitionNotFound(
              { noun: 'action profile', path: 'action-profiles' },
              id,
              wanted,
            );
          const latest = actionProfiles.latestVersion(scope, id, asOf);
          return { version: row.definition.version, latest };
        },
      });
    },
  });
}

function contractUsers(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/contracts/{name}/{version}/job-definitions',
    operationId: 'listContractJobDefinitions',
    summary: 'List the job definitions that use a version, by its number or as the latest',
    tag: 'contracts',
    params: versionParams,
    query: pageQuery,
    errors: [404],
    responses,
    handle: async (request) => {
      const { params } = request;
      const [name, wanted] = [parseContractName(params.name), parseWantedVersion(params.version)];
      return await usersPage(dependencies, request, {
        kind: 'contract',
        name,
        path: `contracts/${name}/${wanted}/job-definitions`,
        versionsOf: ({ contracts }, scope, asOf) => {
          const latest = contracts.latest(scope, name, asOf)?.bundle.version;
          const version = wanted === 'latest' ? latest : wanted;
          if (version === undefined || contracts.find(scope, { name, version }, asOf) === undefined)
            throw contractNotFound(name, wanted);
          return { version, latest };
        },
      });
    },
  });
}

type PageRequest = Pick<
  ParsedRequest<unknown, z.output<typeof pageQuery>, unknown>,
  'query' | 'scope' | 'prefix' | 'header'
>;

interface Used {
  readonly kind: 'action-profile' | 'contract';
  readonly name: string;
  /** What stands behind `/registry/`. */
  readonly path: string;
  /** Finds the version, and the one that is the latest. @throws NOT_FOUND */
  readonly versionsOf: (
    catalog: CatalogReader,
    scope: Scope,
    asOf: Position,
  ) => { readonly version: ContractVersion; readonly latest: ContractVersion | undefined };
}

async function usersPage(
  dependencies: HttpDependencies,
  { query, scope, prefix, header }: PageRequest,
  { kind, name, path, versionsOf }: Used,
): Promise<Reply> {
  const { limit } = query;
  const asOf = await asOfCatalog(dependencies, { header, at: query.at });
  const catalog = dependencies.catalog();
  const { version, latest } = versionsOf(catalog, scope, asOf);
  const rows = catalog.uses.dependants(scope, {
    kind,
    name,
    versions: version === latest ? [version, 'latest'] : [version],
    after: decodeCursor(query.cursor, cursorSchema),
    limit: limit + 1,
    asOf,
  });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const next = last && { ...cursorBehind(last), refersTo: last.refersTo };
  return {
    status: 200,
    headers: pageHeaders({ path: `${prefix}/registry/${path}`, query, asOf, next }),
    body: {
      dependants: shown.map(({ id, version: of, stage, refersTo }) => ({
        id,
        version: of,
        stage,
        refersTo,
      })),
    },
  };
}

function contractNotFound(name: string, version: string): RegistryError {
  const is = version === 'latest' ? 'no version of it is approved' : 'it is not published';
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find contract ${quote(name)} version ${quote(version)}: ${is} in this tenant and environment (want a published version: GET /registry/contracts)`,
    { details: { name, version } },
  );
}
