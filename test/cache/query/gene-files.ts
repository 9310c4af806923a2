import Database from 'better-sqlite3';
import type { CachedFile } from '#cache/cached-file';
import { buildGeneArtifact } from '#cli/examples/gene-artifact';
import type { Gene } from '#cli/examples/gene-table';
import { sha256Of } from '#domain/digest';

/** A gene with everything that queries show or filter by. */
export interface TestGene extends Gene {
  readonly biotype?: string;
  readonly transcripts?: number;
}

/** Writes a gene dataset as the examples are written, with biotypes and counts too. */
export function writeGenes(path: string, genes: readonly TestGene[]): CachedFile {
  buildGeneArtifact({ dataset: '1/test/one', source: 'test', genes }, path);
  edit(path, (db) => {
    const update = db.prepare(
      'UPDATE gene_summary SET biotype = ?, transcript_count = ? WHERE gene_id = ?',
    );
    db.transaction(() => {
      for (const { geneId, biotype, transcripts } of genes)
        update.run(biotype ?? null, transcripts ?? null, geneId);
    })();
  });
  return { sha256: sha256Of(path), path, bytes: 0 };
}

/** Writes a file, or changes one that is there. */
export function edit(path: string, work: (db: Database.Database) => void): void {
  const db = new Database(path);
  try {
    work(db);
  } finally {
    db.close();
  }
}

/** Makes a file of these statements. */
export function writeSql(path: string, sql: string): CachedFile {
  edit(path, (db) => db.exec(sql));
  return { sha256: sha256Of(path), path, bytes: 0 };
}
