import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { CatalogReader } from '#projections/catalog/catalog-reader';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import type { ProjectionDigest } from '#projections/projection';
import { SqliteDocuments } from '#projections/registry-stores/sqlite-documents';
import { PART_BYTES, type SnapshotView } from '#projections/view-snapshots/snapshot-port';
import type { SnapshotAnswer, SnapshotJob } from '#projections/view-snapshots/snapshot-thread';

// The thread that copies and checks files of views: either takes seconds, and nothing may wait for it.
const port = parentPort;
if (port === null) throw new Error('Cannot run the snapshot worker: it is not in a worker thread');

/** Taking one is for quiet moments. Linux alone gives threads a priority of their own. */
const NICENESS = 10;

function tell(answer: SnapshotAnswer, transfer: readonly ArrayBuffer[] = []): void {
  port?.postMessage(answer, transfer);
}

/** What a file says of itself. */
function stateOf(db: Database.Database): Omit<SnapshotAnswer & { kind: 'state' }, 'kind'> {
  const row = db.prepare('SELECT position, stream_created FROM checkpoint').get() as {
    position: number;
    stream_created: string | null;
  };
  return {
    position: row.position,
    streamCreated: row.stream_created ?? undefined,
    schemaVersion: Number(db.pragma('user_version', { simple: true })),
  };
}

function readState(path: string) {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    return stateOf(db);
  } finally {
    db.close();
  }
}

function check(path: string): void {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    // Every part matches its digest: what is looked for is a file that was damaged before. JSON is not parsed again for that.
    db.pragma('ignore_check_constraints = ON');
    const said = String(db.pragma('quick_check(1)', { simple: true }));
    tell(said === 'ok' ? { kind: 'state', ...stateOf(db) } : { kind: 'failed', message: said });
  } finally {
    db.close();
  }
}

async function digestOf(view: SnapshotView, path: string): Promise<ProjectionDigest> {
  if (view === 'catalog') {
    const reader = new CatalogReader(path);
    try {
      return await reader.digest();
    } finally {
      reader.close();
    }
  }
  const storage = view === 'registry-stores' ? new SqliteDocuments(path) : new SqliteJobRuns(path);
  await storage.open();
  try {
    return await storage.digest();
  } finally {
    await storage.close();
  }
}

async function take({ view, path, copy }: SnapshotJob & { kind: 'take' }): Promise<void> {
  if (process.platform === 'linux') setPriority(NICENESS);
  const source = new Database(path, { readonly: true, fileMustExist: true });
  try {
    // One read transaction: the writer goes on beside it. `backup()` would begin anew with every write.
    source.prepare('VACUUM INTO ?').run(copy);
  } finally {
    source.close();
  }
  const { digest } = await digestOf(view, copy);
  const bytes = statSync(copy).size;
  tell({ kind: 'taken', ...readState(copy), digest, bytes });
  const file = openSync(copy, 'r');
  try {
    const buffer = Buffer.alloc(PART_BYTES);
    for (let at = 0; at < bytes; ) {
      await asked();
      const length = readSync(file, buffer, 0, PART_BYTES, at);
      // Most of it are hashes, which do not get smaller: the fastest level is as good as any.
      const packed = gzipSync(buffer.subarray(0, length), { level: 1 });
      const own = new Uint8Array(packed);
      const sha256 = createHash('sha256').update(own).digest('hex');
      at += length;
      tell({ kind: 'part', packed: own, sha256, isLast: at >= bytes }, [own.buffer]);
    }
  } finally {
    closeSync(file);
    rmSync(copy, { force: true });
  }
}

/** Waits until the next part is wanted. */
async function asked(): Promise<void> {
  await new Promise((resolve) => port?.once('message', resolve));
}

try {
  const job = workerData as SnapshotJob;
  if (job.kind === 'check') check(job.path);
  else await take(job);
} catch (error) {
  tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
}
