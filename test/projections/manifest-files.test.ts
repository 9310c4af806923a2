import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { publishContract } from '#commands/publish-contract';
import { registerDataset } from '#commands/register-dataset';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import { datasetEvolution } from '#domain/dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { parseScope } from '#domain/scope';
import { type Clock, systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';
import type { EventLog } from '#log/event-log';
import { parseSubject } from '#log/subjects';
import { type FileStore, ManifestFiles } from '#projections/manifest-files/manifest-files';
import { decodeManifest, encodeManifest } from '#projections/manifest-files/manifest-parquet';
import { manifestFilePath } from '#projections/manifest-files/manifest-path';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import {
  commandContext,
  commandEnvironment,
  freshSource,
  memoryLog,
} from '#test/support/command-env';
import { contractCommandsOn, schemaOf } from '#test/support/contracts';
import { FakeClock } from '#test/support/fake-clock';
import { writeRegistryHistory } from '#test/support/history';
import type { ManifestFilesTask, MessageJson } from '#test/support/manifest-files-child';
import { MemoryFiles } from '#test/support/memory-files';
import {
  digestAfter,
  messagesOf,
  type ProjectionStorage,
  projectionConformance,
} from '#test/support/projection-conformance';
import { type Seeded, seeded } from '#test/support/seed';
import { tempFolder } from '#test/support/temp';

const CHILD = join(import.meta.dirname, '../../dist/test/support/manifest-files-child.js');
const FAST = 100_000;

const folder = tempFolder();
afterAll(() => folder[Symbol.dispose]());

interface Opened {
  readonly files?: FileStore;
  readonly clock?: Clock;
  readonly filesPerSecondMax?: number;
}

function openIn(path: string, options: Opened = {}): ManifestFiles {
  return new ManifestFiles({
    files: new LocalfsPublisher(join(path, 'store')).files,
    checkpointPath: join(path, 'checkpoint.json'),
    clock: systemClock,
    filesPerSecondMax: FAST,
    ...options,
  });
}

function storageIn(path: string, options: Opened = {}): ProjectionStorage {
  return { open: () => openIn(path, options), [Symbol.asyncDispose]: async () => {} };
}

function datasetsOf(log: EventLog) {
  const source = freshSource(log, 'dataset', datasetEvolution);
  return { env: commandEnvironment(), log, source };
}

async function register(log: EventLog, name: string, tenant = 'default'): Promise<void> {
  const context = { ...commandContext(), scope: parseScope(tenant, 'dev') };
  await registerDataset(datasetsOf(log), context, {
    name: parseDatasetName(name),
    schemaFingerprint: 'fp',
    objects: [],
    rowCount: null,
  });
}

/** A history whose last event is one of a dataset: any other does not change the digest. */
async function writeHistory(log: EventLog, events: number, random: Seeded): Promise<void> {
  await writeRegistryHistory(log, events - 1, random);
  await register(log, 'last/of.parquet/all');
}

/** Every manifest of a log as it stands at its end, by the path of its file. */
async function expectedFiles(log: EventLog): Promise<Record<string, unknown>> {
  const expected: Record<string, unknown> = {};
  for (const { subject } of await messagesOf(log)) {
    const { scope, kind, id } = parseSubject(subject);
    if (kind !== 'dataset') continue;
    const { aggregate } = await datasetsOf(log).source.load(scope, id, commandContext().commandId);
    const path = manifestFilePath({ scope, name: parseDatasetName(id) });
    expected[path] = { scope, manifest: aggregate.state };
  }
  return expected;
}

function pathsIn(path: string): string[] {
  const root = join(path, 'store');
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (one) => one.startsWith('_catalog') && statSync(join(root, one)).isFile(),
  );
}

async function filesIn(path: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const one of pathsIn(path))
    found[one] = await decodeManifest(readFileSync(join(path, 'store', one)));
  return found;
}

projectionConformance('manifests as Parquet files', {
  stream: 'REGISTRY',
  kind: 'dataset',
  writeHistory,
  storage: async () => storageIn(join(folder.path, newId())),
});

describe('manifest files', () => {
  it('are one for each dataset of each scope, and say what the log says', async () => {
    const log = memoryLog();
    await writeHistory(log, 300, seeded(5));
    const path = join(folder.path, newId());
    await digestAfter(storageIn(path), [log], 16);
    const expected = await expectedFiles(log);
    expect(Object.keys(expected).length).toBeGreaterThan(15);
    expect(await filesIn(path)).toEqual(expected);
  });

  it('are the same bytes whoever writes them, and however the events come', async () => {
    const log = memoryLog();
    await writeHistory(log, 60, seeded(6));
    const paths = [1, 7, 1_000].map((batchMax) => ({ batchMax, path: join(folder.path, newId()) }));
    const trees: unknown[] = [];
    for (const { batchMax, path } of paths) {
      await digestAfter(storageIn(path), [log], batchMax);
      trees.push(pathsIn(path).map((one) => [one, readFileSync(join(path, 'store', one), 'hex')]));
    }
    expect(trees).toEqual(trees.map(() => trees[0]));
  });

  it('leave events of other kinds alone, also of a tenant called "dataset"', async () => {
    const log = memoryLog();
    const context = { ...commandContext(), scope: parseScope('dataset', 'dev') };
    await publishContract(contractCommandsOn(log), context, {
      name: parseContractName('c.one'),
      version: parseContractVersion('v1'),
      jsonSchema: schemaOf('1'),
    });
    const files = new MemoryFiles();
    await digestAfter(storageIn(join(folder.path, newId()), { files }), [log], 10);
    expect(files.writes).toBe(0);
    await register(log, 'a', 'contract');
    await digestAfter(storageIn(join(folder.path, newId()), { files }), [log], 10);
    expect([...files.files.keys()]).toEqual(['_catalog/scopes/contract/dev/manifests/a.parquet']);
  });

  it('that are right are not written again by a rebuild; a damaged and a lost one are', async () => {
    const log = memoryLog();
    for (const name of ['a', 'b', 'c', 'd']) await register(log, name);
    const files = new MemoryFiles();
    await digestAfter(storageIn(join(folder.path, newId()), { files }), [log], 10);
    expect(files.writes).toBe(4);
    const before = new Map(files.files);
    const [first = '', second = '', third = ''] = [...before.keys()];
    files.files.set(first, Buffer.from('damaged'));
    files.files.set(second, Buffer.alloc(100_000));
    files.files.delete(third);
    await digestAfter(storageIn(join(folder.path, newId()), { files }), [log], 10);
    expect(files.writes).toBe(7);
    for (const [path, bytes] of before) expect(files.files.get(path)).toEqual(bytes);
  });

  it('are right after any write failed, and no write goes on behind the failure', async () => {
    const log = memoryLog();
    for (let i = 0; i < 20; i += 1) await register(log, `n${i % 12}`);
    const messages = await messagesOf(log);
    const files = new MemoryFiles();
    files.failing = new Set([3, 4, 9]);
    const view = openIn(join(folder.path, newId()), { files });
    const before = await view.open();
    for (let attempts = 1; ; attempts += 1) {
      const failure = await view.apply(messages, before).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(files.underWay).toBe(0);
      if (failure === undefined) break;
      expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect((await view.digest()).position).toBe(0);
      expect(attempts).toBeLessThan(4);
    }
    for (const [path, { scope, manifest }] of Object.entries(
      (await expectedFiles(log)) as Record<string, Parameters<typeof expectBytes>[0]>,
    ))
      expect(files.files.get(path)).toEqual(expectBytes({ scope, manifest }));
    await view.close();
  });

  it('are written no faster than the pace allows', async () => {
    const log = memoryLog();
    for (let i = 0; i < 15; i += 1) await register(log, `n${i}`);
    const files = new MemoryFiles();
    const clock = new FakeClock();
    const view = openIn(join(folder.path, newId()), { files, clock, filesPerSecondMax: 10 });
    const before = await view.open();
    const applied = view.apply(await messagesOf(log), before);
    const counts: number[] = [];
    for (const ms of [0, 50, 50, 300, 500, 500, 100]) {
      await clock.advance(ms);
      counts.push(files.writes);
    }
    expect(counts).toEqual([1, 1, 2, 5, 10, 15, 15]);
    expect(await applied).toBe(15);
    await view.close();
  });

  it('begin anew where the checkpoint cannot be read, and refuse a pace of nothing', async () => {
    const log = memoryLog();
    await writeHistory(log, 20, seeded(7));
    const path = join(folder.path, newId());
    const reference = await digestAfter(storageIn(path), [log], 5);
    const odd = ['', 'null', '{"version":9}', '{"version":1}', '{"version":1,"position":-4}'];
    for (const text of [...odd, '{"version":1,"position":4,"digest":"x"}']) {
      writeFileSync(join(path, 'checkpoint.json'), text);
      expect((await openIn(path).open()).position, text).toBe(0);
      expect(await digestAfter(storageIn(path), [log], 5)).toEqual(reference);
    }
    expect(() => openIn(path, { filesPerSecondMax: 0 })).toThrow(/filesPerSecondMax is 0/);
  });

  it('are right after the process was killed before any write, and it was started again', async () => {
    const log = memoryLog();
    await writeHistory(log, 14, seeded(4));
    const expected = await expectedFiles(log);
    const messages = join(folder.path, 'messages.json');
    writeFileSync(messages, JSON.stringify((await messagesOf(log)).map(toJson)));
    const untouched = join(folder.path, newId());
    const steps = (await run({ messages, folder: untouched, killBeforeStep: 0 })) ?? 0;
    expect(steps).toBeGreaterThan(15);
    const reference = await digestAfter(storageIn(untouched), [log], 4);
    for (let killBeforeStep = 1; killBeforeStep <= steps; killBeforeStep += 1) {
      const path = join(folder.path, newId());
      const ended = await run({ messages, folder: path, killBeforeStep });
      // Writes go side by side: a run may end with fewer steps than the first took.
      if (ended !== undefined) expect(ended).toBeLessThan(killBeforeStep);
      expect(await digestAfter(storageIn(path), [log], 4)).toEqual(reference);
      expect(await filesIn(path)).toEqual(expected);
      rmSync(path, { recursive: true });
    }
  }, 180_000);
});

function expectBytes({ scope, manifest }: Awaited<ReturnType<typeof decodeManifest>>): Uint8Array {
  return encodeManifest(manifest, scope);
}

function toJson(message: Awaited<ReturnType<typeof messagesOf>>[number]): MessageJson {
  const { position, subject, recordedAtMs, header, data } = message;
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return { position, subject, recordedAtMs, header: base64(header), data: base64(data) };
}

/** Runs the child; gives how many steps it took when it was not killed. */
function run(task: ManifestFilesTask): Promise<number | undefined> {
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
