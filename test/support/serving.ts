import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { GENE_TABLE } from '#cli/examples/gene-artifact';
import { canonicalJson } from '#domain/canonical-json';
import { type Sha256, sha256Of } from '#domain/digest';
import type { TableDeclaration } from '#domain/table-declaration';
import type { StoreEntry } from '#stores/catalog-document';
import { manifestPath } from '#stores/layout';
import { type TestGene, writeGenes } from '#test/cache/query/gene-files';
import type { Api } from '#test/support/api';
import { registration } from '#test/support/registration';
import type { StoreFolder } from '#test/support/store-folder';
import { tempFolder } from '#test/support/temp';

/** What is published: bytes, and the tables that the manifest declares. */
export interface PublishedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly tables?: readonly TableDeclaration[];
  /** What stands before `/registry`. Default: nothing, the default scope. */
  readonly prefix?: string;
}

/** The declaration that gene artifacts are published with. */
export const GENE_TABLES: readonly TableDeclaration[] = [GENE_TABLE];

/** Gives the bytes of a gene artifact. */
export function geneBytes(genes: readonly TestGene[]): Buffer {
  return fileBytes((path) => writeGenes(path, genes));
}

/** Gives the bytes of a SQLite file of these statements. */
export function sqlBytes(sql: string): Buffer {
  return fileBytes((path) => {
    const db = new Database(path);
    try {
      db.exec(sql);
    } finally {
      db.close();
    }
  });
}

function fileBytes(write: (path: string) => void): Buffer {
  using folder = tempFolder();
  const path = join(folder.path, 'data.sqlite');
  write(path);
  return readFileSync(path);
}

/** Makes so many genes on one sequence, ten bases long and twenty apart; a version shows in their names. */
export function manyGenes(count: number, version = 'first'): TestGene[] {
  return Array.from({ length: count }, (_, index) => ({
    geneId: `G${String(index).padStart(5, '0')}`,
    name: `${version}-${index}`,
    seqid: '1',
    start: 1 + 20 * index,
    end: 10 + 20 * index,
    biotype: 'protein_coding',
    transcripts: index % 7,
  }));
}

/** Uploads, registers and publishes; gives the digest of the artifact. @throws Error when one of them is refused */
export async function publishBytes(
  api: Api,
  { name, bytes, tables, prefix = '' }: PublishedBytes,
): Promise<Sha256> {
  const sha256 = sha256Of(bytes);
  const uploaded = await api.send(`/registry/artifacts/${sha256}`, { method: 'PUT', raw: bytes });
  const artifact = { key: 'data.sqlite', sha256, bytes: bytes.length };
  const body = registration(name, { objects: [artifact], ...(tables && { tables }) });
  const registered = await api.post(`${prefix}/registry/datasets`, body);
  const path = `${prefix}/registry/datasets/${name}/publish`;
  const published = await api.post(path, { artifact });
  for (const answer of [uploaded, registered, published])
    if (answer.status >= 300) throw new Error(`Cannot publish "${name}": ${answer.text}`);
  return sha256;
}

/** Publishes datasets with tables through a folder: nobody checks that their files fit. Gives their entries. */
export function shelve(
  folder: StoreFolder,
  datasets: readonly PublishedBytes[],
): readonly StoreEntry[] {
  const entries = datasets.map(({ name, bytes, tables = [] }): StoreEntry => {
    const entry = folder.add(name, bytes);
    const { manifest: _, ...shared } = entry;
    const { artifact, published_at: time } = entry;
    const times = { created_at: time, updated_at: time, status: 'published' };
    const text = canonicalJson({
      ...shared,
      ...times,
      objects: [artifact],
      tables: [...tables],
      release: { tables: [...tables] },
    });
    const manifest = { sha256: sha256Of(text), bytes: Buffer.byteLength(text) };
    folder.write(manifestPath(entry.name, manifest.sha256), text);
    return { ...shared, manifest };
  });
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  folder.writeRawCatalog(canonicalJson({ model_version: 'v1', datasets: sorted }));
  return entries;
}

/** Follows a list of rows to its end, one page after the other. */
export async function allPages(
  api: Api,
  path: string,
  // oxlint-disable-next-line typescript/no-explicit-any
): Promise<{ readonly rows: any[]; readonly pages: number }> {
  const rows: unknown[] = [];
  let cursor: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const more = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, json, text } = await api.get(`${path}${more}`);
    if (status !== 200) throw new Error(`Cannot read page ${pages} of "${path}": ${text}`);
    rows.push(...json.rows);
    cursor = json.next_cursor;
    if (cursor === undefined) return { rows, pages };
  }
}
