import { type DatasetName, parseDatasetName } from '#domain/dataset-name';
import { quote, RegistryError } from '#domain/errors';
import { DEFAULT_SCOPE, parseScope, type Scope, sameScope } from '#domain/scope';

/** A dataset and the scope that it belongs to. */
export interface ScopedName {
  readonly scope: Scope;
  readonly name: DatasetName;
}

const SUFFIX = '.parquet';
const PATH = /^_catalog\/(?:scopes\/([^/]+)\/([^/]+)\/)?manifests\/(.+)\.parquet$/;

/** Gives the folder of a scope's manifest files in a store; the default scope has the short one. */
export function manifestFolder(scope: Scope): string {
  return sameScope(scope, DEFAULT_SCOPE)
    ? '_catalog/manifests'
    : `_catalog/scopes/${scope.tenant}/${scope.environment}/manifests`;
}

/**
 * Gives the path of a dataset's manifest file in a store: `<name>.parquet` in the folder of its scope. A segment before the
 * last that ends in `.parquet` gets a `=`, which no name holds: so the file of `a` is never the folder of `a.parquet/b`.
 */
export function manifestFilePath({ scope, name }: ScopedName): string {
  const segments = name.split('/');
  const last = segments.pop();
  const folders = segments.map((one) => (one.endsWith(SUFFIX) ? `${one}=/` : `${one}/`));
  return `${manifestFolder(scope)}/${folders.join('')}${last}${SUFFIX}`;
}

/** Reads the path of a manifest file. @throws INVALID_NAME when it is not one that `manifestFilePath` makes */
export function parseManifestFilePath(path: string): ScopedName {
  const [, tenant, environment, rest] = PATH.exec(path) ?? [];
  if (rest !== undefined) {
    const scope =
      tenant === undefined || environment === undefined
        ? DEFAULT_SCOPE
        : parseScope(tenant, environment);
    const folders = rest.replaceAll(/\.parquet=\//g, `${SUFFIX}/`);
    const found = { scope, name: parseDatasetName(folders) };
    if (manifestFilePath(found) === path) return found;
  }
  throw new RegistryError(
    'INVALID_NAME',
    `Cannot read manifest path ${quote(path)}: it is not the place of a manifest (want ${manifestFolder(DEFAULT_SCOPE)}/<name>${SUFFIX}, or _catalog/scopes/<tenant>/<environment>/manifests/<name>${SUFFIX})`,
    { details: { path: path.slice(0, 200) } },
  );
}
