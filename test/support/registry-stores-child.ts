import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import Database from 'better-sqlite3';
import { Client } from 'pg';
import type { StoredMessage } from '#log/event-log';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import type { MessageJson } from '#test/support/manifest-files-child';
import { backendAt, type StoreBackend } from '#test/support/store-storages';

/** What the process that is killed is to do. */
export interface RegistryStoresTask {
  readonly kind: StoreBackend;
  /** Folder, file or database. */
  readonly at: string;
  /** A file of messages, see `MessageJson`. */
  readonly messages: string;
  /** Kill this process before its n-th write to the storage; 0 for never. */
  readonly killBeforeStep: number;
}

const BATCH = 3;
let steps = 0;

/** Lets every call of a method count as a step; before one of them the process ends as in a power cut. */
function countCalls(target: object, method: string, killBeforeStep: number): void {
  const original = Reflect.get(target, method) as (...args: unknown[]) => unknown;
  Reflect.set(target, method, function counted(this: unknown, ...args: unknown[]) {
    steps += 1;
    if (steps === killBeforeStep) process.kill(process.pid, 'SIGKILL');
    return original.apply(this, args);
  });
}

function countSteps(kind: StoreBackend, killBeforeStep: number): void {
  switch (kind) {
    case 'postgres':
      countCalls(Client.prototype, 'query', killBeforeStep);
      return;
    case 'sqlite':
      countCalls(
        Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1')) as object,
        'run',
        killBeforeStep,
      );
      return;
    case 'filesystem':
      for (const method of ['open', 'rename', 'rm', 'mkdir'])
        countCalls(fs.promises, method, killBeforeStep);
      countCalls(fs, 'renameSync', killBeforeStep);
      syncBuiltinESMExports();
      return;
    default:
      kind satisfies never;
  }
}

async function main({ kind, at, messages, killBeforeStep }: RegistryStoresTask): Promise<void> {
  const stored = JSON.parse(fs.readFileSync(messages, 'utf8')) as MessageJson[];
  const all: readonly StoredMessage[] = stored.map((message) =>
    Object.assign(message, {
      header: Buffer.from(message.header, 'base64'),
      data: Buffer.from(message.data, 'base64'),
    }),
  );
  countSteps(kind, killBeforeStep);
  const stores = new RegistryStores(backendAt(kind, at));
  let { position } = await stores.open();
  while (position < all.length) {
    const batch = all.slice(position, position + BATCH);
    position = await stores.apply(batch, { position, streamCreated: 'now' });
  }
  await stores.close();
  process.stdout.write(`done ${steps}\n`);
  process.exit(0);
}

await main(JSON.parse(process.argv[2] ?? '{}') as RegistryStoresTask);
