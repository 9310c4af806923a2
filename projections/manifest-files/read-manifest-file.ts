import { quote, RegistryError } from '#domain/errors';
import { type ManifestDocument, manifestDocument } from '#domain/manifest-document';
import { sameScope } from '#domain/scope';
import { decodeManifest } from '#projections/manifest-files/manifest-parquet';
import { manifestFilePath, parseManifestFilePath } from '#projections/manifest-files/manifest-path';

/** A manifest as clients see it, with the scope that it belongs to. */
export interface ManifestOfScope extends ManifestDocument {
  readonly tenant: string;
  readonly environment: string;
}

/**
 * Reads a manifest file that was found at a path of a store.
 * @throws what `decodeManifest` throws; INVALID_NAME when the path is not that of the dataset in the file
 */
export async function readManifestFile(path: string, bytes: Uint8Array): Promise<ManifestOfScope> {
  const { scope, name } = parseManifestFilePath(path);
  const found = await decodeManifest(bytes);
  if (found.manifest.name !== name || !sameScope(found.scope, scope)) {
    const want = manifestFilePath({ scope: found.scope, name: found.manifest.name });
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot read manifest file at ${quote(path)}: it is the manifest of another dataset (want it at ${quote(want)})`,
    );
  }
  return {
    tenant: scope.tenant,
    environment: scope.environment,
    ...manifestDocument(found.manifest),
  };
}
