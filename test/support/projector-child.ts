import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { type Broker, connectBroker } from '#clients/nats';
import { Postgres } from '#clients/postgres';
import type { Position } from '#domain/position';
import { systemClock } from '#flow/clock';
import { JetStreamLog } from '#log/jetstream-log';
import { CatalogWriter } from '#projections/catalog/writer';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import { FileJobRuns } from '#projections/job-runs/file-job-runs';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import type { Projection } from '#projections/projection';
import { Projector } from '#projections/projector';
import { eventually } from '#test/support/wait';

/** What the process that is killed is to do. */
export interface ProjectorTask {
  readonly kind:
    | 'catalog'
    | 'contract-kv'
    | 'job-runs-sqlite'
    | 'job-runs-postgres'
    | 'job-runs-files';
  readonly nats: { readonly url: string; readonly token: string };
  /** File, folder, bucket or database. */
  readonly storage: string;
  /** Kill this process before its n-th write to storage. */
  readonly killBeforeStep: number;
}

let steps = 0;

/** Counts a write and, when it is the one, ends the process as a power cut would. */
function step(task: ProjectorTask): void {
  steps += 1;
  if (steps === task.killBeforeStep) process.kill(process.pid, 'SIGKILL');
}

/** Lets every call of a method count as a step. */
function countCalls(target: object, method: string, task: ProjectorTask): void {
  const original = Reflect.get(target, method) as (...args: unknown[]) => unknown;
  Reflect.set(target, method, function counted(this: unknown, ...args: unknown[]) {
    step(task);
    return original.apply(this, args);
  });
}

/** Lets everything that changes a folder count as a step. */
function countFileWrites(task: ProjectorTask): void {
  for (const method of ['open', 'rename', 'rm', 'mkdir']) countCalls(fs.promises, method, task);
  countCalls(fs, 'renameSync', task);
  syncBuiltinESMExports();
}

function inlineCatalog(path: string): Projection {
  const writer = new CatalogWriter(path);
  return {
    name: 'catalog',
    open: async () => writer.checkpoint(),
    apply: async (batch, checkpoint): Promise<Position> =>
      writer.apply(batch, checkpoint.streamCreated),
    clear: async () => writer.reset(),
    digest: async () => {
      throw new Error('not asked for here');
    },
    close: async () => writer.close(),
  };
}

async function main(task: ProjectorTask): Promise<void> {
  const broker = await connectBroker({ ...task.nats, name: 'child', connectTimeoutMs: 5_000 });
  const probe = new Database(':memory:').prepare('SELECT 1');
  countCalls(Object.getPrototypeOf(probe), 'run', task);
  countCalls(Client.prototype, 'query', task);
  const projection = await open(task, broker);
  if (task.kind === 'contract-kv') countCalls(broker.nc, 'request', task);
  if (task.kind === 'job-runs-files') countFileWrites(task);
  const stream = task.kind.startsWith('job-runs') ? 'JOBS' : 'REGISTRY';
  const log = new JetStreamLog({
    ...broker,
    stream,
    limits: { messageBytesMax: 900_000, bodyBytesMax: 900_000, bodies: undefined },
    publishTimeoutMs: 2_000,
  });
  const projector = new Projector({ projection, log, clock: systemClock, batchMax: 4 });
  projector.start();
  await eventually('the projection to catch up', () => {
    if (projector.status.state === 'halted') throw new Error(projector.status.reason);
    return projector.caughtUp;
  });
  process.stdout.write(`done ${steps}\n`);
  process.exit(0);
}

async function open(task: ProjectorTask, { js, jsm }: Broker): Promise<Projection> {
  switch (task.kind) {
    case 'catalog':
      return inlineCatalog(task.storage);
    case 'contract-kv':
      return new ContractKv({
        js,
        jsm,
        bucket: task.storage,
        replicas: 1,
        valueBytesMax: 100_000,
      });
    case 'job-runs-sqlite':
      return new SqliteJobRuns(task.storage);
    case 'job-runs-files':
      return new FileJobRuns({ path: task.storage, freeBytesMin: 0 });
    case 'job-runs-postgres':
      return new PostgresJobRuns(
        new Postgres({
          url: task.storage,
          connectionsMax: 2,
          connectTimeoutMs: 5_000,
          statementTimeoutMs: 30_000,
        }),
      );
    default:
      return task.kind satisfies never;
  }
}

await main(JSON.parse(process.argv[2] ?? '{}') as ProjectorTask);
