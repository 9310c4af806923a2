import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDatasetName } from '#domain/dataset-name';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { encodeManifest } from '#projections/manifest-files/manifest-parquet';
import {
  manifestFilePath,
  manifestFolder,
  parseManifestFilePath,
  type ScopedName,
} from '#projections/manifest-files/manifest-path';
import { readManifestFile } from '#projections/manifest-files/read-manifest-file';
import { exampleManifest, names, scopes } from '#test/support/manifests';

const { name } = exampleManifest;

describe('the path of a manifest file', () => {
  it('is short in the default scope and names the scope elsewhere', () => {
    expect(manifestFilePath({ scope: DEFAULT_SCOPE, name })).toBe(
      '_catalog/manifests/110/homo_sapiens/GRCh38.parquet',
    );
    const scope = parseScope('acme', 'prod');
    expect(manifestFilePath({ scope, name: parseDatasetName('a.parquet/b.parquet') })).toBe(
      '_catalog/scopes/acme/prod/manifests/a.parquet=/b.parquet.parquet',
    );
  });

  it('leads back to scope and name, and lies in the folder of the scope', () => {
    fc.assert(
      fc.property(scopes, names, (scope, of) => {
        const path = manifestFilePath({ scope, name: of });
        expect(parseManifestFilePath(path)).toEqual({ scope, name: of });
        expect(path.startsWith(`${manifestFolder(scope)}/`)).toBe(true);
      }),
    );
  });

  it('is never that of another dataset, nor a folder on the way to one', () => {
    const one: fc.Arbitrary<ScopedName> = fc.record({ scope: scopes, name: names });
    fc.assert(
      fc.property(one, one, (a, b) => {
        const [left, right] = [manifestFilePath(a), manifestFilePath(b)];
        const isSame = a.name === b.name && manifestFolder(a.scope) === manifestFolder(b.scope);
        expect(left === right).toBe(isSame);
        expect(right.startsWith(`${left}/`)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '_catalog/manifests/a',
    '_catalog/manifests/.parquet',
    '_catalog/manifests/a.parquet/b.parquet',
    '_catalog/manifests/a=.parquet',
    '_catalog/manifests/../a.parquet',
    '_catalog/scopes/default/dev/manifests/a.parquet',
    'manifests/a.parquet',
  ])('is refused when it is none: %s', (path) => {
    expect(() => parseManifestFilePath(path)).toThrow(
      /^Cannot (read manifest path|use dataset name)/,
    );
  });

  it('must be that of the dataset in the file', async () => {
    const bytes = encodeManifest(exampleManifest, DEFAULT_SCOPE);
    const path = manifestFilePath({ scope: DEFAULT_SCOPE, name });
    expect(await readManifestFile(path, bytes)).toMatchObject({ name, tenant: 'default' });
    for (const elsewhere of [
      '_catalog/manifests/110/homo_sapiens/GRCh37.parquet',
      `_catalog/scopes/acme/dev/manifests/${name}.parquet`,
    ])
      await expect(readManifestFile(elsewhere, bytes)).rejects.toThrow(/of another dataset \(want/);
  });
});
