import { z } from 'zod';
import { storeArtifact } from '#commands/store-artifact';
import { parseSha256 } from '#domain/digest';
import { sha256 } from '#http/api-schemas';
import { writableCommands } from '#http/command-request';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';

const storedSchema = z
  .strictObject({ sha256, bytes: z.number().int() })
  .meta({ id: 'StoredArtifact' });

/** The routes that take artifacts in. */
export function artifactRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [
    route({
      method: 'put',
      path: '/registry/artifacts/{sha256}',
      operationId: 'storeArtifact',
      summary: 'Upload the bytes of an artifact under their SHA-256',
      tag: 'artifacts',
      params: z.strictObject({ sha256: z.string() }),
      body: 'stream',
      errors: [413, 422],
      responses: {
        201: { description: 'The bytes are stored', schema: storedSchema },
        200: { description: 'They were stored before', schema: storedSchema },
      },
      handle: async ({ params, stream }) => {
        const { artifacts } = writableCommands(dependencies);
        const digest = parseSha256(params.sha256);
        const { bytes, existing } = await storeArtifact(artifacts, digest, stream);
        return { status: existing ? 200 : 201, body: { sha256: digest, bytes } };
      },
    }),
  ];
}
