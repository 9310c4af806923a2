import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EventLog, StoredMessage } from '#log/event-log';
import { logWith } from '#log/log-with';
import type { ProjectionDigest } from '#projections/projection';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { memoryLog } from '#test/support/command-env';
import { writeRegistryHistory } from '#test/support/history';
import type { MessageJson } from '#test/support/manifest-files-child';
import { digestAfter, messagesOf } from '#test/support/projection-conformance';
import type { RegistryStoresTask } from '#test/support/registry-stores-child';
import { seeded } from '#test/support/seed';
import { STORE_BACKENDS, type StoreStorage, storeStorage } from '#test/support/store-storages';
import { tempFolder } from '#test/support/temp';

const CHILD = join(import.meta.dirname, '../../../dist/test/support/registry-stores-child.js');
const EVENTS = 11;
// Children that are killed at the same time, each with a storage of its own.
const AT_ONCE = 3;

/** Runs the child; gives how many steps it took when it was not killed. */
function run(task: RegistryStoresTask): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    child.on('close', (code, signal) => {
      const done = /^done (\d+)/.exec(out);
      if (done !== null) resolve(Number(done[1]));
      else if (signal === 'SIGKILL') resolve(undefined);
      else reject(new Error(`The child ended with ${code ?? signal}`));
    });
  });
}

async function digestOf(storage: StoreStorage, log: EventLog): Promise<ProjectionDigest> {
  const open = () => new RegistryStores(storage.backend());
  return await digestAfter({ open, [Symbol.asyncDispose]: async () => undefined }, [log], 4);
}

/** Writes a message as the child reads it, and leaves it as it is: the log holds the same one. */
function asJson({ position, subject, recordedAtMs, header, data }: StoredMessage): MessageJson {
  return {
    position,
    subject,
    recordedAtMs,
    header: Buffer.from(header).toString('base64'),
    data: Buffer.from(data).toString('base64'),
  };
}

async function positionOf(storage: StoreStorage): Promise<number> {
  const stores = new RegistryStores(storage.backend());
  const { position } = await stores.open();
  await stores.close();
  return position;
}

describe('stores whose process is killed', () => {
  it.each(STORE_BACKENDS)(
    'before any write lose nothing and double nothing: %s',
    async (kind) => {
      using folder = tempFolder();
      const memory = memoryLog();
      await writeRegistryHistory(memory, EVENTS, seeded(3));
      // The child calls the stream by another time of creation than a log in memory has.
      const head = async () => ({ ...(await memory.head()), created: 'now' });
      const log = logWith(memory, { head });
      const messages = join(folder.path, 'messages.json');
      const all = (await messagesOf(log)).map(asJson);
      writeFileSync(messages, JSON.stringify(all));
      await using untouched = await storeStorage(kind);
      const task = { kind, messages, at: untouched.at };
      const stepsInAll = (await run({ ...task, killBeforeStep: 0 })) ?? 0;
      expect(stepsInAll).toBeGreaterThan(10);
      const reference = await digestOf(untouched, log);
      const killed = async (killBeforeStep: number) => {
        await using storage = await storeStorage(kind);
        expect(await run({ ...task, at: storage.at, killBeforeStep })).toBeUndefined();
        const position = await positionOf(storage);
        expect(await digestOf(storage, log), `killed before ${killBeforeStep}`).toEqual(reference);
        return position;
      };
      const reached: number[] = [];
      for (let step = 1; step <= stepsInAll; step += AT_ONCE) {
        const steps = Array.from(
          { length: Math.min(AT_ONCE, stepsInAll + 1 - step) },
          (_, i) => step + i,
        );
        reached.push(...(await Promise.all(steps.map(killed))));
      }
      // What was complete before the last write is there: nothing was thrown away to be right.
      expect(reached).toEqual(reached.toSorted((a, b) => a - b));
      expect(reached.at(-1)).toBeGreaterThan(0);
      console.info(`${kind}: killed before each of ${stepsInAll} writes`);
    },
    300_000,
  );
});
