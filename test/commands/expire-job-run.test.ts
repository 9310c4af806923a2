import { describe, expect, it } from 'vitest';
import { decideExpireJobRun, expireJobRun } from '#commands/expire-job-run';
import type { JobRunCommands } from '#commands/on-job-run';
import type { ActionPlanner } from '#commands/plan-actions';
import { progressJobRun } from '#commands/progress-job-run';
import { type JobRun, type JobRunEvent, jobRunEvolution, signIntervalMs } from '#domain/job-run';
import {
  commandContext,
  commandEnvironment,
  freshSource,
  memoryLog,
} from '#test/support/command-env';
import { actionProfile, planOf, put, runStart } from '#test/support/ended-runs';
import { FakeClock } from '#test/support/fake-clock';
import { forSeeds } from '#test/support/seed';

const SIGN = '2026-03-01T12:00:00.000Z';
const LONG_AGO = '2001-01-01T00:00:00.000Z';
const at = (time: string) => ({ time, listeningSince: LONG_AGO });
const planned = planOf(actionProfile([{ type: 'STORE_RESULTS', parameters: { prefix: 'a' } }]));
const running: JobRun = {
  ...runStart({ timeoutMs: 60_000 }),
  status: 'running',
  submittedAt: SIGN,
  lastSignAt: SIGN,
};

describe('decideExpireJobRun()', () => {
  it('gives a run up at the moment of its deadline, a tenth later than its time-out, with what is done when it fails', () => {
    const decided = decideExpireJobRun(running, planned, at('2026-03-01T12:01:06.000Z'));
    const data = { lastSignAt: SIGN, timeoutMs: 60_000 };
    expect(decided).toEqual({
      kind: 'append',
      event: { type: 'JobRunTimedOut', data: { ...data, actions: planned } },
    });
    expect(decideExpireJobRun(running, [], at('2026-03-01T12:01:06.000Z'))).toEqual({
      kind: 'append',
      event: { type: 'JobRunTimedOut', data },
    });
  });

  it('gives a run that could tell nobody a time-out more, a minute at most', () => {
    const after = (listeningSince: string, time: string, timeoutMs = 60_000) =>
      decideExpireJobRun({ ...running, timeoutMs }, [], { time, listeningSince }).kind;
    const started = '2026-03-02T00:00:00.000Z';
    expect(after(started, '2026-03-02T00:00:59.999Z')).toBe('unchanged');
    expect(after(started, '2026-03-02T00:01:00.000Z')).toBe('append');
    expect(after(started, '2026-03-02T00:00:04.999Z', 5_000)).toBe('unchanged');
    expect(after(started, '2026-03-02T00:00:05.000Z', 5_000)).toBe('append');
    expect(after(started, '2026-03-02T00:01:00.000Z', 3_600_000)).toBe('append');
  });

  it('leaves every other run alone', () => {
    const { timeoutMs: _, ...endless } = running;
    const before = '2026-03-01T12:01:05.999Z';
    const others: readonly (readonly [JobRun | undefined, string])[] = [
      [running, before],
      [endless, '2027-01-01T00:00:00.000Z'],
      [undefined, '2027-01-01T00:00:00.000Z'],
      ...(['pending', 'succeeded', 'failed', 'cancelled', 'skipped'] as const).map(
        (status) => [{ ...running, status }, '2027-01-01T00:00:00.000Z'] as const,
      ),
    ];
    for (const [state, time] of others)
      expect(decideExpireJobRun(state, planned, at(time))).toEqual({ kind: 'unchanged' });
  });
});

describe('expireJobRun()', () => {
  it('gives no run up within its time-out of a sign of life, recorded or not', async () => {
    await forSeeds(100, async (random) => {
      const clock = new FakeClock();
      const log = memoryLog('JOBS');
      const source = freshSource<JobRun | undefined, JobRunEvent>(log, 'job-run', jobRunEvolution);
      const node = { env: commandEnvironment({ clock }), log, source };
      const timeoutMs = random.pick([1_000, 1_005, 60_000, 900_000, 604_800_000]);
      const run = runStart({ timeoutMs });
      await put(node, run.id, { type: 'JobRunStarted', data: { run } });
      for (let i = random.int(5); i >= 0; i -= 1) {
        clock.skip(random.int(timeoutMs));
        await progressJobRun(node, commandContext(), { id: run.id });
      }
      const planner: ActionPlanner = { plan: async () => [] };
      const expired = async (): Promise<boolean> =>
        (
          await expireJobRun({ ...node, planner }, commandContext(), {
            id: run.id,
            listeningSince: LONG_AGO,
          })
        ).recorded !== undefined;
      clock.skip(timeoutMs - 1);
      expect(await expired()).toBe(false);
      clock.skip(1 + signIntervalMs(timeoutMs));
      expect(await expired()).toBe(true);
    });
  });

  it('wins or loses against a sign of life at the same moment, never both', async () => {
    const outcomes = new Set<string>();
    await forSeeds(40, async (random) => {
      const clock = new FakeClock();
      const log = memoryLog('JOBS');
      const source = freshSource<JobRun | undefined, JobRunEvent>(log, 'job-run', jobRunEvolution);
      const env = () => commandEnvironment({ clock });
      const node: JobRunCommands = { env: env(), log, source };
      const asked: string[] = [];
      const planner: ActionPlanner = {
        plan: async (_, run, { outcome }) => {
          asked.push(`${run.id} ${outcome}`);
          return planned;
        },
      };
      const run = runStart({ timeoutMs: 1_000 });
      await put(node, run.id, { type: 'JobRunStarted', data: { run } });
      clock.skip(1_100);
      // Two nodes, each with a queue of its own: only the log is between them.
      const beat = async (): Promise<string> => {
        for (let i = random.int(8); i > 0; i -= 1) await Promise.resolve();
        const answer = await progressJobRun({ env: env(), log, source }, commandContext(), {
          id: run.id,
          progress: { done: 1 },
        }).catch(() => undefined);
        return answer?.recorded === undefined ? 'lost' : 'beat';
      };
      const expire = async (): Promise<string> => {
        for (let i = random.int(8); i > 0; i -= 1) await Promise.resolve();
        const answer = await expireJobRun({ ...node, planner }, commandContext(), {
          id: run.id,
          listeningSince: LONG_AGO,
        });
        return answer.recorded === undefined ? 'left' : 'expired';
      };
      const result = await Promise.all([beat(), expire()]);
      expect(['beat left', 'lost expired']).toContain(result.join(' '));
      outcomes.add(result.join(' '));
      expect(new Set(asked).size).toBeLessThanOrEqual(1);
      if (result[1] === 'expired') expect(asked).toContain('run-1 failed');
    });
    expect([...outcomes].toSorted()).toEqual(['beat left', 'lost expired']);
  });
});
