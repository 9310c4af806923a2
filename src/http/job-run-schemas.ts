import { z } from 'zod';
import { ACTION_TYPES } from '#domain/action-parameters';
import type { Json } from '#domain/canonical-json';
import type { JobAction } from '#domain/job-action';
import { JOB_KINDS, type JobRun, type JobRunEnd } from '#domain/job-run';
import { JOB_OUTCOMES, JOB_STATUSES } from '#domain/job-run-step';
import { SEVERITIES } from '#domain/severity';
import { withoutUndefined } from '#domain/without-undefined';
import { mapOf, plainText, sha256, timestamp } from '#http/api-schemas';
import type { FoundRun, JobRunRow } from '#projections/job-runs/job-run-view';

const MAP_ENTRIES_MAX = 100;
const INPUTS_MAX = 1_000;
const MESSAGE_MAX = 4_000;

const label = plainText(200);
const entries = (map: object): boolean => Object.keys(map).length <= MAP_ENTRIES_MAX;
const tooMany = `want at most ${MAP_ENTRIES_MAX} entries`;
const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const counts = mapOf(whole, label).refine(entries, tooMany);
const metrics = mapOf(z.number(), label).refine(entries, tooMany);
const findings = z.partialRecord(z.enum(SEVERITIES), whole);
const metadata = mapOf(z.string().max(MESSAGE_MAX), label).refine(entries, tooMany);
const message = z.string().max(MESSAGE_MAX);
const runId = z.string().meta({ description: '1 to 128 of A-Z, a-z, 0-9, "_" and "-"' });
const inputs = z.array(plainText(1_024)).max(INPUTS_MAX);

const submission = {
  id: runId.optional().meta({
    description: 'Default: a new UUID, or one that follows from the Idempotency-Key',
  }),
  submitted_by: label.optional(),
  parent_run_id: runId.optional(),
  correlation_id: label.optional(),
};

export const startBody = z
  .strictObject({
    ...submission,
    job: label.meta({ example: 'load-dataset' }),
    kind: z.enum(JOB_KINDS).default('validation'),
    status: z
      .enum(['running', 'pending'])
      .default('running')
      .meta({ description: 'A pending run waits for somebody to begin it' }),
    inputs: inputs.default([]),
    metadata: metadata.default({}),
    timeout_ms: z
      .number()
      .int()
      .min(1_000)
      .max(7 * 86_400_000)
      .optional()
      .meta({
        description: 'How long it may go without a sign of life before it counts as failed',
      }),
  })
  .meta({ id: 'StartJobRun' });

export const runDefinitionBody = z
  .strictObject({
    ...submission,
    version: z.string().default('latest').meta({ description: 'Default: the highest active one' }),
    inputs: inputs.optional().meta({ description: 'Default: the datasets of the definition' }),
    metadata: metadata.default({}),
  })
  .meta({ id: 'RunJobDefinition' });

export const beginBody = z.strictObject({ by: label.optional() }).meta({ id: 'BeginJobRun' });

const progress = z.strictObject({
  done: z.number().min(0),
  total: z.number().min(0).optional(),
  message: message.optional(),
});
const toldProgress = progress.refine(({ done, total = done }) => done <= total, {
  path: ['done'],
  message: 'want at most as many done as there are in total',
});

export const progressBody = z
  .strictObject({ progress: toldProgress.optional() })
  .meta({ id: 'ProgressJobRun', description: 'Without progress it is a sign of life alone' });

export const finishBody = z
  .strictObject({
    status: z.enum(JOB_OUTCOMES),
    counts: counts.default({}).meta({ example: { rows: 32074 } }),
    metrics: metrics.optional(),
    findings: findings.optional().meta({
      description:
        'Counts of findings by severity; from the threshold of the definition on the run fails',
    }),
    message: message.optional(),
    report_uri: z.string().max(2_048).optional(),
    report_sha256: sha256.optional(),
    results: z.unknown().optional().meta({
      description: 'Any JSON: kept in the artifact store, the run names its digest and size',
    }),
  })
  .meta({ id: 'FinishJobRun' });

export const cancelBody = z
  .strictObject({ message: message.optional() })
  .meta({ id: 'CancelJobRun' });

/** Reads how a run ended from a body. */
export function endOf(body: z.output<typeof finishBody>): {
  readonly end: JobRunEnd;
  readonly results?: Json;
} {
  const { status: outcome, counts: counted, metrics: measured, findings: found } = body;
  const end = {
    outcome,
    counts: counted,
    ...(measured === undefined ? {} : { metrics: measured }),
    ...(found === undefined ? {} : { findings: withoutUndefined(found) }),
    ...(body.message === undefined ? {} : { message: body.message }),
    ...(body.report_uri === undefined ? {} : { reportUri: body.report_uri }),
    ...(body.report_sha256 === undefined
      ? {}
      : { reportSha256: body.report_sha256 as NonNullable<JobRunEnd['reportSha256']> }),
  };
  return body.results === undefined ? { end } : { end, results: body.results as Json };
}

export const runStatus = z.enum(JOB_STATUSES);

const actionSchema = z.strictObject({
  number: z.number().int(),
  profile: z.strictObject({ id: z.string(), version: z.string() }),
  type: z.enum(ACTION_TYPES).optional(),
  status: z.enum(['pending', 'claimed', 'succeeded', 'failed', 'dead']),
  attempts: z.number().int(),
  due_at: timestamp.optional(),
  detail: z.string().optional(),
});

const versioned = <K extends string>(key: K) =>
  z.strictObject({ [key]: z.string(), version: z.string() } as {
    [P in K | 'version']: z.ZodString;
  });

export const runSchema = z
  .strictObject({
    id: z.string(),
    origin: z.enum(['registry', 'openlineage']),
    job: z.string(),
    kind: z.enum(JOB_KINDS),
    status: runStatus,
    definition: versioned('id').optional(),
    contract: versioned('name').optional(),
    cause: z.looseObject({ type: z.string() }).optional(),
    parent_run_id: z.string().optional(),
    correlation_id: z.string().optional(),
    inputs: z.array(z.string()),
    outputs: z.array(z.string()).optional(),
    submitted_at: timestamp,
    started_at: timestamp.optional(),
    last_sign_at: timestamp,
    timeout_ms: z.number().int().optional(),
    progress: progress.optional(),
    completed_at: timestamp.optional(),
    counts: z.record(z.string(), z.number().int()).optional(),
    metrics: z.record(z.string(), z.number()).optional(),
    findings: findings.optional(),
    message: z.string().optional(),
    report_uri: z.string().optional(),
    report_sha256: z.string().optional(),
    results: z
      .strictObject({ uri: z.string(), sha256, bytes: z.number().int() })
      .optional()
      .meta({ description: 'Where the results lie, and what their bytes are' }),
    actions: z.array(actionSchema).optional(),
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

/** One run as answers show it. */
export type RunJson = z.output<typeof runSchema>;

/**
 * Writes a run as HTTP shows it, with addresses behind the prefix of the request. What is undefined is left out when it is
 * written.
 */
export function runJson(
  { origin, run }: Pick<JobRunRow | FoundRun, 'origin' | 'run'>,
  prefix: string,
): RunJson {
  const { end, definition, contract, cause } = run;
  return {
    id: run.id,
    origin,
    job: run.job,
    kind: run.kind,
    status: run.status,
    definition: definition && { ...definition },
    contract: contract && { ...contract },
    cause: cause && causeJson(cause),
    parent_run_id: run.parentRunId ?? run.metadata['lineage.parent_run_id'],
    correlation_id: run.correlationId,
    inputs: [...run.inputs],
    outputs: 'outputs' in run ? [...run.outputs] : undefined,
    submitted_at: run.submittedAt,
    started_at: run.startedAt,
    last_sign_at: run.lastSignAt,
    timeout_ms: run.timeoutMs,
    progress: run.progress && { ...run.progress },
    completed_at: run.completedAt,
    ...(end === undefined ? {} : endJson(end, `${prefix}/registry/job-runs/${run.id}/results`)),
    actions: run.actions?.map(actionJson),
    submitted_by: run.submittedBy,
    metadata: { ...run.metadata },
  };
}

function causeJson(cause: NonNullable<JobRun['cause']>): NonNullable<RunJson['cause']> {
  if (cause.type !== 'EXTERNAL_EVENT') return { ...cause };
  const { type, source, eventId } = cause;
  return { type, source, event_id: eventId };
}

function endJson(end: JobRunEnd, uri: string): Partial<RunJson> {
  const { results } = end;
  return {
    counts: { ...end.counts },
    metrics: end.metrics && { ...end.metrics },
    findings: end.findings && { ...end.findings },
    message: end.message,
    report_uri: end.reportUri,
    report_sha256: end.reportSha256,
    results: results && { uri, sha256: results.sha256, bytes: results.bytes },
  };
}

function actionJson(action: JobAction, number: number): NonNullable<RunJson['actions']>[number] {
  const { profile, type, status, attempts, dueAt, detail } = action;
  return { number, profile: { ...profile }, type, status, attempts, due_at: dueAt, detail };
}
