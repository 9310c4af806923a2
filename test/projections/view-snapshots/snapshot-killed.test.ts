import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '#flow/clock';
import type { StoredMessage } from '#log/event-log';
import { listSnapshots, retainSnapshots } from '#projections/view-snapshots/retain-snapshots';
import { memoryLog } from '#test/support/command-env';
import { writeRegistryHistory } from '#test/support/history';
import { seeded } from '#test/support/seed';
import { snapshotBed } from '#test/support/snapshot-bed';
import type { SnapshotTask } from '#test/support/snapshot-child';

const CHILD = join(import.meta.dirname, '../../../dist/test/support/snapshot-child.js');

/** Runs the child; gives whether it was killed. */
function run(task: SnapshotTask): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve(signal === 'SIGKILL');
      else reject(new Error(`The child ended with ${code ?? signal}`));
    });
  });
}

it('a node that is killed while it takes or writes a snapshot leaves none that is half, and the next one is taken', async () => {
  using bed = snapshotBed();
  const log = memoryLog();
  await writeRegistryHistory(log, 60, seeded(3));
  const file = bed.fileOf('a', 'catalog', log);
  const { digest, position } = await bed.keep(file);
  const last = await messageAt(log, position);
  const store = join(bed.stored('catalog'), '..', '..');
  const folder = join(store, '..', 'copies');
  mkdirSync(folder, { recursive: true });
  const encoded = {
    position,
    subject: last.subject,
    header: Buffer.from(last.header).toString('base64'),
    data: Buffer.from(last.data).toString('base64'),
  };
  const task = { path: file.path, store, folder, last: encoded };
  const kills = [
    ...[0, 10, 20, 40, 80].map((copyMs) => ({ copyMs })),
    { write: 1 },
    { write: 2 },
  ] as const;
  let killed = 0;
  for (const [round, kill] of kills.entries()) {
    killed += Number(await run({ ...task, kill }));
    const node = bed.fileOf(`after-${round}`, 'catalog', log);
    const started = await bed.keep(node);
    // Whatever is there either is whole, or is not there for anybody.
    expect(started.events.filter(({ type }) => type === 'ignored')).toEqual([]);
    expect(started.digest).toBe(digest);
  }
  expect(killed).toBeGreaterThanOrEqual(2);
  await bed.take(file);
  expect((await bed.keep(bed.fileOf('last', 'catalog', log))).applied).toBe(0);
  const [like] = await listSnapshots(bed.files, 'catalog');
  if (like === undefined) throw new Error('There is none');
  const inTwoHours = systemClock.nowMs() + 7_200_000;
  await retainSnapshots({ files: bed.files, view: 'catalog', like, kept: 1, nowMs: inTwoHours });
  expect(await bed.files.list('snapshots/catalog')).toHaveLength(2);
});

async function messageAt(
  log: ReturnType<typeof memoryLog>,
  position: number,
): Promise<StoredMessage> {
  const range = { after: (position - 1) as never, upTo: position as never, batchMax: 1 };
  for await (const [message] of log.readRange({ ...range, signal: new AbortController().signal }))
    if (message !== undefined) return message;
  throw new Error(`There is no event ${position}`);
}
