import { z } from 'zod';
import { beginJobRun } from '#commands/begin-job-run';
import { finishJobRun } from '#commands/finish-job-run';
import type { JobRunAnswer } from '#commands/on-job-run';
import { progressJobRun } from '#commands/progress-job-run';
import type { CommandContext } from '#commands/run-command';
import { startJobRun } from '#commands/start-job-run';
import { sha256Of } from '#domain/digest';
import { type JobRunId, type JobRunStart, parseJobRunId } from '#domain/job-run';
import type { HttpCommands } from '#http/dependencies';
import {
  beginBody,
  cancelBody,
  endOf,
  finishBody,
  progressBody,
  startBody,
} from '#http/job-run-schemas';

const named = { id: z.string() };

/** One step of one run, as a batch holds it. The routes of single runs are the same steps. */
export const runOperation = z
  .discriminatedUnion('op', [
    startBody.extend({ op: z.literal('start') }),
    beginBody.extend({ op: z.literal('begin'), ...named }),
    progressBody.extend({ op: z.literal('progress'), ...named }),
    finishBody.extend({ op: z.literal('finish'), ...named }),
    cancelBody.extend({ op: z.literal('cancel'), ...named }),
  ])
  .meta({ id: 'JobRunOperation' });

/** One step, as it was checked. */
export type RunOperation = z.output<typeof runOperation>;

/**
 * Carries out one step of one run.
 * @throws INVALID_NAME, NOT_FOUND, ILLEGAL_TRANSITION, and what the commands throw
 */
export async function operateRun(
  { jobRuns }: Pick<HttpCommands, 'jobRuns'>,
  context: CommandContext,
  operation: RunOperation,
): Promise<JobRunAnswer> {
  switch (operation.op) {
    case 'start': {
      // With a key the id follows from it, so that a retry is a retry and not a second run.
      const id = parseJobRunId(operation.id ?? runIdOf(context));
      return await startJobRun(jobRuns, context, {
        run: startOf(id, operation),
        status: operation.status,
      });
    }
    case 'begin': {
      const by = operation.by === undefined ? {} : { by: operation.by };
      return await beginJobRun(jobRuns, context, { id: parseJobRunId(operation.id), ...by });
    }
    case 'progress': {
      const { progress } = operation;
      const id = parseJobRunId(operation.id);
      const told = progress === undefined ? {} : { progress: plainProgress(progress) };
      return await progressJobRun(jobRuns, context, { id, ...told });
    }
    case 'finish': {
      const id = parseJobRunId(operation.id);
      return await finishJobRun(jobRuns, context, { id, ...endOf(operation) });
    }
    case 'cancel': {
      const { message } = operation;
      const id = parseJobRunId(operation.id);
      const end = { outcome: 'cancelled', counts: {} } as const;
      return await finishJobRun(jobRuns, context, {
        id,
        end: message === undefined ? end : { ...end, message },
      });
    }
    default:
      return operation satisfies never;
  }
}

/** Derives the id of a run from the command that starts it. */
export function runIdOf({ commandId }: Pick<CommandContext, 'commandId'>): string {
  return sha256Of(commandId).slice(0, 32);
}

/** Reads the run that another one belongs to. @throws INVALID_NAME */
export function parentOf({
  parent_run_id: parent,
}: Pick<z.output<typeof startBody>, 'parent_run_id'>): {
  readonly parentRunId?: JobRunId;
} {
  return parent === undefined ? {} : { parentRunId: parseJobRunId(parent, 'parent_run_id') };
}

function startOf(id: JobRunId, body: Omit<z.output<typeof startBody>, 'id'>): JobRunStart {
  const { job, kind, inputs, metadata } = body;
  return {
    id,
    job,
    kind,
    inputs,
    metadata,
    ...(body.submitted_by === undefined ? {} : { submittedBy: body.submitted_by }),
    ...parentOf(body),
    ...(body.correlation_id === undefined ? {} : { correlationId: body.correlation_id }),
    ...(body.timeout_ms === undefined ? {} : { timeoutMs: body.timeout_ms }),
  };
}

function plainProgress({
  done,
  total,
  message,
}: NonNullable<z.output<typeof progressBody>['progress']>) {
  return {
    done,
    ...(total === undefined ? {} : { total }),
    ...(message === undefined ? {} : { message }),
  };
}
