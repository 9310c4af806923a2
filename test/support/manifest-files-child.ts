import { readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { systemClock } from '#flow/clock';
import type { StoredMessage } from '#log/event-log';
import { ManifestFiles } from '#projections/manifest-files/manifest-files';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';

/** What the process that is killed is to do. */
export interface ManifestFilesTask {
  /** A file of messages, as `writeMessages` writes it. */
  readonly messages: string;
  /** The folder that takes `store/` and `checkpoint.json`. */
  readonly folder: string;
  /** Kill this process before its n-th write to the disk; 0 for never. */
  readonly killBeforeStep: number;
}

/** A message as JSON: bytes in base64. */
export type MessageJson = Omit<StoredMessage, 'header' | 'data'> & {
  readonly header: string;
  readonly data: string;
};

const BATCH = 3;
let steps = 0;

/** Lets every call of a function of the file system count as a step. */
function countCalls(name: 'open' | 'rename', killBeforeStep: number): void {
  const original = Reflect.get(fs, name) as (...args: unknown[]) => unknown;
  Reflect.set(fs, name, (...args: unknown[]) => {
    steps += 1;
    if (steps === killBeforeStep) process.kill(process.pid, 'SIGKILL');
    return original(...args);
  });
}

async function main({ messages, folder, killBeforeStep }: ManifestFilesTask): Promise<void> {
  const stored = JSON.parse(readFileSync(messages, 'utf8')) as MessageJson[];
  const all = stored.map(({ position, subject, recordedAtMs, header, data }) => ({
    position,
    subject,
    recordedAtMs,
    header: Buffer.from(header, 'base64'),
    data: Buffer.from(data, 'base64'),
  }));
  countCalls('open', killBeforeStep);
  countCalls('rename', killBeforeStep);
  syncBuiltinESMExports();
  const view = new ManifestFiles({
    files: new LocalfsPublisher(join(folder, 'store')).files,
    checkpointPath: join(folder, 'checkpoint.json'),
    clock: systemClock,
    filesPerSecondMax: 1_000,
  });
  const before = await view.open();
  for (let at: number = before.position; at < all.length; at += BATCH)
    await view.apply(all.slice(at, at + BATCH), before);
  await view.close();
  process.stdout.write(`done ${steps}\n`);
}

await main(JSON.parse(process.argv[2] ?? '{}') as ManifestFilesTask);
