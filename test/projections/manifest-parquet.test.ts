import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { DEFAULT_SCOPE } from '#domain/scope';
import { decodeManifest, encodeManifest } from '#projections/manifest-files/manifest-parquet';
import {
  MANIFEST_COLUMNS,
  MANIFEST_SCHEMA,
  toManifestRow,
} from '#projections/manifest-files/manifest-row';
import { exampleManifest, manifests } from '#test/support/manifests';

const { name, createdAt: TIME } = exampleManifest;
const artifact = { key: 'gene_summary.sqlite', sha256: sha256Of('genes'), bytes: 5n };
const example = exampleManifest;
const TOP_LEVEL: ReadonlySet<string> = new Set(MANIFEST_COLUMNS);

function at(index: number): (typeof MANIFEST_SCHEMA)[number] {
  return MANIFEST_SCHEMA[index] ?? { name: 'none' };
}

/** Reads a file as any reader of Parquet does. */
async function rowsOf(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  return await parquetReadObjects({ file: Uint8Array.from(bytes).buffer });
}

interface Forgery {
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  readonly schema?: typeof MANIFEST_SCHEMA;
  readonly version?: string;
}

/** Writes a file with a right checksum that the registry would not write. */
function forge({ rows, schema = MANIFEST_SCHEMA, version = '1' }: Forgery): Uint8Array {
  const writer = new ByteWriter();
  const columns = schema.filter(({ name: one }) => TOP_LEVEL.has(one));
  const all = rows ?? [toManifestRow({ scope: DEFAULT_SCOPE, manifest: example })];
  void parquetWrite({
    writer,
    columnData: columns.map((one) => ({ name: one.name, data: all.map((row) => row[one.name]) })),
    schema: [...schema],
    kvMetadata: [
      { key: 'atlas.manifest.version', value: version },
      { key: 'atlas.manifest.sha256', value: '0'.repeat(64) },
    ],
  });
  const bytes = Buffer.from(writer.getBytes());
  bytes.write(sha256Of(bytes), bytes.lastIndexOf('0'.repeat(64)), 'latin1');
  return bytes;
}

function forgedRow(change: Readonly<Record<string, unknown>>): Uint8Array {
  return forge({
    rows: [{ ...toManifestRow({ scope: DEFAULT_SCOPE, manifest: example }), ...change }],
  });
}

describe('a manifest as a Parquet file', () => {
  it('decodes to the manifest and scope that were encoded, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(manifests, async ({ scope, manifest }) => {
        expect(await decodeManifest(encodeManifest(manifest, scope))).toEqual({ scope, manifest });
      }),
      { numRuns: 300 },
    );
  });

  it('has the same bytes for the same manifest, whatever was written before', () => {
    fc.assert(
      fc.property(manifests, ({ scope, manifest }) => {
        const first = encodeManifest(manifest, scope);
        const copy = structuredClone(manifest);
        encodeManifest(example, DEFAULT_SCOPE);
        expect(Buffer.from(encodeManifest(copy, scope)).equals(first)).toBe(true);
      }),
    );
    // A change of these bytes is a new format version, or an upgrade that rewrites every file.
    expect(sha256Of(encodeManifest(example, DEFAULT_SCOPE))).toMatchInlineSnapshot(
      `"b45d0f96dd82d9d10f0ac75ba16c014feecc8dab1912f73b210defa516703c99"`,
    );
  });

  it('is one row with the columns of the HTTP API and their types, for any reader of Parquet', async () => {
    const bytes = encodeManifest(example, DEFAULT_SCOPE);
    const rows = await rowsOf(bytes);
    expect(rows).toEqual([
      {
        tenant: 'default',
        environment: 'dev',
        dataset_id: '31546924-40d2-5a30-a52a-2d7afb802f3b',
        name,
        schema_fingerprint: 'sha256:one',
        row_count: 32_075n,
        release: null,
        tables: '[{"key":["gene_id"],"name":"gene_summary"}]',
        status: 'published',
        created_at: new Date(TIME),
        updated_at: new Date(TIME),
        published_at: new Date(TIME),
        artifact,
        objects: [
          { ...artifact, media_type: 'application/vnd.sqlite3' },
          { key: 'notes.txt', sha256: sha256Of('notes'), bytes: 9n, media_type: null },
        ],
      },
    ]);
    const { schema, row_groups: groups, created_by: by } = parquetMetadata(bytes);
    expect(schema.find((one) => one.name === 'created_at')).toMatchObject({
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    });
    expect(schema.find((one) => one.name === 'name')).toMatchObject({
      converted_type: 'UTF8',
      logical_type: { type: 'STRING' },
    });
    expect(groups).toHaveLength(1);
    expect(by).toBe('atlas-registry');
  });

  it('refuses a file with any one byte changed', async () => {
    const bytes = encodeManifest(example, DEFAULT_SCOPE);
    for (let i = 0; i < bytes.length; i += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[i] = (flipped[i] ?? 0) ^ (1 << (i % 8));
      await expect(decodeManifest(flipped), `byte ${i}`).rejects.toMatchObject({
        name: 'RegistryError',
        code: expect.stringMatching(/^(CHECKSUM_MISMATCH|INVALID_REQUEST)$/),
      });
    }
  });

  it('refuses a file that is cut off anywhere, or goes on behind its end', async () => {
    const bytes = encodeManifest(example, DEFAULT_SCOPE);
    for (let length = 0; length < bytes.length; length += 1)
      await expect(decodeManifest(bytes.subarray(0, length))).rejects.toThrow(/^Cannot read manif/);
    for (const tail of ['x', 'PAR1'])
      await expect(decodeManifest(Buffer.concat([bytes, Buffer.from(tail)]))).rejects.toThrow(
        /^Cannot read manifest file/,
      );
  });

  it('never fails otherwise than by refusing, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (noise) => {
        const valid = Buffer.from(forge({}));
        // Noise in the footer under a right checksum: what the reader itself makes of it.
        const at = valid.length - 120 - noise.length;
        if (at > 0) valid.set(noise, at);
        const place = valid.lastIndexOf('atlas.manifest.sha256') + 23;
        valid.write('0'.repeat(64), place, 'latin1');
        valid.write(sha256Of(valid), place, 'latin1');
        const refused = await decodeManifest(valid).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refused !== undefined) expect(refused).toMatchObject({ name: 'RegistryError' });
      }),
    );
  });

  it('accepts what it checks for only where all of it is right: the forgery without a fault', async () => {
    const { manifest } = await decodeManifest(forge({}));
    expect(manifest).toEqual(example);
  });

  it.each([
    ['another format version', { version: '2' }, /format version is "2" \(want "1"\)/],
    ['no row', { rows: [] }, /0 rows/],
    [
      'two rows',
      { rows: Array(2).fill(toManifestRow({ scope: DEFAULT_SCOPE, manifest: example })) },
      /2 rows \(want one row\)/,
    ],
    [
      'a column of another type',
      {
        schema: MANIFEST_SCHEMA.map((one) =>
          one.name === 'row_count' ? { name: one.name, type: 'DOUBLE' as const } : one,
        ),
        rows: [{ ...toManifestRow({ scope: DEFAULT_SCOPE, manifest: example }), row_count: 1.5 }],
      },
      /column 6 is "row_count" DOUBLE/,
    ],
    [
      'a missing column',
      {
        schema: MANIFEST_SCHEMA.with(0, { name: 'manifest', num_children: 13 }).filter(
          (one) => one.name !== 'status',
        ),
      },
      /column 0 is "manifest" 13 \(want "manifest" 14\)/,
    ],
    [
      'columns in another order',
      { schema: MANIFEST_SCHEMA.with(1, at(2)).with(2, at(1)) },
      /column 1 is "environment"/,
    ],
  ])('refuses a file with %s', async (_, forgery, message) => {
    await expect(decodeManifest(forge(forgery as Forgery))).rejects.toThrow(message);
  });

  it.each([
    ['an id that is not that of the name', { dataset_id: 'aa' }, /"dataset_id".*derived from/],
    ['a name that is none', { name: '../up' }, /dataset name/],
    ['a tenant that is none', { tenant: 'A B' }, /tenant/],
    ['an unknown status', { status: 'deleted' }, /"status".*registered, published, withdrawn/],
    ['a release without its artifact', { artifact: null }, /"status"/],
    ['an artifact before the release', { status: 'registered' }, /"status"/],
    ['no fingerprint', { schema_fingerprint: '' }, /"schema_fingerprint"/],
    ['rows below zero', { row_count: -1n }, /"row_count" .*"-1"/],
    ['more rows than a number holds', { row_count: 2n ** 60n }, /"row_count"/],
    ['a digest in capitals', { artifact: { ...artifact, sha256: 'A'.repeat(64) } }, /sha256/],
    ['one key twice', { objects: [artifact, artifact] }, /one key twice/],
  ])('refuses a file with %s', async (_, change, message) => {
    await expect(decodeManifest(forgedRow(change))).rejects.toThrow(message);
  });
});
