import { z } from 'zod';
import { JOB_KINDS, JOB_OUTCOMES, type JobRun } from '#domain/job-run';
import { plainText, timestamp } from '#http/api-schemas';

const MAP_ENTRIES_MAX = 100;
const INPUTS_MAX = 1_000;

const label = plainText(200);
const counts = z
  .record(label, z.number().int().min(0).max(Number.MAX_SAFE_INTEGER))
  .refine(
    (map) => Object.keys(map).length <= MAP_ENTRIES_MAX,
    `want at most ${MAP_ENTRIES_MAX} entries`,
  );
const metadata = z
  .record(label, z.string().max(4_000))
  .refine(
    (map) => Object.keys(map).length <= MAP_ENTRIES_MAX,
    `want at most ${MAP_ENTRIES_MAX} entries`,
  );

export const startBody = z
  .strictObject({
    id: z
      .string()
      .optional()
      .meta({ description: 'Default: a new UUID, or one that follows from the Idempotency-Key' }),
    job: label.meta({ example: 'load-dataset' }),
    kind: z.enum(JOB_KINDS).default('validation'),
    inputs: z.array(plainText(1_024)).max(INPUTS_MAX).default([]),
    submitted_by: label.optional(),
    metadata: metadata.default({}),
  })
  .meta({ id: 'StartJobRun' });

export const finishBody = z
  .strictObject({
    status: z.enum(JOB_OUTCOMES),
    counts: counts.default({}).meta({ example: { rows: 32074 } }),
    message: z.string().max(4_000).optional(),
    report_uri: z.string().max(2_048).optional(),
  })
  .meta({ id: 'FinishJobRun' });

export const runStatus = z.enum(['running', ...JOB_OUTCOMES]);

export const runSchema = z
  .strictObject({
    id: z.string(),
    job: z.string(),
    kind: z.enum(JOB_KINDS),
    status: runStatus,
    inputs: z.array(z.string()),
    started_at: timestamp,
    completed_at: timestamp.optional(),
    counts: z.record(z.string(), z.number().int()).optional(),
    message: z.string().optional(),
    report_uri: z.string().optional(),
    submitted_by: z.string().optional(),
    metadata: z.record(z.string(), z.string()),
  })
  .meta({ id: 'JobRun' });

export const runListSchema = z
  .strictObject({
    job_runs: z.array(runSchema),
    next_cursor: z.string().optional().meta({ description: 'Absent on the last page' }),
  })
  .meta({ id: 'JobRunList' });

/** Writes a run as HTTP shows it. */
export function runJson(run: JobRun): z.output<typeof runSchema> {
  const { end, completedAt, submittedBy } = run;
  return {
    id: run.id,
    job: run.job,
    kind: run.kind,
    status: run.status,
    inputs: [...run.inputs],
    started_at: run.startedAt,
    ...(completedAt === undefined ? {} : { completed_at: completedAt }),
    ...(end === undefined ? {} : { counts: { ...end.counts } }),
    ...(end?.message === undefined ? {} : { message: end.message }),
    ...(end?.reportUri === undefined ? {} : { report_uri: end.reportUri }),
    ...(submittedBy === undefined ? {} : { submitted_by: submittedBy }),
    metadata: { ...run.metadata },
  };
}
