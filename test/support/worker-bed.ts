import type { JobRunCommands } from '#commands/on-job-run';
import type { CommandContext } from '#commands/run-command';
import { sha256Of } from '#domain/digest';
import type { CommandId } from '#domain/event';
import type { JobRun, JobRunId } from '#domain/job-run';
import { DEFAULT_SCOPE, type Scope } from '#domain/scope';
import { newId } from '#flow/new-id';
import type { EventLog } from '#log/event-log';
import type { RunQueue } from '#projections/job-runs/run-queue';
import { commandEnvironment } from '#test/support/command-env';
import { actionProfile, endRun, planOf, profilesOf } from '#test/support/ended-runs';
import { followRuns, type LiveRuns } from '#test/support/live-runs';
import { eventually } from '#test/support/wait';
import { ActionWorker, type ActionWorkerOptions } from '#workers/action-worker';
import { type ExecuteParts, executeAction } from '#workers/actions/execute-action';
import { Lanes } from '#workers/lanes';
import type { WorkerEvent } from '#workers/worker-event';

/** The context of a command of a worker. */
export function workerContext(scope: Scope): CommandContext {
  const commandId = newId() as CommandId;
  return { scope, actor: 'worker', commandId, requestFingerprint: sha256Of(commandId) };
}

/** A node on a log of job runs: a view of its own, and commands that decide on it. */
export interface WorkerNode extends AsyncDisposable {
  readonly runs: LiveRuns;
  readonly commands: JobRunCommands;
  readonly events: readonly WorkerEvent[];
  /** Starts an action worker, which is stopped with the node. */
  work(options: WorkOptions): ActionWorker;
}

export type WorkOptions = Pick<ActionWorkerOptions, 'profiles' | 'execute'> &
  Partial<ActionWorkerOptions> & { readonly queue?: RunQueue };

/** Opens a node. */
export function openWorkerNode(
  log: EventLog,
  env: Parameters<typeof commandEnvironment>[0] = {},
): WorkerNode {
  const runs = followRuns(log);
  const commands = { env: commandEnvironment(env), log, source: runs.source };
  const events: WorkerEvent[] = [];
  const workers: ActionWorker[] = [];
  return {
    runs,
    commands,
    events,
    work: (options) => {
      const worker = new ActionWorker({
        commands,
        queue: runs,
        lanes: new Lanes(4),
        context: workerContext,
        claimMarginMs: 30_000,
        runsMax: 16,
        pollMs: 20,
        // The shortest waits before retries.
        random: () => 0,
        onEvent: (event) => events.push(event),
        ...options,
      });
      workers.push(worker);
      worker.start();
      return worker;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await runs[Symbol.asyncDispose]();
    },
  };
}

/** What is needed to work on the actions of one profile, and what ends runs with them. */
export interface ProfileWork {
  readonly parts: Pick<ActionWorkerOptions, 'profiles' | 'execute'>;
  readonly end: (id?: string) => Promise<JobRunId>;
}

/** Makes a profile of actions for a node. */
export function working(
  parts: ExecuteParts,
  { commands }: WorkerNode,
  ...actions: readonly object[]
): ProfileWork {
  const profile = actionProfile(actions);
  return {
    parts: { profiles: profilesOf(profile), execute: executeAction(parts) },
    end: async (id = 'run-1') => await endRun(commands, planOf(profile), { id }),
  };
}

/** Waits until nothing is due any more of a run. */
export async function settledRun({ runs }: WorkerNode, id: JobRunId): Promise<JobRun> {
  return await eventually('the actions to be settled', () => {
    const run = runs.find(DEFAULT_SCOPE, id);
    const isSettled = run?.actions?.every(({ dueAt }) => dueAt === undefined) === true;
    return isSettled ? run : undefined;
  });
}
