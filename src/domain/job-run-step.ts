import { quote, RegistryError } from '#domain/errors';

/** Lists how a run can stand. */
export const JOB_STATUSES = [
  'pending',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** Lists how a run can end. */
export const JOB_OUTCOMES = ['succeeded', 'failed', 'cancelled', 'skipped'] as const;
export type JobOutcome = (typeof JOB_OUTCOMES)[number];

/** Says which statuses may follow which. A run that has ended stays as it is. */
export const JOB_RUN_STEPS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  pending: ['running', 'failed', 'cancelled', 'skipped'],
  running: ['succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
  skipped: [],
};

/** Says whether a status is the last one of a run. */
export function isOutcome(status: JobStatus): status is JobOutcome {
  return JOB_RUN_STEPS[status].length === 0;
}

/** Explains that a run cannot take a step. Names the legal ones in `details.legal`. */
export function illegalRunStep(id: string, from: JobStatus, to: string): RegistryError {
  return stepError({ id, from }, `Cannot make job run ${quote(id)} ${quote(to)}`);
}

/** A wish that does not fit how a run stands. */
interface RefusedWish {
  readonly id: string;
  readonly from: JobStatus;
  /** What was wished, as in `Cannot begin job run`. */
  readonly verb: string;
  /** Default: its status, and the steps that it may take. */
  readonly why?: string;
}

/** Explains that a wish does not fit how a run stands. Names the legal steps in `details.legal`. */
export function refusedRunWish({ id, from, verb, why }: RefusedWish): RegistryError {
  return stepError({ id, from }, `Cannot ${verb} job run ${quote(id)}`, why);
}

function stepError(
  { id, from }: Pick<RefusedWish, 'id' | 'from'>,
  cannot: string,
  why?: string,
): RegistryError {
  const legal = JOB_RUN_STEPS[from];
  const want = legal.length === 0 ? 'no step: it has ended' : legal.join(' or ');
  return new RegistryError(
    'ILLEGAL_TRANSITION',
    `${cannot}: ${why ?? `it is "${from}" (want ${want})`}`,
    { details: { id, status: from, legal }, outcome: 'not-applied' },
  );
}
