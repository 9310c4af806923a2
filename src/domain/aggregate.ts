import type { Sha256 } from '#domain/digest';
import type { CommandId, DomainEvent, EventHash, RecordedEvent } from '#domain/event';
import { type Revision, START } from '#domain/position';
import type { Scope } from '#domain/scope';

/** How one kind of aggregate begins and how an event changes it. Pure; `evolve` cannot fail. */
export interface Evolution<S, E extends DomainEvent> {
  readonly initial: S;
  evolve(state: S, event: E, time: string): S;
  /** Reads the data of a recorded event, upcasting old shapes. @throws CORRUPT_EVENT for an unknown type */
  parse(event: DomainEvent): E;
}

/** A command that an aggregate has already answered: its event is the one at `revision`. */
export interface RememberedCommand {
  readonly requestFingerprint: Sha256;
  readonly revision: Revision;
}

/** The state of one aggregate at one revision. */
export interface Aggregate<S> {
  readonly state: S;
  /** The position of the last event folded in; 0 when there is none. */
  readonly revision: Revision;
  readonly hash: EventHash | undefined;
}

/** An aggregate without any event. */
export function emptyAggregate<S>(initial: S): Aggregate<S> {
  return { state: initial, revision: START, hash: undefined };
}

/** Folds one recorded event into an aggregate. */
export function advance<S, E extends DomainEvent>(
  aggregate: Aggregate<S>,
  evolution: Evolution<S, E>,
  recorded: RecordedEvent,
): Aggregate<S> {
  const event = evolution.parse(recorded.event);
  return {
    state: evolution.evolve(aggregate.state, event, recorded.metadata.time),
    revision: recorded.position,
    hash: recorded.hash,
  };
}

/** An aggregate as a view holds it, and whether it has answered a command already. */
export interface LoadedAggregate<S> {
  readonly aggregate: Aggregate<S>;
  readonly remembered: RememberedCommand | undefined;
}

/** Where commands get the state that they decide on: a projection, which may be behind the log. */
export interface AggregateSource<S> {
  /**
   * Loads an aggregate, empty where the view does not hold it. Looks for the command among the last
   * `COMMANDS_REMEMBERED_MAX` of the aggregate.
   */
  load(scope: Scope, id: string, commandId: CommandId): Promise<LoadedAggregate<S>>;
}

/** How many of an aggregate's last commands are recognised when they are sent again. */
export const COMMANDS_REMEMBERED_MAX = 256;
