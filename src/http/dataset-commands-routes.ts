import { z } from 'zod';
import { publishDataset } from '#commands/publish-dataset';
import { registerDataset } from '#commands/register-dataset';
import { withdrawDataset } from '#commands/withdraw-dataset';
import { type DatasetName, parseDatasetName } from '#domain/dataset-name';
import { parseSha256 } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import { manifestDocument } from '#domain/manifest-document';
import { commandContext, commandHeaders, writableCommands } from '#http/command-request';
import { datasetPrecondition } from '#http/dataset-precondition';
import {
  manifestSchema,
  publishBody,
  registerBody,
  registeredSchema,
  toObject,
  toTables,
  withdrawBody,
} from '#http/dataset-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';

const nameParams = z.strictObject({
  name: z.string().meta({
    description: 'The name of the dataset; its "/" may be written as they are or as %2F.',
    example: '110/homo_sapiens/GRCh38',
  }),
});

/** The routes that change datasets. */
export function datasetCommandRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [register(dependencies), publish(dependencies), withdraw(dependencies)];
}

function register(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/datasets',
    operationId: 'registerDataset',
    summary:
      'Register a dataset, or replace the objects of one with the same schema fingerprint; If-Match and If-None-Match hold',
    tag: 'datasets',
    isCommand: true,
    body: registerBody,
    errors: [409, 412, 413, 415, 422, 507],
    responses: {
      201: { description: 'The name was new', schema: registeredSchema },
      200: {
        description: 'The name existed; objects and row count are replaced',
        schema: registeredSchema,
      },
    },
    handle: async (request) => {
      const { datasets } = writableCommands(dependencies);
      const { body } = request;
      const name = parseDatasetName(body.name);
      if (body.schema_fingerprint === '') throw emptyFingerprint(name);
      const context = commandContext(dependencies, 'registerDataset', request);
      const answer = await registerDataset(datasets, context, {
        name,
        schemaFingerprint: body.schema_fingerprint,
        objects: body.objects.map(toObject),
        rowCount: body.row_count,
        ...toTables(body.tables),
        ...datasetPrecondition(request),
      });
      const manifest = answer.recorded?.event.data.manifest ?? answer.state;
      if (manifest === undefined) throw new TypeError('A registered dataset has no manifest');
      const existing = answer.recorded?.event.type !== 'DatasetRegistered';
      const headers = await commandHeaders(answer, [dependencies.catalogView], dependencies);
      const location = {
        Location: `${request.prefix}/registry/datasets/${encodeURIComponent(name)}`,
      };
      return {
        status: existing ? 200 : 201,
        headers: existing ? headers : { ...headers, ...location },
        body: { existing, manifest: manifestDocument(manifest) },
      };
    },
  });
}

function publish(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/datasets/{name}/publish',
    operationId: 'publishDataset',
    summary:
      'Put a dataset into the catalog with one of its objects as the artifact; If-Match holds',
    tag: 'datasets',
    isCommand: true,
    params: nameParams,
    body: publishBody,
    errors: [404, 412, 413, 415, 422, 507],
    responses: { 200: { description: 'It is in the catalog', schema: manifestSchema } },
    handle: async (request) => {
      const { datasets, artifacts } = writableCommands(dependencies);
      const name = parseDatasetName(request.params.name);
      const { key, sha256, bytes } = request.body.artifact;
      const context = commandContext(dependencies, 'publishDataset', request);
      const artifact = { key, sha256: parseSha256(sha256), bytes };
      const { publisher, inspect } = artifacts;
      const commands = { ...datasets, publisher, inspect };
      const answer = await publishDataset(commands, context, {
        name,
        artifact,
        ...datasetPrecondition(request),
      });
      return await manifestReply(dependencies, answer);
    },
  });
}

function withdraw(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/datasets/{name}/withdraw',
    operationId: 'withdrawDataset',
    summary: 'Take a dataset out of the catalog; its history stays',
    tag: 'datasets',
    isCommand: true,
    params: nameParams,
    body: withdrawBody,
    bodyIsOptional: true,
    errors: [404, 409, 413, 415, 422, 507],
    responses: { 200: { description: 'It is not in the catalog', schema: manifestSchema } },
    handle: async (request) => {
      const { datasets } = writableCommands(dependencies);
      const name = parseDatasetName(request.params.name);
      const { reason } = request.body;
      const context = commandContext(dependencies, 'withdrawDataset', request);
      const command = reason === undefined ? { name } : { name, reason };
      return await manifestReply(dependencies, await withdrawDataset(datasets, context, command));
    },
  });
}

async function manifestReply(
  dependencies: HttpDependencies,
  answer: Awaited<ReturnType<typeof publishDataset>>,
) {
  const manifest = answer.recorded?.event.data.manifest ?? answer.state;
  if (manifest === undefined) throw new TypeError('A changed dataset has no manifest');
  const headers = await commandHeaders(answer, [dependencies.catalogView], dependencies);
  return { status: 200, headers, body: manifestDocument(manifest) };
}

function emptyFingerprint(name: DatasetName): RegistryError {
  return new RegistryError(
    'INVALID_REQUEST',
    `Cannot register dataset "${name}": its schema fingerprint is empty (want the fingerprint of its schema)`,
    { details: { field: 'schema_fingerprint' }, outcome: 'not-applied' },
  );
}
