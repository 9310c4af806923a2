import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { buildGeneArtifact } from '#cli/examples/gene-artifact';

const LARGE_ROW_BYTES = 1_000_000;

/** Names a gene of `geneFile`. */
export const idOf = (index: number): string => `GENE${String(index).padStart(11, '0')}`;

/** Writes a gene artifact with so many genes. Gives its path. */
export function geneFile(
  folder: string,
  { dataset, count }: { readonly dataset: string; readonly count: number },
): string {
  const path = join(folder, `${dataset.replaceAll('/', '-')}.sqlite`);
  const genes = Array.from({ length: count }, (_, i) => ({
    geneId: idOf(i),
    name: `NAME${i}`,
    seqid: String(1 + (i % 20)),
    start: 1 + i * 500,
    end: 400 + i * 500,
  }));
  buildGeneArtifact({ dataset, source: 'bench', genes }, path);
  return path;
}

/** Writes a file of so many bytes with a table that can be asked for. Gives its path. */
export function largeFile(
  folder: string,
  { name, bytes }: { readonly name: string; readonly bytes: number },
): string {
  const path = join(folder, name);
  const db = new Database(path);
  db.pragma('synchronous = OFF');
  db.exec('CREATE TABLE things (id TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID');
  const insert = db.prepare('INSERT INTO things VALUES (?, randomblob(?))');
  db.transaction(() => {
    for (let at = 0; at < bytes; at += LARGE_ROW_BYTES)
      insert.run(`${name} ${at}`, LARGE_ROW_BYTES);
  })();
  db.close();
  return path;
}

/** A file on its way into a registry. */
export interface Publication {
  readonly name: string;
  readonly path: string;
  readonly table: object;
}

/** Uploads a file, registers it as a dataset with one table, and publishes it. */
export async function publish(url: string, { name, path, table }: Publication): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const sha256 = hash.digest('hex');
  const artifact = { key: 'data.sqlite', sha256, bytes: statSync(path).size };
  const send = async (route: string, init: RequestInit): Promise<void> => {
    const answer = await fetch(`${url}${route}`, init);
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  };
  const stream = { body: createReadStream(path), duplex: 'half' } as unknown as RequestInit;
  await send(`/registry/artifacts/${sha256}`, { method: 'PUT', ...stream });
  const json = (body: object): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const objects = [artifact];
  const registration = { name, schema_fingerprint: 'bench', objects, tables: [table] };
  await send('/registry/datasets', json(registration));
  await send(`/registry/datasets/${name}/publish`, json({ artifact }));
}
