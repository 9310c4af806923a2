import { z } from 'zod';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import { quote, RegistryError } from '#domain/errors';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { atQuery } from '#http/api-schemas';
import { modeInForceAt } from '#http/compatibility-routes';
import { matchesEtag, strongEtag } from '#http/conditional';
import { asOfCatalog, POSITION_HEADER } from '#http/consistency';
import { bundleJson, digestOf } from '#http/contract-json';
import {
  bundleSchema,
  contractParams,
  modeSchema,
  versionParams,
  versionSchema,
} from '#http/contract-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';
import type { ContractRow } from '#projections/catalog/contract-queries';

/** What stands for the highest approved version in an address. */
const LATEST = 'latest';

const versionsSchema = z
  .strictObject({
    name: z.string(),
    mode: modeSchema,
    latest: z.string().optional().meta({ description: 'The highest approved version' }),
    versions: z.array(versionSchema),
  })
  .meta({ id: 'ContractVersions' });

/** The routes that show a contract and its versions. */
export function contractRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [versions(dependencies), get(dependencies)];
}

function versions(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/contracts/{name}',
    operationId: 'listContractVersions',
    summary: 'List the versions of a contract, the lowest first, and what a new one must keep',
    tag: 'contracts',
    params: contractParams,
    query: z.strictObject({ at: atQuery }),
    errors: [404],
    responses: { 200: { description: 'The versions', schema: versionsSchema } },
    handle: async ({ params, query, scope, header }) => {
      const name = parseContractName(params.name);
      const asOf = await asOfCatalog(dependencies, { header, at: query.at });
      const { contracts } = dependencies.catalog();
      const rows = contracts.versions(scope, name, asOf);
      if (rows.length === 0) throw notFound(name);
      const latest = contracts.latest(scope, name, asOf)?.bundle.version;
      const body = {
        name,
        mode: modeInForceAt(dependencies, scope, { name, asOf }).mode,
        ...(latest === undefined ? {} : { latest }),
        // What is undefined is left out when it is written.
        versions: rows.map(({ version, stage, level, fingerprint, ...row }) => ({
          version,
          stage,
          level,
          digest: digestOf(fingerprint),
          createdAt: row.createdAt,
          publisher: row.publisher,
          description: row.description,
        })),
      };
      return { status: 200, headers: { [POSITION_HEADER]: String(asOf) }, body };
    },
  });
}

function get(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/contracts/{name}/{version}',
    operationId: 'getContract',
    summary: 'Get one version of a contract, or "latest": the highest approved one',
    tag: 'contracts',
    keep: 'catalog',
    params: versionParams,
    query: z.strictObject({ at: atQuery }),
    errors: [404],
    responses: {
      200: {
        description: 'The contract',
        schema: bundleSchema,
        headers: {
          'Atlas-Contract-Stage': 'How far the version has come',
          Deprecation: 'Since when it is deprecated (RFC 9745); absent while it is not',
          Sunset: 'When it will be retired (RFC 8594)',
          Link: 'What to use instead, rel="successor-version"',
        },
      },
      304: { description: 'The client has it' },
    },
    handle: async ({ params, query, scope, prefix, header }) => {
      const name = parseContractName(params.name);
      const asOf = await asOfCatalog(dependencies, { header, at: query.at });
      const row = find(dependencies, scope, { name, version: params.version, asOf });
      if (row === undefined) throw notFound(name, params.version);
      const { fingerprint, version } = row.bundle;
      const isFixed = params.version !== LATEST;
      // The same content may be the latest under another version.
      const etag = strongEtag(isFixed ? fingerprint : `${fingerprint}-${version}`);
      const headers = {
        [POSITION_HEADER]: String(asOf),
        ETag: etag,
        // What "latest" stands for changes; a version never does.
        'Cache-Control': cachingOf(isFixed, row.stage),
        ...stageHeaders(row, { name, prefix }),
      };
      if (matchesEtag(header('if-none-match'), etag)) return { status: 304, headers };
      return { status: 200, headers, body: bundleJson(row.bundle, row.createdAt) };
    },
  });
}

/** Content is for ever; that it is on its way out must come through. */
function cachingOf(isFixed: boolean, stage: ContractRow['stage']): string {
  if (!isFixed) return 'no-cache';
  return stage === 'deprecated' || stage === 'retired'
    ? 'public, no-cache'
    : 'public, max-age=31536000, immutable';
}

function find(
  { catalog }: HttpDependencies,
  scope: Scope,
  at: {
    readonly name: ReturnType<typeof parseContractName>;
    readonly version: string;
    readonly asOf: Position;
  },
): ContractRow | undefined {
  const { contracts } = catalog();
  const { name, version, asOf } = at;
  if (version === LATEST) return contracts.latest(scope, name, asOf);
  return contracts.find(scope, { name, version: parseContractVersion(version) }, asOf);
}

/** Says how far a version has come, and what its readers should know of its end. */
function stageHeaders(
  { stage, deprecated }: ContractRow,
  { name, prefix }: { readonly name: string; readonly prefix: string },
): Record<string, string> {
  const headers = { 'Atlas-Contract-Stage': stage };
  if (deprecated === undefined) return headers;
  const since = Math.floor(Date.parse(deprecated.time) / 1_000);
  const { sunset, successor } = deprecated;
  const [of = name, version = of] =
    successor?.includes('@') === true ? successor.split('@') : [name, successor];
  return {
    ...headers,
    Deprecation: `@${since}`,
    ...(sunset === undefined ? {} : { Sunset: new Date(sunset).toUTCString() }),
    ...(successor === undefined
      ? {}
      : { Link: `<${prefix}/registry/contracts/${of}/${version}>; rel="successor-version"` }),
  };
}

function notFound(name: string, version?: string): RegistryError {
  const what = version === undefined ? '' : ` version ${quote(version)}`;
  const is = version === LATEST ? 'no version of it is approved' : 'it is not published';
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find contract ${quote(name)}${what}: ${is} in this tenant and environment (want a published version: GET /registry/contracts)`,
    { details: { name, ...(version === undefined ? {} : { version }) } },
  );
}
