import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broker } from '#clients/nats';
import { Postgres } from '#clients/postgres';
import { newId } from '#flow/new-id';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import { FileJobRuns } from '#projections/job-runs/file-job-runs';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import type { Projection, ProjectionDigest } from '#projections/projection';
import { freshDatabase } from '#test/support/fresh-database';
import { writeRegistryHistory } from '#test/support/history';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';
import { digestAfter } from '#test/support/projection-conformance';
import type { ProjectorTask } from '#test/support/projector-child';
import { writeJobHistory } from '#test/support/run-history';
import { seeded } from '#test/support/seed';
import { type TempFolder, tempFolder } from '#test/support/temp';

const CHILD = join(import.meta.dirname, '../../dist/test/support/projector-child.js');
const EVENTS = 14;

let nats: TestNats;
let broker: Broker;
let folder: TempFolder;
const opened: Postgres[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  broker = await nats.connect();
  folder = tempFolder();
  await writeRegistryHistory(openLog(broker), EVENTS, seeded(3));
  await writeJobHistory(openLog(broker, { stream: 'JOBS' }), EVENTS, seeded(3));
});
afterAll(async () => {
  for (const db of opened) await db.close();
  await nats[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Makes an empty storage of a kind. */
async function storageFor(kind: ProjectorTask['kind']): Promise<string> {
  if (kind === 'job-runs-postgres') return await freshDatabase();
  return kind === 'contract-kv' ? `contracts-${newId()}` : join(folder.path, `${newId()}.sqlite`);
}

function open(kind: ProjectorTask['kind'], storage: string): Projection {
  switch (kind) {
    case 'catalog':
      return new CatalogProjection(storage);
    case 'contract-kv':
      return new ContractKv({
        js: broker.js,
        jsm: broker.jsm,
        bucket: storage,
        replicas: 1,
        valueBytesMax: 100_000,
      });
    case 'job-runs-sqlite':
      return new SqliteJobRuns(storage);
    case 'job-runs-files':
      return new FileJobRuns({ path: storage, freeBytesMin: 0 });
    case 'job-runs-postgres': {
      const db = new Postgres({
        url: storage,
        connectionsMax: 2,
        connectTimeoutMs: 5_000,
        statementTimeoutMs: 30_000,
      });
      opened.push(db);
      return new PostgresJobRuns(db);
    }
    default:
      return kind satisfies never;
  }
}

/** Runs the child; gives how many steps it took when it was not killed. */
function run(task: ProjectorTask): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    child.on('exit', (code, signal) => {
      const done = /^done (\d+)/.exec(out);
      if (done !== null) resolve(Number(done[1]));
      else if (signal === 'SIGKILL') resolve(undefined);
      else reject(new Error(`The child ended with ${code ?? signal}`));
    });
  });
}

describe('a projector that is killed', () => {
  const kinds = [
    'catalog',
    'contract-kv',
    'job-runs-sqlite',
    'job-runs-postgres',
    'job-runs-files',
  ] as const;
  it.each(kinds)(
    'before any write loses nothing and doubles nothing: %s',
    async (kind) => {
      const task = { kind, nats: { url: nats.server.url, token: nats.server.token } };
      const log = openLog(broker, { stream: kind.startsWith('job-runs') ? 'JOBS' : 'REGISTRY' });
      const digest = (storage: string): Promise<ProjectionDigest> =>
        digestAfter(
          { open: () => open(kind, storage), [Symbol.asyncDispose]: async () => {} },
          [log],
          4,
        );
      const untouched = await storageFor(kind);
      const stepsInAll = (await run({ ...task, storage: untouched, killBeforeStep: 0 })) ?? 0;
      expect(stepsInAll).toBeGreaterThan(5);
      const reference = await digest(untouched);
      const results: ProjectionDigest[] = [];
      for (let killBeforeStep = 1; killBeforeStep <= stepsInAll; killBeforeStep += 1) {
        const storage = await storageFor(kind);
        // Batches come out in other sizes each time: a run may end with fewer steps than the first took.
        const ended = await run({ ...task, storage, killBeforeStep });
        if (ended !== undefined) expect(ended).toBeLessThan(killBeforeStep);
        results.push(await digest(storage));
      }
      expect(results).toEqual(results.map(() => reference));
    },
    180_000,
  );
});
