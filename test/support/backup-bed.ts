import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Broker } from '#clients/nats';
import { BACKUP } from '#compose/drills/backup';
import { RESTORE } from '#compose/drills/restore';
import { START } from '#domain/position';
import { decodeEnvelope } from '#log/codec';
import type { JetStreamLog } from '#log/jetstream-log';
import { artifactBodies } from '#stores/artifact-bodies';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import { type DrillRun, runDrillWith } from '#test/support/drill-bed';
import { writeRegistryHistory } from '#test/support/history';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';
import { writeJobHistory } from '#test/support/run-history';
import { seeded } from '#test/support/seed';
import { type TempFolder, tempFolder } from '#test/support/temp';

/** A broker with a data folder, as a node that uses that broker has them. */
export interface BackupSide extends AsyncDisposable {
  readonly nats: TestNats;
  readonly broker: Broker;
  readonly logs: Readonly<Record<'REGISTRY' | 'JOBS', JetStreamLog>>;
  /** The data folder, where the artifact store is. */
  readonly folder: string;
  /** The settings of a node there. */
  readonly env: Readonly<Record<string, string>>;
  /** Appends random histories to both streams; most bodies of contracts go to the artifact store. */
  write(events: number, seed: number): Promise<void>;
  /** The names of the streams that hold anything. */
  filled(): Promise<readonly string[]>;
}

const BODY_BYTES_MAX = 5_000_000;
// So small that histories have bodies on both sides of it.
const MESSAGE_BYTES_MAX = 600;

/** Starts a broker of its own with empty streams, or none. */
export async function openBackupSide(
  options: { readonly provision?: boolean } = {},
): Promise<BackupSide> {
  const data = tempFolder();
  const nats = await startTestNats(options);
  const broker = await nats.connect();
  const bodies = artifactBodies(new LocalfsPublisher(join(data.path, 'store')), BODY_BYTES_MAX);
  const open = (stream: string): JetStreamLog =>
    openLog(broker, { stream, bodies, messageBytesMax: MESSAGE_BYTES_MAX });
  const logs = { REGISTRY: open('REGISTRY'), JOBS: open('JOBS') };
  const { url, token } = nats.server;
  return {
    nats,
    broker,
    logs,
    folder: data.path,
    env: { ATLAS_DATA_DIR: data.path, NATS_URL: url.replace('nats://', `nats://${token}@`) },
    async write(events, seed) {
      await writeRegistryHistory(logs.REGISTRY, events, seeded(seed));
      await writeJobHistory(logs.JOBS, events, seeded(seed));
    },
    async filled() {
      const names: string[] = [];
      for await (const { config, state } of broker.jsm.streams.list())
        if (state.messages > 0) names.push(config.name);
      return names.toSorted();
    },
    async [Symbol.asyncDispose]() {
      for (const log of Object.values(logs)) log.close();
      await nats[Symbol.asyncDispose]();
      data[Symbol.dispose]();
    },
  };
}

/** Where backups go, and the key of the test. */
export interface BackupFolder extends TempFolder {
  readonly keyFile: string;
}

/** Makes an empty folder for backups, with a key beside it. */
export function backupFolder(): BackupFolder {
  const folder = tempFolder();
  const keyFile = join(folder.path, 'key');
  writeFileSync(keyFile, randomBytes(32));
  return { ...folder, path: join(folder.path, 'backups'), keyFile };
}

/** Backs a side up. */
export async function backUp(
  side: BackupSide,
  to: string,
  flags: Readonly<Record<string, string | boolean>> = {},
): Promise<DrillRun> {
  return await runDrillWith(BACKUP, { env: side.env, flags: { to, ...flags } });
}

/** Restores a backup into the broker of a side. */
export async function restoreInto(
  side: BackupSide,
  from: string,
  flags: Readonly<Record<string, string | boolean>> = {},
): Promise<DrillRun> {
  const all = { from, intoBroker: true, ...flags };
  return await runDrillWith(RESTORE, { env: side.env, flags: all });
}

/** Everything that a log says of its events, their bodies included. */
export async function eventsOf(log: JetStreamLog): Promise<readonly object[]> {
  const { last: upTo } = await log.head();
  const { signal } = new AbortController();
  const events: object[] = [];
  for await (const batch of log.readRange({ after: START, upTo, batchMax: 500, signal }))
    for (const message of batch) {
      const { position, subject, recordedAtMs, data } = message;
      const text = Buffer.from(data).toString('utf8');
      events.push({ position, subject, recordedAtMs, text, ...decodeEnvelope(message) });
    }
  return events;
}

/** The files of backups, by their paths within the folder. */
export function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}
