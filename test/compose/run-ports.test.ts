import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeActionProfileStage } from '#commands/change-action-profile-stage';
import { changeJobStage } from '#commands/change-job-stage';
import { defineJob } from '#commands/define-job';
import { runPorts } from '#compose/run-ports';
import { type ContractVersion, parseContractVersion } from '#domain/contract-name';
import { parseActionProfileId, parseJobDefinitionId } from '#domain/definition';
import type { JobRun } from '#domain/job-run';
import { toPosition } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { commandContext } from '#test/support/command-env';
import { runStart } from '#test/support/ended-runs';
import { type JobBed, openJobBed, UP } from '#test/support/job-bed';
import { jobOf } from '#test/support/jobs';

const id = parseJobDefinitionId('orders.check');
const profile = parseActionProfileId('alerts.team');
const notReady = { code: 'NOT_READY', outcome: 'not-applied', retryAfterSeconds: 1 };
const time = '2026-03-01T12:00:00.000Z';

let bed: JobBed;
beforeEach(() => {
  bed = openJobBed();
});
afterEach(() => bed[Symbol.dispose]());

/** The ports of a node whose catalog shows what the bed has caught up with. */
function ports({ caughtUp = true } = {}) {
  const view = { name: 'catalog', position: toPosition(0), caughtUp };
  return runPorts({ reader: () => bed.reader, view });
}

/** A running run of a version of the definition. */
function runOf(version: ContractVersion): JobRun {
  const run = runStart({ definition: { id, version } });
  return { ...run, status: 'running', submittedAt: time, lastSignAt: time };
}

const plan = async (version: ContractVersion) =>
  await ports().planner.plan(DEFAULT_SCOPE, runOf(version), { outcome: 'failed' });

describe('runPorts()', () => {
  it('refuse everything until the catalog has caught up', async () => {
    const version = await bed.job(id, {}, ...UP);
    const { definitions, planner, runnable, listening } = ports({ caughtUp: false });
    const asked = [
      definitions.find(DEFAULT_SCOPE, id, version),
      planner.plan(DEFAULT_SCOPE, runOf(version), { outcome: 'failed' }),
      runnable.findStaged(DEFAULT_SCOPE, id, 'latest'),
      runnable.isKnown(DEFAULT_SCOPE, id),
      runnable.approvedContract(DEFAULT_SCOPE, 'orders' as never, 'latest'),
      (async () => listening(DEFAULT_SCOPE))(),
    ];
    for (const one of await Promise.allSettled(asked))
      expect(one).toMatchObject({ status: 'rejected', reason: notReady });
    expect((await ports().definitions.find(DEFAULT_SCOPE, id, version))?.version).toBe(version);
  });

  it('refuse everything while the catalog is not open', async () => {
    const closed = new CatalogProjection('/nowhere');
    const view = { name: 'catalog', position: toPosition(0), caughtUp: true };
    const { definitions } = runPorts({ reader: () => closed.reader, view });
    const version = parseContractVersion('1.0.0');
    await expect(definitions.find(DEFAULT_SCOPE, id, version)).rejects.toMatchObject(notReady);
  });

  it('plan nothing by a version that is not there, or was never active as far as they see', async () => {
    await expect(plan(parseContractVersion('1.0.0'))).rejects.toMatchObject(notReady);
    const version = await bed.job(id, {}, 'pending_approval');
    await expect(plan(version)).rejects.toMatchObject(notReady);
    await bed.moved(id, version, 'active');
    expect(await plan(version)).toEqual([]);
    await bed.moved(id, version, 'retired');
    expect(await plan(version)).toEqual([]);
  });

  it.each(['latest', '1.0.0'])('plan a profile %s that was retired as dead', async (wanted) => {
    const version = await bed.profile(profile, {}, ...UP);
    const onFailure = [{ id: profile, version: wanted }];
    const job = await bed.job(id, { onFailure }, ...UP);
    expect(await plan(job)).toMatchObject([{ type: 'STORE_RESULTS', index: 0 }]);
    await bed.moved(id, job, 'retired');
    const retired = { id: profile, version, to: 'retired' } as const;
    await changeActionProfileStage(bed.profiles, commandContext(), retired);
    await bed.catchUp();
    expect(await plan(job)).toEqual([
      expect.objectContaining({ problem: expect.stringMatching(/it is not active/) }),
    ]);
  });

  it.each(['latest', '1.0.0'])(
    'plan nothing by a profile %s that they do not see',
    async (wanted) => {
      const onFailure = [{ id: profile, version: wanted }];
      const blind = { ...bed.jobs, profiles: { stageOf: async () => 'active' as const } };
      const { version } = (
        await defineJob(blind, commandContext(), { id, content: jobOf({ onFailure }) })
      ).defined;
      await bed.catchUp();
      for (const to of UP) {
        await changeJobStage(blind, commandContext(), { id, version, to });
        await bed.catchUp();
      }
      await expect(plan(version)).rejects.toMatchObject(notReady);
    },
  );

  it('tell a definition without an active version from one that is not there', async () => {
    const { runnable } = ports();
    expect(await runnable.isKnown(DEFAULT_SCOPE, id)).toBe(false);
    await bed.job(id, {});
    expect(await runnable.isKnown(DEFAULT_SCOPE, id)).toBe(true);
    expect(await runnable.findStaged(DEFAULT_SCOPE, id, 'latest')).toBeUndefined();
  });
});
