import type { Database, Statement } from 'better-sqlite3';
import {
  COMMANDS_REMEMBERED_MAX,
  type Evolution,
  emptyAggregate,
  type LoadedAggregate,
} from '#domain/aggregate';
import type { CommandId, DomainEvent, EventHash } from '#domain/event';
import type { Revision } from '#domain/position';
import { RememberedCommands } from '#projections/catalog/remembered-commands';

/** One event of an aggregate, as the catalog keeps it. */
export interface EventRow {
  readonly position: Revision;
  readonly type: string;
  readonly time: string;
  readonly actor: string;
  readonly hash: EventHash;
  readonly data: string;
}

/**
 * Aggregates of one kind whose states the catalog does not keep: each is folded from its events whenever it is asked for. For
 * kinds of which there are few, with few events each.
 */
export class FoldedAggregates<S, E extends DomainEvent> {
  readonly #evolution: Evolution<S, E>;
  readonly #events: Statement<[number, number]>;
  readonly #remembered: RememberedCommands;

  constructor(db: Database, evolution: Evolution<S, E>) {
    this.#evolution = evolution;
    this.#events = db.prepare(`
      SELECT position, type, time, actor, hash, data FROM revision WHERE position IN (
        SELECT position FROM recent_of WHERE aggregate = ?
        UNION ALL SELECT position FROM revision_of WHERE aggregate = ?)
      ORDER BY position`);
    this.#remembered = new RememberedCommands(db);
  }

  /** Gives the events of an aggregate, by its number in the catalog, the oldest first. */
  eventsOf(aggregate: number): readonly EventRow[] {
    return this.#events.all(aggregate, aggregate) as EventRow[];
  }

  /** Gives the state that events lead to. */
  fold(events: readonly EventRow[]): S {
    const evolution = this.#evolution;
    let state = evolution.initial;
    for (const { type, data, time } of events)
      state = evolution.evolve(state, evolution.parse({ type, data: JSON.parse(data) }), time);
    return state;
  }

  /** Gives what decisions know of an aggregate; `undefined` for one that is not there. */
  load(aggregate: number | undefined, commandId: CommandId): LoadedAggregate<S> {
    const events = aggregate === undefined ? [] : this.eventsOf(aggregate);
    const last = events.at(-1);
    if (aggregate === undefined || last === undefined)
      return { aggregate: emptyAggregate(this.#evolution.initial), remembered: undefined };
    const remembered = this.#remembered.find(aggregate, commandId, COMMANDS_REMEMBERED_MAX);
    const state = this.fold(events);
    return { aggregate: { state, revision: last.position, hash: last.hash }, remembered };
  }
}
