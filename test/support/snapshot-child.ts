import { toPosition } from '#domain/position';
import { systemClock } from '#flow/clock';
import type { StoredMessage } from '#log/event-log';
import { logWith } from '#log/log-with';
import { CATALOG_SCHEMA } from '#projections/catalog/schema';
import type { SnapshotFiles } from '#projections/view-snapshots/snapshot-port';
import { takeSnapshot } from '#projections/view-snapshots/take-snapshot';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import { memoryLog } from '#test/support/command-env';

/** What the process that is killed is to do. */
export interface SnapshotTask {
  /** The file of the catalog, the root of the store, and where the copy lies. */
  readonly path: string;
  readonly store: string;
  readonly folder: string;
  /** The last event of the log: its header and body, base64. */
  readonly last: {
    readonly position: number;
    readonly subject: string;
    readonly header: string;
    readonly data: string;
  };
  /** Kill this process in the middle of its n-th write to the store, or so many milliseconds into the copy. */
  readonly kill: { readonly write: number } | { readonly copyMs: number };
}

function kill(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}

async function main({ path, store, folder, last, kill: when }: SnapshotTask): Promise<void> {
  const { files } = new LocalfsPublisher(store);
  let writes = 0;
  const counting: SnapshotFiles = {
    read: (path, bytesMax) => files.read(path, bytesMax),
    list: (folder) => files.list(folder),
    remove: (path) => files.remove(path),
    replace: async (path, bytes) => {
      writes += 1;
      if (!('write' in when) || writes !== when.write) return await files.replace(path, bytes);
      const writing = files.replace(path, bytes);
      setImmediate(kill);
      await writing;
      return kill();
    },
  };
  const message: StoredMessage = {
    position: toPosition(last.position),
    subject: last.subject,
    recordedAtMs: 0,
    header: Buffer.from(last.header, 'base64'),
    data: Buffer.from(last.data, 'base64'),
  };
  const log = logWith(memoryLog(), {
    async *readRange() {
      yield [message];
    },
  });
  if ('copyMs' in when) setTimeout(kill, when.copyMs);
  const file = { view: 'catalog', path, schema: CATALOG_SCHEMA, log } as const;
  const { signal } = new AbortController();
  await takeSnapshot({ file, files: counting, clock: systemClock, folder, signal });
  process.stdout.write(`done ${writes}\n`);
}

await main(JSON.parse(process.argv[2] ?? '{}') as SnapshotTask);
