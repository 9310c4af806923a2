import type { Scope } from '#domain/scope';
import type { JobRunQuery } from '#projections/job-runs/job-run-view';
import { indexedText } from '#projections/job-runs/run-row';

/** A condition of a list, with a value for each column. */
export interface Condition {
  readonly columns: readonly string[];
  readonly operator: '=' | '>=' | '<';
  readonly values: readonly string[];
  /** Whether the column is mostly empty: its index holds the other rows alone, and is found by that condition only. */
  readonly isSparse?: boolean;
}

function indexed(text: string | undefined): string | undefined {
  return text === undefined ? undefined : indexedText(text);
}

/** Says which rows a page shows. What backends make of it differs in its places alone. */
export function conditionsOf(
  scope: Scope,
  list: 'runs' | 'documents',
  query: Omit<JobRunQuery, 'limit'>,
): readonly Condition[] {
  const { after } = query;
  const equal = (column: string, value: string | undefined): Condition[] =>
    value === undefined ? [] : [{ columns: [column], operator: '=', values: [value] }];
  const time = (operator: '>=' | '<', value: string | undefined): Condition[] =>
    value === undefined ? [] : [{ columns: ['submitted_at'], operator, values: [value] }];
  const sparse = (column: string, value: string | undefined): Condition[] =>
    value === undefined
      ? []
      : [{ columns: [column], operator: '=', values: [value], isSparse: true }];
  return [
    ...equal('tenant', scope.tenant),
    ...equal('environment', scope.environment),
    ...equal('list', list),
    ...equal('status', query.status),
    ...equal('job', indexed(query.job)),
    ...sparse('definition', query.definition),
    ...sparse('parent', indexed(query.parent)),
    ...sparse('correlation', indexed(query.correlation)),
    ...time('>=', query.submittedFrom),
    ...time('<', query.submittedBefore),
    ...(after === undefined
      ? []
      : [
          {
            columns: ['submitted_at', 'id'],
            operator: '<' as const,
            values: [after.submittedAt, after.id],
          },
        ]),
  ];
}
