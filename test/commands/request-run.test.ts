import { describe, expect, it } from 'vitest';
import { type RunDefinition, runDefinition } from '#commands/run-definition';
import { parseContractVersion } from '#domain/contract-name';
import { definitionOf } from '#domain/definition';
import { IDEMPOTENCY_SCOPES, type JobDefinition, readJobDefinition } from '#domain/job-definition';
import { parseJobRunId } from '#domain/job-run';
import type { JobStage } from '#domain/job-stage';
import {
  blindSource,
  commandContext,
  commandEnvironment,
  memoryLog,
} from '#test/support/command-env';
import { FakeClock } from '#test/support/fake-clock';
import { runCommandsOn } from '#test/support/job-runs';
import { jobId, jobOf } from '#test/support/jobs';
import { forSeeds } from '#test/support/seed';

const DAY_MS = 86_400_000;

function definition(version: string, rest: Record<string, unknown>): JobDefinition {
  const content = readJobDefinition(jobOf({ datasets: [`orders/${version}`], ...rest }));
  return definitionOf(jobId, parseContractVersion(version), content);
}

/** Commands about one definition, which changes as the test says. */
function bed(idempotencyScope: string, overrides: Parameters<typeof runCommandsOn>[1] = {}) {
  const clock = new FakeClock();
  const log = memoryLog('JOBS');
  const now: { active: JobDefinition; stage: JobStage } = {
    active: definition('1.0.0', { idempotencyScope }),
    stage: 'active',
  };
  const commands = runCommandsOn(log, {
    env: commandEnvironment({ clock }),
    runnable: {
      findStaged: async () => ({ definition: now.active, stage: now.stage }),
      isKnown: async () => true,
      approvedContract: async () => undefined,
    },
    ...overrides,
  });
  const run = (key: string | undefined, rest: Partial<RunDefinition> = {}) =>
    runDefinition(commands, commandContext(key), {
      id: jobId,
      version: 'latest',
      cause: { type: 'MANUAL' },
      ...(key === undefined ? {} : { requestId: parseJobRunId(key) }),
      ...rest,
    });
  return { clock, log, now, run, last: async () => (await log.head()).last };
}

/** What may have happened between a request and its retry. */
const CHANGES = {
  'another version is active': ({ now }: ReturnType<typeof bed>, scope: string) => {
    now.active = definition('2.0.0', { idempotencyScope: scope });
  },
  'another version is active, which has another scope': ({ now }: ReturnType<typeof bed>) => {
    now.active = definition('2.0.0', { idempotencyScope: 'none' });
  },
  'another version is active, which has a scope': ({ now }: ReturnType<typeof bed>) => {
    now.active = definition('2.0.0', { idempotencyScope: 'day' });
  },
  'it was retired': ({ now }: ReturnType<typeof bed>) => {
    now.stage = 'retired';
  },
  'it is another day': ({ clock }: ReturnType<typeof bed>) => clock.skip(DAY_MS),
} as const;

const cases = IDEMPOTENCY_SCOPES.flatMap((scope) =>
  Object.entries(CHANGES).map(([change, apply]) => [scope, change, apply] as const),
);

describe('runDefinition() with a key', () => {
  it.each(cases)(
    'of scope %s gives a retry the first answer although %s',
    async (scope, _, apply) => {
      const one = bed(scope);
      const first = await one.run('k');
      const events = await one.last();
      apply(one, scope);
      const again = await one.run('k');
      expect(again).toMatchObject({ replayed: true, position: first.position, runId: first.runId });
      expect(again.state).toEqual(first.state);
      expect(await one.last()).toBe(events);
    },
  );

  it.each(cases)(
    'of scope %s does so on views that see nothing, although %s',
    async (scope, _, apply) => {
      const blind = { source: blindSource(undefined), requests: blindSource(undefined) };
      const one = bed(scope, blind);
      const first = await one.run('k');
      apply(one, scope);
      const again = await one.run('k');
      expect(again).toMatchObject({ replayed: true, position: first.position, runId: first.runId });
    },
  );

  it.each(['definition', 'day', 'inputs'])(
    'of scope %s gives a retry the run that was found, on another day and by another version',
    async (scope) => {
      const one = bed(scope);
      const { runId } = await one.run('k1');
      const found = await one.run('k2');
      expect(found).toMatchObject({ runId, recorded: undefined, replayed: false });
      one.clock.skip(DAY_MS);
      one.now.active = definition('2.0.0', { idempotencyScope: scope });
      const again = await one.run('k2');
      expect(again).toMatchObject({ runId, recorded: undefined, replayed: true });
      expect((await one.run('k3')).runId).not.toBe(runId);
    },
  );

  it('takes its id from the key where every submission is a run of its own', async () => {
    const one = bed('none');
    expect((await one.run('k')).runId).toBe('k');
    expect((await one.run('k2', { runId: parseJobRunId('own') })).runId).toBe('own');
  });

  it('refuses the key for another request', async () => {
    const one = bed('day');
    await one.run('k');
    const commands = runCommandsOn(one.log);
    const other = runDefinition(commands, commandContext('k', 'another'), {
      id: jobId,
      version: 'latest',
      cause: { type: 'MANUAL' },
      requestId: parseJobRunId('k'),
    });
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('records nothing of what is refused, and a later retry may succeed', async () => {
    const one = bed('day');
    one.now.stage = 'draft';
    await expect(one.run('k')).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    expect(await one.last()).toBe(0);
    one.now.stage = 'active';
    expect((await one.run('k')).replayed).toBe(false);
  });

  it('submits the run on a retry where the first one got no further than the request', async () => {
    const log = memoryLog('JOBS');
    const one = bed('day', { log });
    const append = log.append.bind(log);
    log.append = async (subject, ...rest) => {
      if (subject.includes('.job-run.')) throw new Error('The process ended');
      return await append(subject, ...rest);
    };
    await expect(one.run('k')).rejects.toThrow('The process ended');
    log.append = append;
    one.now.active = definition('2.0.0', { idempotencyScope: 'day' });
    const { state, recorded } = await one.run('k');
    expect(recorded?.event.type).toBe('JobRunSubmitted');
    expect(state?.definition?.version).toBe('1.0.0');
  });

  it('submits one run when requests and their retries race on two nodes', async () => {
    await forSeeds(30, async (random) => {
      const scope = random.pick(IDEMPOTENCY_SCOPES);
      const log = memoryLog('JOBS');
      const nodes = [bed(scope, { log }), bed(scope, { log })] as const;
      if (random.int(2) === 0) CHANGES['another version is active'](nodes[1], scope);
      const calls = Array.from({ length: 6 }, async () => {
        for (let i = random.int(8); i > 0; i -= 1) await Promise.resolve();
        return (await random.pick(nodes).run('k')).runId;
      });
      expect(new Set(await Promise.all(calls)).size).toBe(1);
      expect((await log.head()).last).toBe(2);
    });
  });
});

describe('runDefinition()', () => {
  it('records no request where nobody can send it again', async () => {
    const { run, last } = bed('day');
    await run(undefined);
    expect(await last()).toBe(1);
    await run('k');
    expect(await last()).toBe(2);
  });

  it.each(IDEMPOTENCY_SCOPES)(
    'with scope %s takes an id where it decides nothing else, and says why not',
    async (scope) => {
      const { run, last } = bed(scope);
      const asked = run('k', { runId: parseJobRunId('mine') });
      if (scope === 'none') {
        expect((await asked).runId).toBe('mine');
        return;
      }
      await expect(asked).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        message: `Cannot use id "mine" for a run of job definition "${jobId}": its idempotencyScope "${scope}" decides the id (want no "id")`,
        details: { field: 'id', idempotencyScope: scope },
      });
      expect(await last()).toBe(0);
    },
  );
});
