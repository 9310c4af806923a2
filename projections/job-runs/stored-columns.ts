import type { TouchedRun } from '#projections/job-runs/fold-runs';

/** The columns of a run in either backend, in this order. */
export const RUN_COLUMNS = [
  'tenant',
  'environment',
  'aggregate',
  'id',
  'list',
  'job',
  'kind',
  'status',
  'definition',
  'parent',
  'correlation',
  'submitted_at',
  'deadline_at',
  'due_at',
  'revision',
  'hash',
  'state',
  'shown',
  'commands',
] as const;
export type RunColumn = (typeof RUN_COLUMNS)[number];

/** Which row a run is. */
export const RUN_KEY: readonly RunColumn[] = ['tenant', 'environment', 'aggregate', 'id'];

/** Gives the values of a run's columns, in their order; JSON as text. */
export function valuesOf({ id, aggregate, columns, commands }: TouchedRun): (string | null)[] {
  return [
    id.scope.tenant,
    id.scope.environment,
    id.kind,
    id.id,
    columns.list,
    columns.job,
    columns.kind,
    columns.status,
    columns.definition,
    columns.parent,
    columns.correlation,
    columns.submittedAt,
    columns.deadlineAt ?? null,
    columns.dueAt ?? null,
    String(aggregate.revision),
    aggregate.hash ?? '',
    JSON.stringify(aggregate.state),
    columns.shown === undefined ? null : JSON.stringify(columns.shown),
    JSON.stringify(commands),
  ];
}
