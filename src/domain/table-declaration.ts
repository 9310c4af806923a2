import { parseSha256, type Sha256 } from '#domain/digest';

/**
 * Says how readers may find the rows of one table of a SQLite artifact. What is not declared cannot be asked for. Tables and
 * columns are named as in SQL: a letter or `_`, then letters, digits and `_`, at most 63 characters.
 */
export type TableDeclaration = {
  readonly name: string;
  /** The columns that name one row, in the order of an index: 1 to 4. */
  readonly key: readonly string[];
  /** Rows that cover a stretch of whole numbers, both ends included. */
  readonly range?: RangeDeclaration;
};

/** What was released with an artifact: later registrations do not change how it is read. */
export type Release = {
  readonly tables: readonly TableDeclaration[];
  /** The list of the artifact's shards, where it has some. */
  readonly shards?: { readonly sha256: Sha256; readonly bytes: number };
};

/** The key of the object that lists the shards of an artifact. */
export const SHARD_LIST_KEY = 'catalog_shards.json';

/** The columns of a range: rows whose stretch overlaps another one are found by them. */
export type RangeDeclaration = {
  /** Stretches are compared only among rows with the same value here, such as a chromosome. */
  readonly within: string;
  readonly start: string;
  readonly end: string;
};

/** What a table or a column may be called. */
export const SQL_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Reads a release of a manifest that this registry wrote. @throws TypeError when a value is none */
export function parseRelease(value: unknown): Release {
  const { tables, shards } = fieldsOf(value);
  if (shards === undefined) return { tables: parseTables(tables) };
  const { sha256, bytes } = fieldsOf(shards);
  if (typeof sha256 !== 'string' || !Number.isSafeInteger(bytes)) throw new TypeError('no shards');
  return {
    tables: parseTables(tables),
    shards: { sha256: parseSha256(sha256), bytes: Number(bytes) },
  };
}

/** Reads declarations of a manifest that this registry wrote. @throws TypeError when a value is no declaration */
export function parseTables(value: unknown): readonly TableDeclaration[] {
  if (!Array.isArray(value)) throw new TypeError('it is no list');
  return value.map((table: unknown): TableDeclaration => {
    const { name, key, range } = fieldsOf(table);
    if (!Array.isArray(key)) throw new TypeError('its key is no list');
    const shared = { name: sqlName(name), key: key.map(sqlName) };
    if (range === undefined) return shared;
    const { within, start, end } = fieldsOf(range);
    return {
      ...shared,
      range: { within: sqlName(within), start: sqlName(start), end: sqlName(end) },
    };
  });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new TypeError('it is no object');
}

function sqlName(value: unknown): string {
  if (typeof value === 'string' && SQL_NAME.test(value)) return value;
  throw new TypeError('it is no name of a table or a column');
}
