import {
  type Aggregate,
  advance,
  COMMANDS_REMEMBERED_MAX,
  emptyAggregate,
  type RememberedCommand,
} from '#domain/aggregate';
import { quote, RegistryError } from '#domain/errors';
import type { CommandId, RecordedEvent } from '#domain/event';
import { type JobRunState, jobRunEvolution } from '#domain/job-run';
import { decodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { type AggregateId, parseSubject } from '#log/subjects';

/** A command that a run has answered, as backends keep it. */
export interface KeptCommand extends RememberedCommand {
  readonly commandId: CommandId;
}

/** Everything that a backend stores of one run. */
export interface StoredRun {
  readonly aggregate: Aggregate<JobRunState>;
  readonly commands: readonly KeptCommand[];
}

/** A run that a batch touches, before and after. */
export interface TouchedRun extends StoredRun {
  readonly id: AggregateId;
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
 * @throws CORRUPT_EVENT when an event does not follow the one before it
 */
export function foldRuns(
  events: ReadonlyMap<string, readonly RecordedEvent[]>,
  stored: ReadonlyMap<string, StoredRun>,
): readonly TouchedRun[] {
  return [...events].map(([subject, list]) => {
    const before = stored.get(subject);
    let aggregate = before?.aggregate ?? emptyAggregate<JobRunState>(undefined);
    const commands = [...(before?.commands ?? [])];
    for (const recorded of list) {
      if (recorded.metadata.previousHash !== aggregate.hash) throw brokenChain(recorded);
      aggregate = advance(aggregate, jobRunEvolution, recorded);
      const { commandId, requestFingerprint } = recorded.metadata;
      commands.push({ commandId, requestFingerprint, revision: recorded.position });
    }
    return {
      id: parseSubject(subject),
      aggregate,
      commands: commands.slice(-COMMANDS_REMEMBERED_MAX),
      isNew: before === undefined,
    };
  });
}

function brokenChain({ position, subject }: RecordedEvent): RegistryError {
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot apply event ${position} on ${quote(subject)}: it does not follow the last one of its run (an event was changed, removed or inserted)`,
    { details: { position, subject } },
  );
}
