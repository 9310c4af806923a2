import { describe, expect, it } from 'vitest';
import { RegistryError } from '#domain/errors';
import type { JobRunId } from '#domain/job-run';
import { DEFAULT_SCOPE, type Scope } from '#domain/scope';
import { memoryLog } from '#test/support/command-env';
import { actionProfile, endRun, planOf, profilesOf } from '#test/support/ended-runs';
import { eventually } from '#test/support/wait';
import { openWorkerNode, settledRun, workerContext } from '#test/support/worker-bed';
import type { ActionExecutor } from '#workers/action-attempt';

describe('ActionWorker on a node that must not decide', () => {
  it.each(['NOT_READY', 'FROZEN'] as const)(
    'waits while its node is %s, says so once and holds no run for it',
    async (code) => {
      await using one = openWorkerNode(memoryLog('JOBS'));
      const profile = actionProfile([{ type: 'STORE_RESULTS', parameters: { prefix: 'a' } }]);
      const ids: JobRunId[] = [];
      for (const id of ['first', 'second', 'third'])
        ids.push(await endRun(one.commands, planOf(profile), { id }));
      const execute: ActionExecutor = async () => ({ outcome: 'succeeded' });
      const parts = { profiles: profilesOf(profile), execute };
      const error = new RegistryError(code, 'Cannot work');
      let looks = 0;
      const check = (): void => {
        if (looks <= 2) throw error;
      };
      const queue = {
        overdue: async () => [],
        // What was listed before the node was not ready is still begun.
        actionable: async (now: string, limit: number) => {
          looks += 1;
          if (looks > 1) check();
          return await one.runs.actionable(now, limit);
        },
      };
      const context = (scope: Scope) => {
        check();
        return workerContext(scope);
      };
      await eventually('the view', () =>
        ids.every((id) => one.runs.find(DEFAULT_SCOPE, id)?.actions),
      );
      one.work({ ...parts, queue, context, runsMax: 1 });
      for (const id of ids)
        expect((await settledRun(one, id)).actions).toMatchObject([{ status: 'succeeded' }]);
      expect(one.events.filter(({ type }) => type !== 'action-ended')).toEqual([
        { type: 'stuck', worker: 'actions', error },
        { type: 'recovered', worker: 'actions' },
      ]);
    },
  );
});
