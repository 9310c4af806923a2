import { type DatasetSchema, hasIndex } from '#cache/query/table-schema';

const COLUMNS = [
  'gene_id',
  'name',
  'name_normalized',
  'biotype',
  'seqid',
  'start',
  'end',
  'transcript_count',
  'sequence_length',
];
const RTREE = ['gene_rowid', 'start', 'end'];

/** Says what a file lacks to be asked for genes; `undefined` when it lacks nothing. */
export function geneFault(schema: Omit<DatasetSchema, 'geneFault'>): string | undefined {
  const table = schema.tables.get('gene_summary');
  if (table === undefined) return 'it has no table "gene_summary"';
  const names = new Set(table.columns.map(({ name }) => name));
  const missing = COLUMNS.find((name) => !names.has(name));
  if (missing !== undefined) return `its table "gene_summary" has no column "${missing}"`;
  if (table.rowName !== 'rowid') return 'its table "gene_summary" has no row numbers';
  const unique = table.indexes.some(
    ({ columns, isUnique, isPartial }) =>
      isUnique && !isPartial && columns.length === 1 && columns[0] === 'gene_id',
  );
  if (!unique) return 'its table "gene_summary" has no unique index on "gene_id"';
  const indexed = [['seqid', 'start'], ['name_normalized']].find((key) => !hasIndex(table, key));
  if (indexed !== undefined)
    return `its table "gene_summary" has no index that begins with "${indexed.join('", "')}"`;
  const rtree = schema.virtualTables.get('gene_summary_rtree');
  if (rtree?.columns.join() !== RTREE.join())
    return 'it has no R-tree "gene_summary_rtree" of "gene_rowid", "start", "end"';
  // Prefixes are found as ranges of bytes, which are in the order of characters in UTF-8 only.
  if (schema.encoding !== 'UTF-8') return `its text is ${schema.encoding} (want UTF-8)`;
  return undefined;
}
