import {
  type Aggregate,
  advance,
  COMMANDS_REMEMBERED_MAX,
  emptyAggregate,
  type RememberedCommand,
} from '#domain/aggregate';
import { quote, RegistryError } from '#domain/errors';
import type { CommandId, RecordedEvent } from '#domain/event';
import { decodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { type AggregateId, parseSubject } from '#log/subjects';
import {
  columnsOf,
  evolutionOf,
  isRunKind,
  type RunColumns,
  type RunKind,
} from '#projections/job-runs/run-row';

/** A command that a run has answered, as backends keep it. */
export interface KeptCommand extends RememberedCommand {
  readonly commandId: CommandId;
}

/** Everything that a backend stores of one run. */
export interface StoredRun {
  readonly aggregate: Aggregate<unknown>;
  readonly commands: readonly KeptCommand[];
}

/** A run that a batch touches, as it is afterwards. */
export interface TouchedRun extends StoredRun {
  readonly id: AggregateId & { readonly kind: RunKind };
  readonly columns: RunColumns;
  /** Whether the run begins in this batch: then there is no row yet. */
  readonly isNew: boolean;
}

/** Groups a batch by run. Gives the subjects whose stored state is needed before the batch can be folded. */
export function groupByRun(batch: readonly StoredMessage[]): {
  readonly events: ReadonlyMap<string, readonly RecordedEvent[]>;
  readonly needed: readonly string[];
} {
  const events = new Map<string, RecordedEvent[]>();
  for (const message of batch) {
    const recorded = decodeEvent(message);
    const list = events.get(recorded.subject);
    if (list === undefined) events.set(recorded.subject, [recorded]);
    else list.push(recorded);
  }
  const needed = [...events].filter(([, list]) => list[0]?.metadata.previousHash !== undefined);
  return { events, needed: needed.map(([subject]) => subject) };
}

/**
 * Folds a batch onto the stored states of the runs that it touches.
 * @throws CORRUPT_EVENT when an event does not follow the one before it, or is of a kind that does not belong here
 */
export function foldRuns(
  events: ReadonlyMap<string, readonly RecordedEvent[]>,
  stored: ReadonlyMap<string, StoredRun>,
): readonly TouchedRun[] {
  return [...events].map(([subject, list]) => foldRun(subject, list, stored.get(subject)));
}

function foldRun(
  subject: string,
  list: readonly RecordedEvent[],
  before: StoredRun | undefined,
): TouchedRun {
  const id = parseSubject(subject);
  const { kind } = id;
  const [first] = list;
  if (!isRunKind(kind) || first === undefined) throw foreign(subject);
  const evolution = evolutionOf(kind);
  let aggregate = before?.aggregate ?? emptyAggregate<unknown>(evolution.initial);
  const commands = [...(before?.commands ?? [])];
  for (const recorded of list) {
    if (recorded.metadata.previousHash !== aggregate.hash) throw brokenChain(recorded);
    aggregate = advance(aggregate, evolution, recorded);
    const { commandId, requestFingerprint } = recorded.metadata;
    commands.push({ commandId, requestFingerprint, revision: recorded.position });
  }
  const { state } = aggregate;
  // A run begins with one of few events; anything else before it is no run.
  if (typeof state !== 'object' || state === null) throw brokenChain(first);
  return {
    id: { ...id, kind },
    aggregate,
    columns: columnsOf(kind, state),
    commands: commands.slice(-COMMANDS_REMEMBERED_MAX),
    isNew: before === undefined,
  };
}

function brokenChain({ position, subject }: RecordedEvent): RegistryError {
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot apply event ${position} on ${quote(subject)}: it does not follow the last one of its run (an event was changed, removed or inserted)`,
    { details: { position, subject } },
  );
}

/** Makes the error for a first event of a run that has begun already. */
export function begunTwice(cause: unknown): RegistryError {
  return new RegistryError(
    'CORRUPT_EVENT',
    'Cannot apply a first event: its run is known already (an event was changed or inserted)',
    { cause },
  );
}

function foreign(subject: string): RegistryError {
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot apply an event on ${quote(subject)}: it is of no run (want another stream)`,
  );
}
