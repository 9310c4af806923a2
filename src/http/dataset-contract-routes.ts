import { z } from 'zod';
import { DATASET_TYPE_TEXT } from '#domain/dataset-contract';
import { quote, RegistryError } from '#domain/errors';
import { matchesEtag, strongEtag } from '#http/conditional';
import { POSITION_HEADER, waitForMinimum } from '#http/consistency';
import { bundleJson } from '#http/contract-json';
import { bundleSchema } from '#http/contract-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';

const params = z.strictObject({
  dataset_type: z
    .string()
    .max(DATASET_TYPE_TEXT.lengthMax)
    .meta({ description: 'As contracts of data name it; case does not matter', example: 'orders' }),
});

/** The route that finds the contract of a type of datasets. Below a word of its own: contracts may have any name. */
export function datasetContractRoutes(dependencies: HttpDependencies): readonly Route[] {
  const { registryStores, registryStoresView, limits } = dependencies;
  const get = route({
    method: 'get',
    path: '/registry/dataset-contracts/{dataset_type}',
    operationId: 'getContractForDataset',
    summary: 'Get the highest approved contract that is for a type of datasets',
    tag: 'contracts',
    params,
    errors: [404],
    responses: {
      200: {
        description: 'The contract; of several the first by name',
        schema: bundleSchema,
        headers: { ETag: 'Changes when another version answers, or its stage changes' },
      },
      304: { description: 'The client has it' },
    },
    handle: async ({ params: { dataset_type: type }, scope, header }) => {
      await waitForMinimum(registryStoresView, header, { waitMs: limits.readWaitMs });
      const { position, found } = await registryStores.contracts.getLatestForDataset(scope, type);
      if (found === undefined) throw notFound(type);
      // The position of the last step belongs to one version of one contract alone.
      const etag = strongEtag(`${found.bundle.fingerprint}-${found.staged.position}`);
      const headers = {
        [POSITION_HEADER]: String(position),
        ETag: etag,
        'Cache-Control': 'no-cache',
      };
      if (matchesEtag(header('if-none-match'), etag)) return { status: 304, headers };
      return { status: 200, headers, body: bundleJson(found.bundle, found.createdAt) };
    },
  });
  return [get];
}

function notFound(datasetType: string): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find a contract for dataset type ${quote(datasetType)}: no approved version is for it in this tenant and environment (want one of a data contract or dataset contract that names it)`,
    { details: { dataset_type: datasetType } },
  );
}
