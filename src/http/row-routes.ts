import { z } from 'zod';
import type { SqlValue } from '#cache/query/query';
import { planRows, type RowsFilter } from '#cache/query/rows';
import type { ServedDataset } from '#cache/served-dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { quote, RegistryError } from '#domain/errors';
import type { TableDeclaration } from '#domain/table-declaration';
import { integerQuery, sha256 } from '#http/api-schemas';
import { checkPinned, fromCursor, notModified, pageReply } from '#http/dataset-answer';
import type { HttpDependencies } from '#http/dependencies';
import { regionOf } from '#http/gene-params';
import { type Route, route } from '#http/route';
import { servedDataset } from '#http/served-dataset';

const LIMIT = { min: 1, max: 500, default: 100 };
const VALUE_LENGTH_MAX = 1_024;

const keySchema = z
  .array(z.union([z.string(), z.number(), z.null()]))
  .min(1)
  .max(4);

const rowSchema = z
  .looseObject({})
  .meta({ id: 'Row', description: 'All columns of the table; bytes as {"hex": "00FF"}' });

const pageSchema = z
  .strictObject({
    dataset: z.string(),
    artifact: z.string().meta({ description: 'SHA-256 of the artifact that was read' }),
    rows: z.array(rowSchema),
    next_cursor: z.string().optional(),
  })
  .meta({ id: 'RowPage' });

/** The route that serves the rows of any table that a manifest declares. */
export function rowRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [rows(dependencies)];
}

function rows(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/v1/datasets/{name}/rows/{table}',
    operationId: 'listRows',
    summary: 'Read the rows of a table that the manifest declares: all, by key, or in a range',
    tag: 'rows',
    isLimited: true,
    params: z.strictObject({ name: z.string(), table: z.string() }),
    query: z.strictObject({
      key: z.string().max(VALUE_LENGTH_MAX).optional().meta({
        description: 'The value of the key, or a JSON array of the values of its first columns',
        example: 'YAL001C',
      }),
      range: z.string().max(VALUE_LENGTH_MAX).optional().meta({
        description: 'within:start-end, both ends included: rows that overlap it',
        example: 'IV:100000-200000',
      }),
      limit: integerQuery(LIMIT),
      cursor: z.string().max(4_096).optional(),
      artifact: sha256.optional(),
    }),
    errors: [404, 422],
    responses: {
      200: { description: 'A page of rows', schema: pageSchema, lines: rowSchema },
      304: { description: 'They have not changed' },
    },
    handle: async ({ params, query, scope, header, signal }, { originalUrl: url }) => {
      const { serving } = dependencies;
      const name = parseDatasetName(params.name);
      const dataset = await servedDataset(dependencies, { scope, name, header, signal });
      checkPinned(dataset, query.artifact);
      const declaration = declared(dataset, params.table);
      const filter = filterOf(query);
      const { limit, cursor } = query;
      const asked = {
        dataset,
        // All of the declaration: it says how rows are found and sorted.
        query: JSON.stringify([declaration, filter.key, filter.range]),
        cursor,
        reading: JSON.stringify(declaration),
        pinned: query.artifact,
        header,
      };
      const unchanged = notModified(asked);
      if (unchanged !== undefined) return unchanged;
      const answer = await serving.reader.read({
        dataset,
        plan: (schema, artifact) => {
          const page = fromCursor(asked, artifact, serving.cursors);
          return planRows({ declaration, schema, filter, limit, ...page });
        },
        key: `${asked.query} ${cursor ?? ''} ${limit}`,
        isExact: query.artifact !== undefined,
        signal,
      });
      return await pageReply(asked, answer, { cursors: serving.cursors, url });
    },
  });
}

function declared({ name, tables }: ServedDataset, table: string): TableDeclaration {
  const found = tables.find((one) => one.name === table);
  if (found !== undefined) return found;
  const names = tables.map((one) => one.name).join(', ');
  throw new RegistryError(
    'NOT_FOUND',
    `Cannot read table ${quote(table)} of dataset ${quote(name)}: its manifest does not declare it (want ${names === '' ? 'tables declared at registration' : `one of ${names}`})`,
    { details: { name, table } },
  );
}

function filterOf(query: {
  readonly key?: string | undefined;
  readonly range?: string | undefined;
}): RowsFilter {
  const { key, range } = query;
  if (range !== undefined) {
    const { seqid: within, start, end } = regionOf(range, 'overlap');
    return { ...(key === undefined ? {} : { key: keyOf(key) }), range: { within, start, end } };
  }
  return key === undefined ? {} : { key: keyOf(key) };
}

/** A JSON array of values; anything else is the one value itself. */
function keyOf(text: string): readonly SqlValue[] {
  if (!text.startsWith('[')) return [text];
  const values = arrayOf(text);
  const rounded = values?.find((value) => Number.isInteger(value) && !Number.isSafeInteger(value));
  if (rounded !== undefined)
    throw new RegistryError(
      'INVALID_REQUEST',
      `Cannot use key ${quote(text)}: a number in it is too large to be exact (want it as a text)`,
    );
  return values ?? [text];
}

function arrayOf(text: string): readonly (string | number | null)[] | undefined {
  try {
    return keySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
