import type Database from 'better-sqlite3';
import { geneFault } from '#cache/query/gene-table';
import {
  type ColumnSchema,
  type DatasetSchema,
  hasIndex,
  isRtree,
  rtreeOf,
  type TableSchema,
  type VirtualSchema,
} from '#cache/query/table-schema';
import { quote, RegistryError } from '#domain/errors';
import type { RangeDeclaration, TableDeclaration } from '#domain/table-declaration';

interface Item {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

const VIRTUAL =
  /^\s*CREATE\s+VIRTUAL\s+TABLE\s+(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|\[[^\]]*\]|`[^`]*`|[^\s(]+)\s+USING\s+([A-Za-z0-9_]+)/i;
const ROW_NAMES = ['rowid', '_rowid_', 'oid'];

/**
 * Reads what is in a dataset file. Nothing of it is run: views, triggers and virtual tables other than R-trees are only named.
 */
export function readSchema(db: Database.Database): DatasetSchema {
  const items = db.prepare('SELECT type, name, sql FROM sqlite_schema').all() as Item[];
  const named = (type: string): string[] =>
    items.filter((item) => item.type === type).map(({ name }) => name);
  const tables = new Map<string, TableSchema>();
  const virtualTables = new Map<string, VirtualSchema>();
  for (const { type, name, sql } of items) {
    if (type !== 'table') continue;
    const module = VIRTUAL.exec(sql ?? '')?.[1]?.toLowerCase();
    if (module !== undefined) virtualTables.set(name, readVirtual(db, name, module));
    else if (!/^\s*CREATE\s+VIRTUAL/i.test(sql ?? '')) tables.set(name, readTable(db, name));
    else virtualTables.set(name, { name, module: '', columns: [] });
  }
  const read = {
    userVersion: db.pragma('user_version', { simple: true }) as number,
    encoding: db.pragma('encoding', { simple: true }) as string,
    tables,
    virtualTables,
    triggers: named('trigger'),
    views: named('view'),
  };
  return { ...read, geneFault: geneFault(read) };
}

function readVirtual(db: Database.Database, name: string, module: string): VirtualSchema {
  if (!isRtree(module)) return { name, module, columns: [] };
  const columns = db.prepare('SELECT name FROM pragma_table_xinfo(?)').pluck().all(name);
  return { name, module, columns: columns as string[] };
}

function readTable(db: Database.Database, name: string): TableSchema {
  const columns = db
    .prepare('SELECT name, type, pk FROM pragma_table_xinfo(?)')
    .all(name) as (ColumnSchema & { readonly pk: number })[];
  const primaryKey = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
  const indexes = db
    .prepare('SELECT name, "unique", origin, partial FROM pragma_index_list(?)')
    .all(name) as { name: string; unique: number; origin: string; partial: number }[];
  const read = indexes.map((index) => ({ index, parts: readIndex(db, index.name) }));
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  // The index of a primary key refers to its row by number, unless the table is that index itself.
  const hasRowid = read.every(({ index, parts }) => index.origin !== 'pk' || parts.refersToRow);
  const rowName = hasRowid ? ROW_NAMES.find((each) => !taken.has(each)) : undefined;
  return {
    name,
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
    // Where rows have numbers that nobody can name, it may hold NULL and tells no rows apart.
    primaryKey: hasRowid && rowName === undefined ? [] : primaryKey.map((column) => column.name),
    indexes: read.map(({ index, parts }) => ({
      name: index.name,
      columns: parts.columns,
      isUnique: index.unique === 1,
      isPartial: index.partial === 1,
    })),
    rowName,
  };
}

function readIndex(
  db: Database.Database,
  name: string,
): { readonly columns: (string | undefined)[]; readonly refersToRow: boolean } {
  const parts = db
    .prepare('SELECT cid, name, key FROM pragma_index_xinfo(?) ORDER BY seqno')
    .all(name) as { cid: number; name: string | null; key: number }[];
  return {
    columns: parts.filter(({ key }) => key === 1).map((part) => part.name ?? undefined),
    refersToRow: parts.some(({ cid, key }) => cid === -1 && key === 0),
  };
}

// json_object() takes at most 1,000 arguments.
const COLUMNS_MAX = 500;
const MODULES = new Set(['rtree', 'rtree_i32', 'fts3', 'fts4', 'fts5']);
const INTERNAL = new Set(['sqlite_sequence', 'sqlite_stat1', 'sqlite_stat3', 'sqlite_stat4']);
const TEXT_TYPE = /CHAR|CLOB|TEXT/i;

/**
 * Checks that the declared tables can be read, each by an index, and that the file holds nothing that runs by itself.
 * @throws DATASET_UNUSABLE for the first fault
 */
export function checkSchema(schema: DatasetSchema, tables: readonly TableDeclaration[]): void {
  const [trigger] = schema.triggers;
  if (trigger !== undefined) throw fault('trigger', trigger, 'it is there (want none)');
  const [view] = schema.views;
  if (view !== undefined) throw fault('view', view, 'it is there (want none)');
  for (const { name, module } of schema.virtualTables.values()) {
    if (!MODULES.has(module))
      throw fault('table', name, `it is virtual, of "${module}" (want rtree or fts)`);
  }
  for (const name of [...schema.tables.keys(), ...schema.virtualTables.keys()]) {
    if (/^sqlite_/i.test(name) && !INTERNAL.has(name))
      throw fault('table', name, 'its name is of those that SQLite keeps for itself');
  }
  for (const declaration of tables) checkTable(schema, declaration);
}

function checkTable(schema: DatasetSchema, declaration: TableDeclaration): void {
  const { name, key, range } = declaration;
  const table = schema.tables.get(name);
  if (schema.virtualTables.has(name))
    throw fault('table', name, 'it is virtual (want an ordinary table)');
  if (table === undefined) throw fault('table', name, 'it is not in the file');
  if (/^sqlite_/i.test(name)) throw fault('table', name, 'it belongs to SQLite');
  if (table.columns.length > COLUMNS_MAX)
    throw fault(
      'table',
      name,
      `it has ${table.columns.length} columns (want at most ${COLUMNS_MAX})`,
    );
  if (table.rowName === undefined && table.primaryKey.length === 0)
    throw fault('table', name, 'its columns take all names of row numbers');
  const columns = [...key, ...(range === undefined ? [] : [range.within, range.start, range.end])];
  const missing = columns.find((column) => !table.columns.some((each) => each.name === column));
  if (missing !== undefined) throw fault('table', name, `it has no column "${missing}"`);
  if (!hasIndex(table, key))
    throw fault('table', name, `no index begins with its key "${key.join('", "')}"`);
  if (range !== undefined) checkRange(schema, table, range);
}

function checkRange(schema: DatasetSchema, table: TableSchema, range: RangeDeclaration): void {
  const { within, start, end } = range;
  for (const { name, type } of table.columns) {
    if ((name === start || name === end) && TEXT_TYPE.test(type) && !/INT/i.test(type))
      throw fault('table', table.name, `its column "${name}" is ${type} (want INTEGER)`);
  }
  if (!hasIndex(table, [within, start]) && rtreeOf(schema, table, range) === undefined)
    throw fault(
      'table',
      table.name,
      `no index begins with its range "${within}", "${start}", and it has no R-tree "${table.name}_rtree"`,
    );
}

function fault(noun: string, name: string, is: string): RegistryError {
  const reason = `${noun} ${quote(name)}: ${is}`;
  return new RegistryError('DATASET_UNUSABLE', `Cannot use ${reason}`, {
    details: { reason, [noun]: name, isDamaged: false },
  });
}
