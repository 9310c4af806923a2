import { describe, expect, it } from 'vitest';
import { beginJobRun } from '#commands/begin-job-run';
import { expireJobRun } from '#commands/expire-job-run';
import { type FinishJobRun, finishJobRun } from '#commands/finish-job-run';
import { actionPlanner } from '#commands/plan-actions';
import { progressJobRun } from '#commands/progress-job-run';
import { parseContractVersion } from '#domain/contract-name';
import { RegistryError } from '#domain/errors';
import { parseJobRunId } from '#domain/job-run';
import {
  blindSource,
  commandContext,
  commandEnvironment,
  memoryLog,
} from '#test/support/command-env';
import { put, runStart } from '#test/support/ended-runs';
import { FakeClock } from '#test/support/fake-clock';
import { type RunBedCommands, runCommandsOn } from '#test/support/job-runs';
import { jobId } from '#test/support/jobs';

const id = parseJobRunId('run-1');
const end = { outcome: 'succeeded', counts: {} } as const;
const withResults: FinishJobRun = { id, end, results: { rows: [1, 2] } };

async function running(overrides: Partial<RunBedCommands> = {}, rest = {}) {
  const log = memoryLog('JOBS');
  const commands = runCommandsOn(log, overrides);
  await put(runCommandsOn(log), id, { type: 'JobRunStarted', data: { run: runStart(rest) } });
  return { commands, log, last: async () => (await log.head()).last };
}

const away = async () => {
  throw new RegistryError('STORE_UNAVAILABLE', 'Cannot reach the store: it is away (want it)');
};

describe('finishJobRun()', () => {
  it('keeps results of no run that cannot end so', async () => {
    const { commands, last } = await running();
    const unknown = { ...withResults, id: parseJobRunId('unknown') };
    await expect(finishJobRun(commands, commandContext(), unknown)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const skipped = { ...withResults, end: { ...end, outcome: 'skipped' } as const };
    await expect(finishJobRun(commands, commandContext(), skipped)).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    });
    expect(commands.kept.size).toBe(0);
    const { state } = await finishJobRun(commands, commandContext(), withResults);
    expect([...commands.kept.keys()]).toEqual([state?.end?.results?.sha256]);
    expect(Object.keys(state?.end?.results ?? {}).toSorted()).toEqual(['bytes', 'sha256']);
    expect(await last()).toBe(2);
  });

  it.each(['a view that sees everything', 'a view that sees nothing'] as const)(
    'answers a retry although the store is away, with %s',
    async (view) => {
      const { commands, last } = await running();
      const context = commandContext('k');
      const first = await finishJobRun(commands, context, withResults);
      const source = view === 'a view that sees nothing' ? blindSource(undefined) : commands.source;
      const later = { ...commands, source, results: { put: away } };
      const again = await finishJobRun(later, context, withResults);
      expect(again).toMatchObject({ replayed: true, position: first.position });
      const other = finishJobRun(later, commandContext(), withResults);
      await expect(other).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
      expect(await last()).toBe(2);
    },
  );

  it('ends nothing while the store is away', async () => {
    const { commands, last } = await running({ results: { put: away } });
    await expect(finishJobRun(commands, commandContext(), withResults)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(await last()).toBe(1);
  });

  it('says what was wished of a run that is not known', async () => {
    const { commands } = await running();
    const unknown = parseJobRunId('unknown');
    for (const [outcome, verb] of [
      ['cancelled', 'cancel'],
      ['failed', 'finish'],
    ] as const) {
      const told = { id: unknown, end: { outcome, counts: {} } };
      await expect(finishJobRun(commands, commandContext(), told)).rejects.toThrow(
        `Cannot ${verb} job run "unknown": it is not known`,
      );
    }
  });
});

describe('a catalog that does not show the definition of a run', () => {
  const definition = { id: jobId, version: parseContractVersion('1.0.0') };
  const definitions = { find: async () => undefined };
  const profiles = { findActive: async () => undefined };
  const lagging = { definitions, planner: actionPlanner({ definitions, profiles }) };
  const behind = { code: 'NOT_READY', outcome: 'not-applied', retryAfterSeconds: 1 };

  it.each(['succeeded', 'failed'] as const)('lets it not end as %s', async (outcome) => {
    const { commands, last } = await running(lagging, { definition });
    const told = { id, end: { ...end, outcome, findings: { critical: 5 } } };
    await expect(finishJobRun(commands, commandContext(), told)).rejects.toMatchObject(behind);
    expect(await last()).toBe(1);
  });

  it('lets it not be given up', async () => {
    const clock = new FakeClock();
    const env = commandEnvironment({ clock });
    const { commands, last } = await running({ ...lagging, env }, { definition, timeoutMs: 1_000 });
    clock.skip(Date.now() - clock.nowMs() + 10_000);
    await expect(
      expireJobRun(commands, commandContext(), { id, listeningSince: '2001-01-01T00:00:00.000Z' }),
    ).rejects.toMatchObject(behind);
    expect(await last()).toBe(1);
  });

  it('holds up no answer that was given, and no refusal', async () => {
    const { commands } = await running({}, { definition: undefined });
    const context = commandContext('k');
    await finishJobRun(commands, context, { id, end });
    const later = { ...commands, ...lagging };
    expect((await finishJobRun(later, context, { id, end })).replayed).toBe(true);
    await expect(finishJobRun(later, commandContext(), { id, end })).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    });
  });
});

describe('what a run cannot do now', () => {
  it('is told with what it waits for', async () => {
    const { commands, log } = await running();
    const pending = parseJobRunId('pending');
    const run = runStart({ id: pending });
    await put(runCommandsOn(log), pending, { type: 'JobRunSubmitted', data: { run } });
    await expect(progressJobRun(commands, commandContext(), { id: pending })).rejects.toMatchObject(
      {
        message: 'Cannot report of job run "pending": it is pending (want it begun first)',
        details: { status: 'pending', legal: ['running', 'failed', 'cancelled', 'skipped'] },
      },
    );
    const { state } = await beginJobRun(commands, commandContext(), { id: pending, by: 'one' });
    await expect(beginJobRun(commands, commandContext(), { id: pending })).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      message: `Cannot begin job run "pending": somebody began it at ${state?.startedAt} (want a pending run)`,
      details: { status: 'running' },
    });
    await finishJobRun(commands, commandContext(), { id: pending, end });
    const ended = 'it is "succeeded" (want no step: it has ended)';
    await expect(beginJobRun(commands, commandContext(), { id: pending })).rejects.toThrow(
      `Cannot begin job run "pending": ${ended}`,
    );
    await expect(progressJobRun(commands, commandContext(), { id: pending })).rejects.toThrow(
      `Cannot report of job run "pending": ${ended}`,
    );
  });
});
