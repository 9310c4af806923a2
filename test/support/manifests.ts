import fc from 'fast-check';
import type { Artifact, DatasetObject, Manifest } from '#domain/dataset';
import { datasetIdOf, parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import { DEFAULT_SCOPE, parseScope, type Scope } from '#domain/scope';
import type { Release, TableDeclaration } from '#domain/table-declaration';

const TIME = '2026-01-02T03:04:05.678Z';

const segment = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'a.parquet',
    'b.parquet',
    '.parquet',
    'manifests',
    '_catalog',
    'scopes',
  ),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,12}(\.parquet)?$/),
);
/** Names of datasets, with those among them that could meet as paths. */
export const names = fc
  .array(segment, { minLength: 1, maxLength: 8 })
  .map((segments) => parseDatasetName(segments.join('/')));
/** Scopes, the default one among them. */
export const scopes = fc.oneof(
  fc.constant(DEFAULT_SCOPE),
  fc
    .tuple(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}$/), fc.constantFrom('dev', 'prod'))
    .map(([tenant, environment]) => parseScope(tenant, environment)),
);
const times = fc
  .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const texts = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
const counts = fc.maxSafeNat();
const digests = fc.string().map((text) => sha256Of(text));
const objects: fc.Arbitrary<DatasetObject> = fc
  .record({ key: texts, sha256: digests, bytes: counts, type: fc.option(texts) })
  .map(({ type, key, sha256, bytes }) =>
    type === null ? { key, sha256, bytes } : { key, sha256, bytes, mediaType: type },
  );
const artifacts: fc.Arbitrary<Artifact> = fc.record({ key: texts, sha256: digests, bytes: counts });

const columns = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/);
const ranges = fc.record({ within: columns, start: columns, end: columns });
const tables: fc.Arbitrary<readonly TableDeclaration[]> = fc.array(
  fc
    .record({
      name: columns,
      key: fc.array(columns, { minLength: 1, maxLength: 4 }),
      range: fc.option(ranges),
    })
    .map(({ name, key, range }) => (range === null ? { name, key } : { name, key, range })),
  { maxLength: 3 },
);

const releases: fc.Arbitrary<Release> = fc
  .record({ tables, shards: fc.option(fc.record({ sha256: digests, bytes: counts })) })
  .map(({ tables: declared, shards }) =>
    shards === null ? { tables: declared } : { tables: declared, shards },
  );

/** Manifests of every status. */
export const manifests: fc.Arbitrary<{ scope: Scope; manifest: Manifest }> = fc
  .record({
    scope: scopes,
    name: names,
    schemaFingerprint: fc.stringMatching(/^[!-~]{1,30}$/),
    objects: fc.uniqueArray(objects, { selector: ({ key }) => key, maxLength: 6 }),
    rowCount: fc.option(counts),
    tables: fc.option(tables),
    createdAt: times,
    updatedAt: times,
    released: fc.option(
      fc.record({
        status: fc.constantFrom('published' as const, 'withdrawn' as const),
        artifact: artifacts,
        publishedAt: times,
        release: fc.option(releases),
      }),
    ),
  })
  .map(({ scope, released, tables: declared, ...rest }) => ({
    scope,
    manifest: {
      datasetId: datasetIdOf(scope, rest.name),
      ...rest,
      ...(declared === null ? {} : { tables: declared }),
      ...releasedOf(released),
    },
  }));

const name = parseDatasetName('110/homo_sapiens/GRCh38');
const artifact = { key: 'gene_summary.sqlite', sha256: sha256Of('genes'), bytes: 5 };
/** A published dataset of the default scope. */
export const exampleManifest: Manifest = {
  datasetId: datasetIdOf(DEFAULT_SCOPE, name),
  name,
  schemaFingerprint: 'sha256:one',
  objects: [
    { ...artifact, mediaType: 'application/vnd.sqlite3' },
    { key: 'notes.txt', sha256: sha256Of('notes'), bytes: 9 },
  ],
  rowCount: 32_075,
  tables: [{ name: 'gene_summary', key: ['gene_id'] }],
  createdAt: TIME,
  updatedAt: TIME,
  status: 'published',
  artifact,
  publishedAt: TIME,
};

interface Released {
  readonly status: 'published' | 'withdrawn';
  readonly artifact: Artifact;
  readonly publishedAt: string;
  readonly release: Release | null;
}

function releasedOf(released: Released | null) {
  if (released === null) return { status: 'registered' as const };
  const { release, ...rest } = released;
  return release === null ? rest : { ...rest, release };
}
