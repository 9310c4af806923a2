import { describe, expect, it } from 'vitest';
import { claimableAction, claimJobAction, decideClaimJobAction } from '#commands/claim-job-action';
import { type ActionEnding, decideEndJobAction, endJobAction } from '#commands/end-job-action';
import type { JobRunCommands } from '#commands/on-job-run';
import type { JobAction, JobActionStatus } from '#domain/job-action';
import { type JobRun, type JobRunEvent, jobRunEvolution } from '#domain/job-run';
import {
  commandContext,
  commandEnvironment,
  freshSource,
  memoryLog,
} from '#test/support/command-env';
import { actionProfile, endRun, planOf, runStart } from '#test/support/ended-runs';
import { FakeClock } from '#test/support/fake-clock';

const NOW = '2026-03-01T12:00:00.000Z';
const PAST = '2026-03-01T11:59:59.999Z';
const FUTURE = '2026-03-01T12:00:00.001Z';
const [planned] = planOf(actionProfile([{ type: 'STORE_RESULTS', parameters: { prefix: 'a' } }]));

function action(status: JobActionStatus, attempts: number, dueAt?: string): JobAction {
  if (planned === undefined) throw new Error('no action is planned');
  return { ...planned, status, attempts, ...(dueAt === undefined ? {} : { dueAt }) };
}

function runWith(...actions: readonly JobAction[]): JobRun {
  return { ...runStart(), status: 'failed', submittedAt: PAST, lastSignAt: PAST, actions };
}

const claim = (state: JobRun | undefined, number = 0) =>
  decideClaimJobAction(state, { id: runStart().id, action: number, claimMs: 30_000 }, NOW);
const end = (state: JobRun | undefined, attempt: number, ending: ActionEnding, number = 0) =>
  decideEndJobAction(state, { id: runStart().id, action: number, attempt, ending }, NOW);
const DEAD: ActionEnding = { outcome: 'dead', detail: 'HTTP 404' };

describe('claimJobAction()', () => {
  it.each([
    ['pending', 0, NOW, 1],
    ['failed', 2, PAST, 3],
    ['claimed', 1, NOW, 2],
  ] as const)(
    'begins an attempt at what is %s after %i attempts and due',
    (status, attempts, dueAt, attempt) => {
      expect(claim(runWith(action(status, attempts, dueAt)))).toEqual({
        kind: 'append',
        event: {
          type: 'JobActionClaimed',
          data: { action: 0, attempt, until: '2026-03-01T12:00:30.000Z' },
        },
      });
    },
  );

  it.each([
    ['pending', FUTURE],
    ['failed', FUTURE],
    ['claimed', FUTURE],
    ['succeeded', undefined],
    ['dead', undefined],
  ] as const)('refuses what is %s and not due (%s)', (status, dueAt) => {
    expect(claim(runWith(action(status, 1, dueAt)))).toMatchObject({
      kind: 'reject',
      error: {
        code: 'ILLEGAL_TRANSITION',
        message: expect.stringMatching(/^Cannot begin action 0 of job run "run-1": it is "/),
        outcome: 'not-applied',
      },
    });
  });

  it('refuses an action that is not there, of a run that runs or that nobody knows', () => {
    const { actions: _, ...running } = runWith();
    for (const state of [undefined, running, runWith()]) {
      expect(claim(state)).toMatchObject({ kind: 'reject', error: { code: 'NOT_FOUND' } });
    }
    const found = claim(runWith(action('pending', 0, NOW)), 1);
    expect(found).toMatchObject({ kind: 'reject', error: { code: 'NOT_FOUND' } });
  });

  it.each([
    ['pending', 0, FUTURE, 'refuses'],
    ['claimed', 1, FUTURE, 'refuses'],
    ['claimed', 2, FUTURE, 'begins'],
    ['failed', 1, FUTURE, 'begins'],
    ['dead', 0, undefined, 'begins'],
    ['succeeded', 1, undefined, 'begins'],
  ] as const)(
    'behind an action that is %s after %i attempts until %s: %s',
    (status, attempts, dueAt, told) => {
      const run = runWith(action(status, attempts, dueAt), action('pending', 0, PAST));
      expect(claim(run, 1).kind).toBe(told === 'begins' ? 'append' : 'reject');
      expect(claimableAction(run, NOW)).toBe(told === 'begins' ? 1 : undefined);
    },
  );

  it('finds the first action that is due, retries before what is behind them', () => {
    const tried = [action('succeeded', 1), action('failed', 1, PAST), action('pending', 0, PAST)];
    expect(claimableAction(runWith(...tried), NOW)).toBe(1);
    expect(claimableAction(runWith(), NOW)).toBeUndefined();
    expect(
      claimableAction(
        { ...runStart(), status: 'running', submittedAt: PAST, lastSignAt: PAST },
        NOW,
      ),
    ).toBeUndefined();
  });
});

describe('endJobAction()', () => {
  it('ends the attempt that holds the claim, also when its time is over', () => {
    const ending: ActionEnding = { outcome: 'failed', detail: 'HTTP 500', retryAfterMs: 5_000 };
    for (const dueAt of [FUTURE, PAST]) {
      expect(end(runWith(action('claimed', 2, dueAt)), 2, ending)).toEqual({
        kind: 'append',
        event: {
          type: 'JobActionEnded',
          data: {
            action: 0,
            attempt: 2,
            outcome: 'failed',
            detail: 'HTTP 500',
            retryAt: '2026-03-01T12:00:05.000Z',
          },
        },
      });
    }
    expect(end(runWith(action('claimed', 2, FUTURE)), 2, { outcome: 'succeeded' })).toEqual({
      kind: 'append',
      event: { type: 'JobActionEnded', data: { action: 0, attempt: 2, outcome: 'succeeded' } },
    });
  });

  it.each([1, 3])(
    'refuses the late result of attempt %i while attempt 2 holds the claim',
    (attempt) => {
      expect(end(runWith(action('claimed', 2, FUTURE)), attempt, DEAD)).toMatchObject({
        kind: 'reject',
        error: {
          code: 'ILLEGAL_TRANSITION',
          message: expect.stringContaining('it is "claimed" at attempt 2'),
        },
      });
    },
  );

  it.each(['pending', 'failed', 'succeeded', 'dead'] as const)(
    'refuses to end what is %s',
    (status) => {
      expect(end(runWith(action(status, 1, FUTURE)), 1, DEAD)).toMatchObject({
        kind: 'reject',
        error: { code: 'ILLEGAL_TRANSITION' },
      });
    },
  );

  it('refuses an action that is not there', () => {
    for (const state of [undefined, runWith()]) {
      expect(end(state, 1, DEAD)).toMatchObject({ kind: 'reject', error: { code: 'NOT_FOUND' } });
    }
  });
});

function bed(): { readonly commands: JobRunCommands; readonly clock: FakeClock } {
  const clock = new FakeClock();
  const log = memoryLog('JOBS');
  const source = freshSource<JobRun | undefined, JobRunEvent>(log, 'job-run', jobRunEvolution);
  return { clock, commands: { env: commandEnvironment({ clock }), log, source } };
}

describe('an action in the log', () => {
  it('is begun by one of 32 who race for it', async () => {
    const { commands } = bed();
    const id = await endRun(commands, planned === undefined ? [] : [planned]);
    const tries = await Promise.allSettled(
      Array.from({ length: 32 }, () =>
        claimJobAction(commands, commandContext(), { id, action: 0, claimMs: 1_000 }),
      ),
    );
    const refused = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toHaveLength(31);
    for (const reason of refused) expect(reason).toMatchObject({ code: 'ILLEGAL_TRANSITION' });
  });

  it('is taken over when its claim is over, and the late result of the first attempt is refused', async () => {
    const { commands, clock } = bed();
    const id = await endRun(commands, planned === undefined ? [] : [planned]);
    const command = { id, action: 0, claimMs: 1_000 };
    await claimJobAction(commands, commandContext(), command);
    clock.skip(1_000);
    const { state } = await claimJobAction(commands, commandContext(), command);
    expect(state?.actions).toMatchObject([{ status: 'claimed', attempts: 2 }]);
    const late = { id, action: 0, attempt: 1, ending: { outcome: 'succeeded' } } as const;
    await expect(endJobAction(commands, commandContext(), late)).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    });
    const ended = await endJobAction(commands, commandContext(), { ...late, attempt: 2 });
    expect(ended.state?.actions).toMatchObject([{ status: 'succeeded', attempts: 2 }]);
    expect(ended.state?.actions?.[0]).not.toHaveProperty('dueAt');
  });
});
