import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { GeneTable } from '#cli/examples/gene-table';

/** Version of the schema of gene artifacts, kept as `user_version`. */
const SCHEMA_VERSION = 4;

const DDL = `
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE gene_summary (
  id INTEGER PRIMARY KEY,
  gene_id TEXT NOT NULL,
  name TEXT,
  name_normalized TEXT,
  biotype TEXT,
  seqid TEXT NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  transcript_count INTEGER,
  exon_count INTEGER,
  total_exon_span INTEGER,
  cds_present INTEGER,
  sequence_length INTEGER NOT NULL
);
CREATE TABLE contigs (name TEXT PRIMARY KEY, length INTEGER, gc_fraction REAL, n_fraction REAL) WITHOUT ROWID;
CREATE TABLE dataset_stats (dimension TEXT NOT NULL, value TEXT NOT NULL, gene_count INTEGER NOT NULL,
  PRIMARY KEY (dimension, value)) WITHOUT ROWID;
CREATE TABLE atlas_meta (k TEXT PRIMARY KEY, v TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE gene_summary_rtree USING rtree(gene_rowid, start, end);
`;

const INDEXES = `
CREATE UNIQUE INDEX gene_by_id ON gene_summary (gene_id);
CREATE INDEX gene_by_name ON gene_summary (name, gene_id);
CREATE INDEX gene_by_normalized_name ON gene_summary (name_normalized, gene_id);
CREATE INDEX gene_by_biotype ON gene_summary (biotype, gene_id);
CREATE INDEX gene_by_region ON gene_summary (seqid, start, gene_id);
`;

/** How the rows of gene artifacts are found. */
export const GENE_TABLE = {
  name: 'gene_summary',
  key: ['gene_id'],
  range: { within: 'seqid', start: 'start', end: 'end' },
};

/** The fingerprint of the schema of gene artifacts. */
export const GENE_SCHEMA_FINGERPRINT = `sha256:${createHash('sha256').update(`${DDL}${INDEXES}`).digest('hex')}`;

/**
 * Builds the SQLite artifact of a gene table. The same table gives the same bytes.
 * Where the table does not say (biotype, transcripts, length of contigs), the columns are NULL.
 */
export function buildGeneArtifact(table: GeneTable, path: string): { readonly rows: number } {
  rmSync(path, { force: true });
  const db = new Database(path);
  try {
    db.pragma('page_size = 4096');
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.transaction(() => {
      db.exec(DDL);
      insertGenes(db, table);
      insertSummaries(db, table);
      db.exec(INDEXES);
      db.pragma(`user_version = ${SCHEMA_VERSION}`);
    })();
    db.exec('ANALYZE');
    return { rows: table.genes.length };
  } finally {
    db.close();
  }
}

function insertGenes(db: Database.Database, { genes }: GeneTable): void {
  const gene = db.prepare(
    'INSERT INTO gene_summary (id, gene_id, name, name_normalized, seqid, start, end, sequence_length) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const place = db.prepare('INSERT INTO gene_summary_rtree VALUES (?, ?, ?)');
  genes.forEach(({ geneId, name, seqid, start, end }, index) => {
    const id = index + 1;
    const shown = name === '' ? null : name;
    gene.run(id, geneId, shown, shown && normalizeName(shown), seqid, start, end, end - start + 1);
    place.run(id, start, end);
  });
}

function insertSummaries(db: Database.Database, { dataset, source }: GeneTable): void {
  const [release = '', species = '', assembly = ''] = dataset.split('/');
  db.prepare('INSERT INTO schema_version VALUES (?)').run(SCHEMA_VERSION);
  db.exec('INSERT INTO contigs (name) SELECT DISTINCT seqid FROM gene_summary');
  db.exec(
    "INSERT INTO dataset_stats SELECT 'seqid', seqid, count(*) FROM gene_summary GROUP BY seqid",
  );
  const meta = db.prepare('INSERT INTO atlas_meta VALUES (?, ?)');
  const entries = {
    schema_version: String(SCHEMA_VERSION),
    dataset_release: release,
    dataset_species: species,
    dataset_assembly: assembly,
    dataset_id: dataset,
    created_by: 'atlas-registry examples',
    source,
  };
  for (const [key, value] of Object.entries(entries)) meta.run(key, value);
}

/** Folds a name for look-ups: the same for writing and for asking. */
function normalizeName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
