import { append, reject } from '#commands/decision';
import type { JobRunCommands } from '#commands/on-job-run';
import { type CommandContext, runCommand } from '#commands/run-command';
import type { AggregateSource } from '#domain/aggregate';
import { isRegistryError } from '#domain/errors';
import type { JobRunId } from '#domain/job-run';
import {
  type ResolvedRun,
  type RunRequested,
  type RunRequestState,
  runRequestEvolution,
} from '#domain/run-request';

/** What the command needs. */
export interface RequestCommands extends JobRunCommands {
  readonly requests: AggregateSource<RunRequestState>;
}

/** A submission whose sender may send it again. */
export interface RequestRun {
  /** Follows from the sender's key alone. */
  readonly id: JobRunId;
  /** Says what is submitted, as things stand at a time. Asked only while the request is not known. */
  readonly resolve: (time: string) => Promise<ResolvedRun>;
}

/**
 * Records what a submission is resolved to, once: a retry gets what the first one got, although versions, the day or
 * stages have changed.
 * @throws what `resolve` and `runCommand` throw
 */
export async function requestRun(
  { env, log, requests }: RequestCommands,
  context: CommandContext,
  { id, resolve }: RequestRun,
): Promise<ResolvedRun & { readonly replayed: boolean }> {
  const { state, replayed } = await runCommand<RunRequestState, RunRequested>(env, context, {
    kind: 'run-request',
    id,
    log,
    source: requests,
    evolution: runRequestEvolution,
    decide: async (known, { time }) => {
      if (known !== undefined) return { kind: 'unchanged' };
      try {
        return append({ type: 'JobRunRequested', data: await resolve(time) });
      } catch (error) {
        // A rejection is told only when the log has confirmed that nobody was answered otherwise before.
        if (isRegistryError(error)) return reject(error);
        throw error;
      }
    },
  });
  if (state === undefined) throw new TypeError('A request that was recorded has no state');
  return { run: state.run, isShared: state.isShared, replayed };
}
