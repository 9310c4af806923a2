import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finishJobRun } from '#commands/finish-job-run';
import { startJobRun } from '#commands/start-job-run';
import type { RegistryError } from '#domain/errors';
import { parseJobRunId } from '#domain/job-run';
import { DEFAULT_SCOPE } from '#domain/scope';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import { FileJobRuns } from '#projections/job-runs/file-job-runs';
import { Projector } from '#projections/projector';
import { commandContext, memoryLog } from '#test/support/command-env';
import { runCommandsOn, startOf } from '#test/support/job-runs';
import { digestAfter, messagesOf } from '#test/support/projection-conformance';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const id = parseJobRunId('the-run');

/** A log with two runs, one of them ended. */
async function someLog(): Promise<EventLog> {
  const log = memoryLog('JOBS');
  const commands = runCommandsOn(log);
  for (const one of [id, parseJobRunId('other')])
    await startJobRun(commands, commandContext(), { run: startOf(one), status: 'running' });
  const end = { outcome: 'succeeded', counts: { rows: 3 } } as const;
  await finishJobRun(commands, commandContext(), { id, end });
  return log;
}

/** The files of runs below a folder. */
function filesIn(path: string): readonly string[] {
  return readdirSync(join(path, 'documents'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A folder that holds the runs of a log. */
async function withFolder(
  check: (at: {
    readonly path: string;
    readonly log: EventLog;
    readonly file: string;
  }) => Promise<void>,
): Promise<void> {
  using folder = tempFolder();
  const path = join(folder.path, 'runs');
  const log = await someLog();
  await digestAfter(
    {
      open: () => new FileJobRuns({ path, freeBytesMin: 0 }),
      [Symbol.asyncDispose]: async () => {},
    },
    [log],
    10,
  );
  const file = filesIn(path).find((name) => name.endsWith('the-run.json')) ?? '';
  await check({ path, log, file });
}

describe('a folder of job runs', () => {
  it('holds one file of JSON a run, by scope and kind, that others can read', async () => {
    await withFolder(async ({ path, file }) => {
      expect(filesIn(path)).toHaveLength(2);
      expect(file.slice(path.length)).toMatch(
        /^\/documents\/default\/dev\/job-run\/[0-9a-f]{2}\/the-run\.json$/,
      );
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
        document: { id: 'the-run', status: 'succeeded', state: { end: { counts: { rows: 3 } } } },
      });
      expect(existsSync(join(path, 'journal.json'))).toBe(false);
    });
  });

  it('belongs to one process: the next one is refused', async () => {
    await withFolder(async ({ path }) => {
      const first = new FileJobRuns({ path, freeBytesMin: 0 });
      await first.open();
      const second = new FileJobRuns({ path, freeBytesMin: 0 });
      await expect(second.open()).rejects.toMatchObject({ code: 'CANNOT_START' });
      await first.close();
      expect((await second.open()).position).toBe(3);
      await second.close();
    });
  });

  it('answers nothing from a file that was changed, and is built again by its projector', async () => {
    await withFolder(async ({ path, log, file }) => {
      const damaged: RegistryError[] = [];
      const onDamage = (error: RegistryError): void => {
        damaged.push(error);
        projector.restart();
      };
      const runs = new FileJobRuns({ path, freeBytesMin: 0, onDamage });
      const projector = new Projector({ projection: runs, log, clock: systemClock, batchMax: 10 });
      projector.start();
      await eventually('the folder to be open', () => projector.caughtUp);
      const before = (await runs.find(DEFAULT_SCOPE, id)).found;
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace('"rows":3', '"rows":4'));
      await expect(runs.find(DEFAULT_SCOPE, id)).rejects.toMatchObject({
        code: 'VIEW_UNAVAILABLE',
      });
      await expect(runs.list(DEFAULT_SCOPE, { limit: 1 })).rejects.toMatchObject({
        code: 'VIEW_UNAVAILABLE',
      });
      expect(damaged.map(({ message }) => message)).toEqual([
        expect.stringMatching(/the-run\.json": it is not what was written/),
      ]);
      const after = await eventually('the folder to be built again', async () => {
        const { found } = await runs.find(DEFAULT_SCOPE, id).catch(() => ({ found: undefined }));
        return found;
      });
      expect(after).toEqual(before);
      expect(readFileSync(file, 'utf8')).toBe(text);
      await projector.stop();
    });
  });

  it('is built again when a file went missing while it was closed', async () => {
    await withFolder(async ({ path, file }) => {
      rmSync(file);
      const runs = new FileJobRuns({ path, freeBytesMin: 0 });
      expect((await runs.open()).position).toBe(0);
      expect(existsSync(join(path, 'documents'))).toBe(false);
      await runs.close();
    });
  });

  it('refuses the first event of a run that has begun, and keeps what it has', async () => {
    await withFolder(async ({ path, log }) => {
      const runs = new FileJobRuns({ path, freeBytesMin: 0 });
      const checkpoint = await runs.open();
      const [first] = await messagesOf(log);
      if (first === undefined) throw new Error('The log is empty');
      await expect(runs.apply([first], checkpoint)).rejects.toMatchObject({
        code: 'CORRUPT_EVENT',
      });
      expect((await runs.open()).position).toBe(3);
      await runs.close();
    });
  });
});
