import { z } from 'zod';
import type { DatasetObject } from '#domain/dataset';
import { parseSha256 } from '#domain/digest';
import { SQL_NAME, type TableDeclaration } from '#domain/table-declaration';
import { plainText, sha256, timestamp } from '#http/api-schemas';

/** The most objects that one manifest may list. */
const OBJECTS_MAX = 10_000;
const KEY_LENGTH_MAX = 512;
/** The most tables that one manifest may declare, and columns of one key. */
const TABLES_MAX = 64;
const KEY_COLUMNS_MAX = 4;

const objectSchema = z
  .strictObject({
    key: plainText(KEY_LENGTH_MAX).meta({
      description: 'Name of the file inside the dataset',
      example: 'gene_summary.sqlite',
    }),
    sha256,
    bytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    media_type: z.string().min(1).max(255).optional(),
  })
  .meta({
    id: 'DatasetObject',
    description: 'One file of a dataset, named by the SHA-256 of its bytes.',
  });

function haveDifferentKeys(objects: readonly { readonly key: string }[]): boolean {
  return new Set(objects.map(({ key }) => key)).size === objects.length;
}

const sqlName = z
  .string()
  .regex(SQL_NAME, 'want a letter or "_", then letters, digits and "_", at most 63 characters');

/** How the rows of a table may be found. */
export const tableSchema = z
  .strictObject({
    name: sqlName.meta({ example: 'genes' }),
    key: z
      .array(sqlName)
      .min(1)
      .max(KEY_COLUMNS_MAX)
      .meta({ description: 'The columns that name one row, in the order of an index' }),
    range: z
      .strictObject({ within: sqlName, start: sqlName, end: sqlName })
      .optional()
      .meta({ description: 'Columns of a stretch of whole numbers, both ends included' }),
  })
  .meta({ id: 'TableDeclaration', description: 'How the rows of a table may be found.' });

function haveDifferentNames(tables: readonly { readonly name: string }[]): boolean {
  return new Set(tables.map(({ name }) => name)).size === tables.length;
}

export const registerBody = z
  .strictObject({
    name: z.string().meta({ example: '110/homo_sapiens/GRCh38' }),
    schema_fingerprint: z
      .string()
      .max(256)
      .regex(/^[!-~]*$/, 'want printable ASCII without spaces')
      .meta({ description: 'Names the schema. A dataset keeps its first one for ever.' }),
    objects: z
      .array(objectSchema)
      .max(OBJECTS_MAX)
      .refine(haveDifferentKeys, 'want every key once')
      .default([]),
    row_count: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().default(null),
    tables: z
      .array(tableSchema)
      .max(TABLES_MAX)
      .refine(haveDifferentNames, 'want every table once')
      .optional(),
  })
  .meta({ id: 'RegisterDataset' });

export const publishBody = z
  .strictObject({
    artifact: objectSchema.pick({ key: true, sha256: true, bytes: true }),
  })
  .meta({ id: 'PublishDataset' });

export const withdrawBody = z
  .strictObject({ reason: z.string().max(2_000).optional() })
  .meta({ id: 'WithdrawDataset' });

export const statusSchema = z.enum(['registered', 'published', 'withdrawn']);

export const manifestSchema = z
  .strictObject({
    dataset_id: z.uuid().meta({ description: 'UUIDv5 of tenant/environment/name' }),
    name: z.string(),
    schema_fingerprint: z.string(),
    objects: z.array(objectSchema),
    row_count: z.number().int().nullable(),
    tables: z.array(tableSchema).optional(),
    created_at: timestamp,
    updated_at: timestamp,
    status: statusSchema,
    artifact: objectSchema.pick({ key: true, sha256: true, bytes: true }).optional(),
    published_at: timestamp.optional(),
    release: z
      .strictObject({
        tables: z.array(tableSchema),
        shards: objectSchema.pick({ sha256: true, bytes: true }).optional(),
      })
      .optional()
      .meta({ description: 'How the artifact is read: as it was declared when it was published' }),
  })
  .meta({ id: 'Manifest', description: 'A dataset as it stands.' });

export const registeredSchema = z
  .strictObject({
    existing: z.boolean().meta({ description: 'Whether the name was registered before' }),
    manifest: manifestSchema,
  })
  .meta({ id: 'RegisteredDataset' });

export const datasetListSchema = z
  .strictObject({
    datasets: z.array(manifestSchema),
    next_cursor: z.string().optional().meta({ description: 'Absent on the last page' }),
    total_count: z.number().int().optional().meta({
      description: 'All datasets of the scope, whatever is asked for. On the first page.',
    }),
    matching_count: z.number().int().optional().meta({
      description: 'Those whose name holds `text`. On the first page, without `status`.',
    }),
  })
  .meta({ id: 'DatasetList' });

export const catalogSchema = z
  .strictObject({
    model_version: z.literal('v1'),
    datasets: z.array(
      z.strictObject({
        name: z.string(),
        dataset_id: z.uuid(),
        schema_fingerprint: z.string(),
        row_count: z.number().int().nullable(),
        artifact: objectSchema.pick({ key: true, sha256: true, bytes: true }),
        manifest: objectSchema
          .pick({ sha256: true, bytes: true })
          .meta({ description: 'The manifest as a file of the store' }),
        published_at: timestamp,
      }),
    ),
  })
  .meta({ id: 'Catalog', description: 'Every published dataset of the scope, sorted by name.' });

/** Reads an object of a request. */
export function toObject(body: z.output<typeof objectSchema>): DatasetObject {
  const { key, bytes, media_type: mediaType } = body;
  const object = { key, sha256: parseSha256(body.sha256), bytes };
  return mediaType === undefined ? object : { ...object, mediaType };
}

/** Reads the tables of a request; nothing where it does not say. */
export function toTables(tables: z.output<typeof registerBody>['tables']): {
  readonly tables?: readonly TableDeclaration[];
} {
  if (tables === undefined) return {};
  return {
    tables: tables.map(({ name, key, range }) => ({
      name,
      key,
      ...(range === undefined ? {} : { range }),
    })),
  };
}
