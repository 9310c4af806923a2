import { takeBackup } from '#backup/take-backup';
import { connectBroker } from '#clients/nats';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import type { StoreFiles } from '#stores/publisher';
import { openLog } from '#test/support/nats';

/** What the process that is killed backs up, and when it is killed. */
export interface BackupTask {
  readonly nats: { readonly url: string; readonly token: string };
  /** The folder of the backups. */
  readonly folder: string;
  /** Where the bodies of the artifact store are. */
  readonly store: string;
  /** Kill this process around its n-th write: even before it, odd after it. */
  readonly killAtStep: number;
}

let steps = 0;

function step(task: BackupTask): void {
  if (steps === task.killAtStep) process.kill(process.pid, 'SIGKILL');
  steps += 1;
}

function killing(files: StoreFiles, task: BackupTask): StoreFiles {
  const around = async <T>(write: () => Promise<T>): Promise<T> => {
    step(task);
    const written = await write();
    step(task);
    return written;
  };
  return {
    create: async (path, bytes) => await around(async () => await files.create(path, bytes)),
    replace: async (path, bytes) => await around(async () => await files.replace(path, bytes)),
    read: async (path, bytesMax) => await files.read(path, bytesMax),
    list: async (folder) => await files.list(folder),
    remove: async (path) => await around(async () => await files.remove(path)),
  };
}

const task = JSON.parse(process.argv[2] ?? '') as BackupTask;
const broker = await connectBroker({ ...task.nats, name: 'backup-child', connectTimeoutMs: 5_000 });
const store = new LocalfsPublisher(task.store);
const bodies = {
  async get(sha256: Parameters<typeof store.read>[0]) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.read(sha256)) chunks.push(chunk);
    return Buffer.concat(chunks);
  },
};
const logs = ['REGISTRY', 'JOBS'].map((stream) => openLog(broker, { stream }));
await takeBackup({
  place: { files: killing(new LocalfsPublisher(task.folder).files, task), key: undefined },
  streams: logs,
  bodies,
  views: [],
  registryVersion: '1.2.3',
  madeAt: '2026-01-01T00:00:00.000Z',
  isFull: false,
  signal: new AbortController().signal,
  onProgress: () => undefined,
});
for (const log of logs) log.close();
await broker.close();
