import { type Aggregate, emptyAggregate, type LoadedAggregate } from '#domain/aggregate';
import type { CommandId, EventHash } from '#domain/event';
import type { JobRun } from '#domain/job-run';
import { type Revision, toPosition } from '#domain/position';
import type { LineageRun } from '#lineage/lineage-run';
import type { LineageJobRun } from '#lineage/to-job-run';
import type { KeptCommand, StoredRun } from '#projections/job-runs/fold-runs';
import type { FoundRun, JobRunRow } from '#projections/job-runs/job-run-view';
import { evolutionOf, type RunKind } from '#projections/job-runs/run-row';

/** A row as either backend gives it: JSON columns parsed or as text, whole numbers of 64 bits as text. */
export interface StoredRow {
  /** `null` when there is no row. */
  readonly revision: number | string | null;
  readonly aggregate: RunKind;
  readonly hash: string;
  readonly state: unknown;
  readonly shown: unknown;
  readonly commands: unknown;
}

/** Reads a JSON column. */
export function parsedColumn(column: unknown): unknown {
  return typeof column === 'string' ? JSON.parse(column) : column;
}

/** Reads what a row holds of its aggregate. */
export function toStored(row: StoredRow): StoredRun {
  return {
    aggregate: {
      state: parsedColumn(row.state),
      revision: revisionOf(row),
      hash: row.hash as EventHash,
    },
    commands: parsedColumn(row.commands) as KeptCommand[],
  };
}

/** Reads what decisions about an aggregate know. */
export function toLoaded<S>(
  row: StoredRow | undefined,
  kind: RunKind,
  commandId: CommandId,
): LoadedAggregate<S> {
  if (row === undefined || row.revision === null) {
    const initial = evolutionOf(kind).initial as S;
    return { aggregate: emptyAggregate(initial), remembered: undefined };
  }
  const { aggregate, commands } = toStored(row);
  const remembered = commands.findLast((command) => command.commandId === commandId);
  return { aggregate: aggregate as Aggregate<S>, remembered };
}

/** Reads a row of a list, whose state is not there where it is not shown. */
export function toRunRow(row: StoredRow): JobRunRow {
  const revision = revisionOf(row);
  if (row.aggregate === 'job-run')
    return { origin: 'registry', revision, run: parsedColumn(row.state) as JobRun };
  return { origin: 'openlineage', revision, run: parsedColumn(row.shown) as LineageJobRun };
}

/** Reads a row with all that is known of its run. */
export function toFoundRun(row: StoredRow | undefined): FoundRun | undefined {
  if (row === undefined || row.revision === null) return undefined;
  const found = toRunRow(row);
  if (found.origin === 'registry') return found;
  return { ...found, lineage: parsedColumn(row.state) as LineageRun };
}

/** Reads the statement that a row holds; `undefined` where there is no row. */
export function toDocument(row: StoredRow | undefined): unknown {
  if (row === undefined || row.revision === null) return undefined;
  return (parsedColumn(row.state) as { readonly document: unknown }).document;
}

function revisionOf({ revision }: StoredRow): Revision {
  return toPosition(Number(revision ?? 0));
}
