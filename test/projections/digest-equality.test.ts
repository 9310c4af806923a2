import { afterEach, describe, expect, it } from 'vitest';
import { finishJobRun } from '#commands/finish-job-run';
import { startJobRun } from '#commands/start-job-run';
import { parseJobRunId } from '#domain/job-run';
import { JOB_OUTCOMES } from '#domain/job-run-step';
import type { EventLog } from '#log/event-log';
import { commandContext, memoryLog } from '#test/support/command-env';
import { type JobRunStorage, jobRunStorage } from '#test/support/job-run-storages';
import { runCommandsOn } from '#test/support/job-runs';
import { digestAfter } from '#test/support/projection-conformance';
import { writeJobHistory } from '#test/support/run-history';
import { forSeeds } from '#test/support/seed';
import { STORE_BACKENDS } from '#test/support/store-storages';

const storages: JobRunStorage[] = [];
afterEach(async () => {
  for (const storage of storages.splice(0)) await storage[Symbol.asyncDispose]();
});

/** An empty place in every backend. */
async function freshBackends(): Promise<readonly JobRunStorage[]> {
  const fresh = await Promise.all(STORE_BACKENDS.map(jobRunStorage));
  storages.push(...fresh);
  return fresh;
}

/** Expects all to have one digest, and gives it. */
async function expectEqual(
  backends: readonly JobRunStorage[],
  log: EventLog,
  batchMax: number,
): Promise<string> {
  const digests = await Promise.all(
    backends.map(async (backend) => await digestAfter(backend, [log], batchMax)),
  );
  const [first] = digests;
  expect(digests).toEqual(STORE_BACKENDS.map(() => first));
  expect(first?.position).toBe((await log.head()).last);
  return first?.digest ?? '';
}

describe('the views of job runs in Postgres, in SQLite and in files', () => {
  it('have the same digest for the same log, at every position where they are compared', async () => {
    await forSeeds(4, async (random) => {
      const log = memoryLog('JOBS');
      const all = await freshBackends();
      const digests = [await expectEqual(all, log, 1)];
      for (let stage = 0; stage < 5; stage += 1) {
        await writeJobHistory(log, 1 + random.int(60), random);
        digests.push(await expectEqual(all, log, 1 + random.int(40)));
      }
      expect(new Set(digests).size).toBe(digests.length);
    });
  });

  it('have the same digest when some were built event by event and another at once', async () => {
    await forSeeds(2, async (random) => {
      const log = memoryLog('JOBS');
      await writeJobHistory(log, 80, random);
      const [first, ...others] = await freshBackends();
      if (first === undefined) throw new Error('There is no backend');
      const slow = await digestAfter(first, [log], 1);
      for (const other of others) expect(await digestAfter(other, [log], 10_000)).toEqual(slow);
    });
  });

  it('have the same digest whatever the texts hold', async () => {
    const control = ['', ' ', '\t', '\r\n', '\u0000', 'a\u0000b', '\u2028\u2029', '\uFFFD'];
    const quoting = ['\\', '\\N', '\\.', '\\u0000', '"', "'; DROP TABLE x; --", '{}', '{"a":1}'];
    const texts = [...control, ...quoting, '__proto__', 'ä€😀', 'x'.repeat(4_000)];
    const log = memoryLog('JOBS');
    const commands = runCommandsOn(log);
    for (const [i, text] of texts.entries()) {
      const id = parseJobRunId(`run-${i}`);
      const metadata = { [`key ${text}`.slice(0, 50)]: text, [text.slice(0, 50)]: text };
      const run = { id, job: `job ${i}`, kind: 'load', inputs: [text, text], metadata } as const;
      await startJobRun(commands, commandContext(), { run, status: 'running' });
      const end = {
        outcome: JOB_OUTCOMES[i % 3] ?? 'failed',
        counts: { [text]: i },
        message: text,
      };
      await finishJobRun(commands, commandContext(), { id, end });
    }
    await expectEqual(await freshBackends(), log, 7);
  });
});
