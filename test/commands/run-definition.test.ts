import { describe, expect, it } from 'vitest';
import { beginJobRun } from '#commands/begin-job-run';
import { finishJobRun } from '#commands/finish-job-run';
import { actionPlanner } from '#commands/plan-actions';
import { type RunDefinition, runDefinition } from '#commands/run-definition';
import { triggerJobs } from '#commands/trigger-jobs';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import { definitionOf, parseActionProfileId, parseJobDefinitionId } from '#domain/definition';
import { type JobDefinition, readJobDefinition } from '#domain/job-definition';
import { parseJobRunId } from '#domain/job-run';
import { JOB_STAGES, nextJobStages } from '#domain/job-stage';
import { START } from '#domain/position';
import { commandContext, memoryLog } from '#test/support/command-env';
import { type RunBedCommands, runCommandsOn } from '#test/support/job-runs';
import { jobId, jobOf } from '#test/support/jobs';

const isKnown = async () => true;
const v1 = parseContractVersion('1.0.0');

function definition(rest: Record<string, unknown> = {}): JobDefinition {
  return definitionOf(jobId, v1, readJobDefinition(jobOf({ datasets: ['a', 'b'], ...rest })));
}

/** Commands on an empty log that know one definition. */
function bed(one: JobDefinition, overrides: Partial<RunBedCommands> = {}) {
  const log = memoryLog('JOBS');
  const commands = runCommandsOn(log, {
    definitions: { find: async () => one },
    runnable: {
      findStaged: async () => ({ definition: one, stage: 'active' }),
      isKnown,
      approvedContract: async () => undefined,
    },
    ...overrides,
  });
  const run = (rest: Partial<RunDefinition> = {}) =>
    runDefinition(commands, commandContext(), {
      id: jobId,
      version: 'latest',
      cause: { type: 'MANUAL' },
      ...rest,
    });
  return { log, commands, run };
}

describe('runDefinition()', () => {
  it('submits a pending run with what the definition says', async () => {
    const { run } = bed(definition({ timeoutMs: 5_000 }));
    const { state } = await run({ correlationId: 'c', submittedBy: 's' });
    expect(state).toMatchObject({
      status: 'pending',
      job: jobId,
      kind: 'validation',
      inputs: ['a', 'b'],
      definition: { id: jobId, version: v1 },
      timeoutMs: 5_000,
      correlationId: 'c',
      submittedBy: 's',
    });
  });

  it.each([
    ['none', [{}, {}], 2],
    ['definition', [{}, { inputs: ['x'] }], 1],
    ['day', [{}, { inputs: ['x'] }], 1],
    ['inputs', [{ inputs: ['x', 'y'] }, { inputs: ['y', 'x'] }], 1],
    ['inputs', [{ inputs: ['x'] }, { inputs: ['y'] }], 2],
  ] as const)(
    'with idempotency scope %s makes of %j runs: %i',
    async (idempotencyScope, runs, wanted) => {
      const { run } = bed(definition({ idempotencyScope }));
      const ids = new Set<string>();
      for (const rest of runs) ids.add((await run(rest)).runId);
      expect(ids.size).toBe(wanted);
    },
  );

  it('submits what a schedule or an event asks for once, however many ask at once', async () => {
    const { log, run } = bed(definition());
    const scheduled = {
      cause: { type: 'SCHEDULED', occurrence: '2026-01-01T00:00:00.000Z' },
    } as const;
    const answers = await Promise.all(Array.from({ length: 12 }, () => run(scheduled)));
    expect(new Set(answers.map(({ runId }) => runId)).size).toBe(1);
    expect(answers.filter(({ recorded }) => recorded !== undefined)).toHaveLength(1);
    expect((await log.head()).last).toBe(1);
    await run({ cause: { type: 'EXTERNAL_EVENT', source: 's', eventId: '1' } });
    await run({ cause: { type: 'EXTERNAL_EVENT', source: 's', eventId: '1' } });
    expect((await log.head()).last).toBe(2);
  });

  it('refuses a run id that is used', async () => {
    const { run } = bed(definition());
    await run({ runId: parseJobRunId('r') });
    await expect(run({ runId: parseJobRunId('r') })).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    });
  });

  it('refuses what is not there, not active, or checks against a contract that is not approved', async () => {
    const contract = { name: 'orders', version: 'latest' };
    const one = definition({ contract });
    const approvedContract = async () => undefined;
    const missing = bed(one, {
      runnable: { findStaged: async () => undefined, isKnown, approvedContract },
    });
    await expect(missing.run()).rejects.toMatchObject({
      code: 'NOT_FOUND',
      outcome: 'not-applied',
    });
    for (const stage of JOB_STAGES.filter((other) => other !== 'active')) {
      const findStaged = async () => ({ definition: one, stage });
      const inactive = bed(one, { runnable: { findStaged, isKnown, approvedContract } });
      await expect(inactive.run()).rejects.toMatchObject({
        code: 'ILLEGAL_TRANSITION',
        details: { stage, legal: nextJobStages(stage) },
      });
    }
    const { log, run } = bed(one);
    await expect(run()).rejects.toThrow(/contract "orders" version "latest" is not approved/);
    expect((await log.head()).last).toBe(START);
  });

  it('notes which version of the contract it checks against', async () => {
    const one = definition({ contract: { name: 'orders', version: 'latest' } });
    const version = parseContractVersion('2.1.0');
    const { run } = bed(one, {
      runnable: {
        findStaged: async () => ({ definition: one, stage: 'active' }),
        isKnown,
        approvedContract: async () => version,
      },
    });
    const { state } = await run();
    expect(state?.contract).toEqual({ name: parseContractName('orders'), version });
  });
});

describe('a definition that cannot be run', () => {
  it.each([
    [false, 'latest', 'no such definition is in this tenant and environment'],
    [false, '1.0.0', 'no such definition is in this tenant and environment'],
    [true, 'latest', 'none of its versions is active'],
    [true, '1.0.0', 'it has no such version'],
  ] as const)('is told by what is there: known %s, version %s', async (known, wanted, why) => {
    const approvedContract = async () => undefined;
    const findStaged = async () => undefined;
    const runnable = { findStaged, isKnown: async () => known, approvedContract };
    const version = wanted === 'latest' ? wanted : parseContractVersion(wanted);
    await expect(bed(definition(), { runnable }).run({ version })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(
        `Cannot run job definition "${jobId}" version "${wanted}": ${why} (want `,
      ),
    });
  });
});

describe('the end of a defined run', () => {
  const profile = (name: string) => ({
    id: parseActionProfileId(name),
    version: 'latest' as const,
  });
  const one = definition({
    onSuccess: [profile('on.success'), profile('both')],
    onFailure: [profile('on.failure')],
    onAnomaly: [profile('on.anomaly'), profile('both')],
    severityThreshold: 'error',
  });
  const planner = actionPlanner({
    definitions: { find: async () => one },
    profiles: {
      findActive: async (_, id) =>
        id === 'on.anomaly'
          ? undefined
          : { version: v1, actions: [{ type: 'STORE_RESULTS', parameters: { prefix: 'p' } }] },
    },
  });
  const endOf = async (end: object) => {
    const { commands, run } = bed(one, { planner });
    const { runId } = await run();
    const status = 'outcome' in end ? end : { outcome: 'succeeded', ...end };
    await beginJobRun(commands, commandContext(), { id: runId });
    const told = { counts: {}, ...status } as never;
    const { state } = await finishJobRun(commands, commandContext(), { id: runId, end: told });
    return state;
  };
  const profilesOf = (run: Awaited<ReturnType<typeof endOf>>) =>
    (run?.actions ?? []).map(({ profile: { id }, status }) => `${id} ${status}`);

  it('plans by how it ended; findings below the threshold are anomalies of a success', async () => {
    expect(profilesOf(await endOf({}))).toEqual(['on.success pending', 'both pending']);
    expect(profilesOf(await endOf({ findings: { warning: 1 } }))).toEqual([
      'on.success pending',
      'both pending',
      'on.anomaly dead',
    ]);
    expect(profilesOf(await endOf({ outcome: 'failed' }))).toEqual(['on.failure pending']);
    expect(profilesOf(await endOf({ outcome: 'cancelled' }))).toEqual([]);
  });

  it('fails for findings from the threshold on, whatever the run says of itself', async () => {
    const run = await endOf({ findings: { error: 1, critical: 2 } });
    expect(run).toMatchObject({
      status: 'failed',
      end: { outcome: 'failed', message: '3 findings of severity "error" or more' },
    });
    expect(profilesOf(run)).toEqual(['on.failure pending']);
    const { end } = (await endOf({ findings: { error: 1 } })) ?? {};
    expect(end?.message).toBe('1 finding of severity "error" or more');
  });

  it('says of a profile without an active version what is the matter', async () => {
    const run = await endOf({ findings: { info: 1 } });
    expect(run?.actions?.at(-1)).toMatchObject({
      status: 'dead',
      detail: expect.stringMatching(/it is not active/),
    });
  });
});

describe('triggerJobs()', () => {
  it('submits a run of each definition that waits for the event, once, and tells what was refused', async () => {
    const external = (filter: object) => ({
      trigger: { type: 'EXTERNAL_EVENT', source: 'db', filter },
    });
    const waiting = definition(external({ eventType: 'loaded' }));
    const other = {
      ...definition(external({ eventType: 'dropped' })),
      id: parseJobDefinitionId('other'),
    };
    const broken = { ...waiting, id: parseJobDefinitionId('broken') };
    const { commands } = bed(waiting, {
      runnable: {
        findStaged: async (_, id) =>
          id === 'broken' ? undefined : { definition: waiting, stage: 'active' },
        isKnown,
        approvedContract: async () => undefined,
      },
    });
    const listening = async function* () {
      yield* [other, broken, waiting];
    };
    const event = { source: 'db', id: 'e1', type: 'loaded', data: {} };
    const first = await triggerJobs({ ...commands, listening }, commandContext(), event);
    expect(first.map((one) => [one.definition, 'answer' in one])).toEqual([
      ['broken', false],
      [jobId, true],
    ]);
    const again = await triggerJobs({ ...commands, listening }, commandContext(), event);
    const recorded = again.flatMap((one) => ('answer' in one ? [one.answer.recorded] : []));
    expect(recorded).toEqual([undefined]);
  });
});
