import { z } from 'zod';
import { publishContract } from '#commands/publish-contract';
import { canonicalJson } from '#domain/canonical-json';
import { parseContractName, parseContractVersion, versionOrderKey } from '#domain/contract-name';
import { quote, RegistryError } from '#domain/errors';
import { atQuery, cursorQuery, integerQuery, timestamp } from '#http/api-schemas';
import { commandContext, commandHeaders, writableCommands } from '#http/command-request';
import { matchesEtag, strongEtag } from '#http/conditional';
import { asOfCatalog, POSITION_HEADER } from '#http/consistency';
import { decodeCursor, encodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';
import type { ContractRow } from '#projections/catalog/contract-queries';

const PAGE = { min: 1, max: 1_000, default: 1_000 };
const cursorSchema = z.strictObject({ name: z.string(), orderKey: z.string() });

const summaryFields = {
  name: z.string(),
  version: z.string(),
  description: z.string().optional(),
  createdAt: timestamp,
};

const bundleSchema = z
  .strictObject({
    ...summaryFields,
    jsonSchema: z.string().optional().meta({ description: 'The schema as its publisher wrote it' }),
    witPath: z.string().optional(),
    descriptorPath: z.string().optional(),
  })
  .meta({ id: 'ContractBundle' });

const listSchema = z
  .strictObject({ contracts: z.array(z.strictObject(summaryFields)) })
  .meta({ id: 'ContractList' });

const publishBody = z
  .strictObject({
    name: z.string().meta({ example: 'ritual.started' }),
    version: z.string().meta({ example: 'v1' }),
    description: z.string().max(4_000).optional(),
    jsonSchema: z
      .union([z.string(), z.record(z.string(), z.unknown()), z.boolean()])
      .optional()
      .meta({
        description: 'A JSON Schema (draft-07, 2019-09 or 2020-12), as an object or as text',
      }),
  })
  .meta({ id: 'PublishContract' });

const publishedSchema = z
  .strictObject({
    status: z.enum(['created', 'existing']),
    name: z.string(),
    version: z.string(),
    digest: z.string().meta({ description: 'Fingerprint of the content: sha256:<hex>' }),
    createdAt: timestamp,
  })
  .meta({ id: 'PublishedContract' });

/** The routes of contracts. */
export function contractRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [publish(dependencies), list(dependencies), get(dependencies)];
}

function publish(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/contracts',
    operationId: 'publishContract',
    summary: 'Publish a version of a contract; it never changes afterwards',
    tag: 'contracts',
    isCommand: true,
    body: publishBody,
    errors: [409, 413, 415, 422, 507],
    responses: {
      201: { description: 'The version is published', schema: publishedSchema },
      200: { description: 'The same content was published before', schema: publishedSchema },
    },
    handle: async (request) => {
      const { contracts } = writableCommands(dependencies);
      const { description, jsonSchema } = request.body;
      const name = parseContractName(request.body.name);
      const version = parseContractVersion(request.body.version);
      const context = commandContext(dependencies, 'publishContract', request);
      const answer = await publishContract(contracts, context, {
        name,
        version,
        ...(description === undefined ? {} : { description }),
        ...(jsonSchema === undefined ? {} : { jsonSchema: schemaText(jsonSchema) }),
      });
      const { bundle, recorded } = answer;
      const headers = await commandHeaders(answer, dependencies.catalogView, dependencies);
      const created = recorded !== undefined;
      const location = `${request.prefix}/registry/contracts/${name}/${version}`;
      return {
        status: created ? 201 : 200,
        headers: created ? { ...headers, Location: location } : headers,
        body: {
          status: created ? 'created' : 'existing',
          name,
          version,
          digest: `sha256:${bundle.fingerprint}`,
          createdAt: recorded?.time ?? answer.state.get(version)?.publishedAt,
        },
      };
    },
  });
}

/** A schema sent as text is kept to the letter; one sent as an object is written canonically. */
function schemaText(schema: string | boolean | Record<string, unknown>): string {
  return typeof schema === 'string' ? schema : canonicalJson(schema);
}

function list(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/contracts',
    operationId: 'listContracts',
    summary: 'List contract versions by name and version; further pages are in the Link header',
    tag: 'contracts',
    query: z.strictObject({ limit: integerQuery(PAGE), cursor: cursorQuery, at: atQuery }),
    responses: {
      200: {
        description: 'A page of contracts',
        schema: listSchema,
        headers: { Link: 'The next page, rel="next"; absent on the last' },
      },
    },
    handle: async ({ query, scope, prefix, header }) => {
      const position = await asOfCatalog(dependencies, { header, at: query.at });
      const { contracts } = dependencies.catalog();
      const after = decodeCursor(query.cursor, cursorSchema);
      const page = { after, limit: query.limit + 1, asOf: position };
      const rows = contracts.list(scope, page);
      const shown = rows.slice(0, query.limit);
      const last = shown.at(-1);
      const headers: Record<string, string> = { [POSITION_HEADER]: String(position) };
      if (rows.length > query.limit && last !== undefined) {
        const cursor = encodeCursor({ name: last.name, orderKey: versionOrderKey(last.version) });
        // The next page shows the same moment, so that no version is missed or seen twice.
        const next = `${prefix}/registry/contracts?limit=${query.limit}&at=${position}&cursor=${cursor}`;
        headers['Link'] = `<${next}>; rel="next"`;
      }
      return { status: 200, headers, body: { contracts: shown } };
    },
  });
}

function get(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/contracts/{name}/{version}',
    operationId: 'getContract',
    summary: 'Get one version of a contract',
    tag: 'contracts',
    keep: 'content',
    params: z.strictObject({
      name: z.string().meta({ example: 'ritual.started' }),
      version: z.string().meta({ example: 'v1' }),
    }),
    query: z.strictObject({ at: atQuery }),
    errors: [404],
    responses: {
      200: { description: 'The contract', schema: bundleSchema },
      304: { description: 'The client has it' },
    },
    handle: async ({ params, query, scope, header }) => {
      const name = parseContractName(params.name);
      const version = parseContractVersion(params.version);
      const position = await asOfCatalog(dependencies, { header, at: query.at });
      const row = dependencies.catalog().contracts.find(scope, { name, version }, position);
      if (row === undefined) throw notFound(name, version);
      const etag = strongEtag(row.bundle.fingerprint);
      const headers = {
        [POSITION_HEADER]: String(position),
        ETag: etag,
        'Cache-Control': 'public, max-age=31536000, immutable',
      };
      if (matchesEtag(header('if-none-match'), etag)) return { status: 304, headers };
      return { status: 200, headers, body: bundleJson(row) };
    },
  });
}

function bundleJson({ bundle, createdAt }: ContractRow): z.output<typeof bundleSchema> {
  const { name, version, description, jsonSchema } = bundle;
  return {
    name,
    version,
    ...(description === undefined ? {} : { description }),
    createdAt,
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
  };
}

function notFound(name: string, version: string): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find contract ${quote(name)} version ${quote(version)}: it is not published in this tenant and environment (want a published version: GET /registry/contracts)`,
    { details: { name, version } },
  );
}
