import type { CommandContext, CommandEnvironment } from '#commands/run-command';
import {
  type Aggregate,
  type AggregateSource,
  advance,
  type Evolution,
  emptyAggregate,
  type RememberedCommand,
} from '#domain/aggregate';
import { sha256Of } from '#domain/digest';
import type { CommandId, DomainEvent, Kind } from '#domain/event';
import { START } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { systemClock } from '#flow/clock';
import { FairTurns } from '#flow/fair-turns';
import { KeyedQueue } from '#flow/keyed-queue';
import { newId } from '#flow/new-id';
import type { EventLog } from '#log/event-log';
import { MemoryLog } from '#log/memory-log';
import { subjectOf } from '#log/subjects';

/** Makes an environment for commands with small limits. */
export function commandEnvironment(
  overrides: Partial<CommandEnvironment> = {},
): CommandEnvironment {
  return {
    clock: systemClock,
    newId,
    queue: new KeyedQueue({ waitingPerKeyMax: 1_000, waitingMax: 10_000 }),
    turns: new FairTurns({ runningMax: 1_000, sharedRunningMax: 1_000, waitingMax: 10_000 }),
    conflictsMax: 20,
    writeTimeoutMs: 5_000,
    ...overrides,
  };
}

/** Makes a log in memory. */
export function memoryLog(name = 'REGISTRY'): MemoryLog {
  const limits = { messageBytesMax: 900_000, bodyBytesMax: 900_000, bodies: undefined };
  return new MemoryLog({ name, limits, nowMs: () => Date.now() });
}

/** Makes the context of a command; the key and the request name it. */
export function commandContext(key: string = newId(), request = 'request'): CommandContext {
  return {
    scope: DEFAULT_SCOPE,
    actor: 'tester',
    commandId: key as CommandId,
    requestFingerprint: sha256Of(request),
  };
}

/** A source that folds the log itself: always up to date. */
export function freshSource<S, E extends DomainEvent>(
  log: EventLog,
  kind: Kind,
  evolution: Evolution<S, E>,
): AggregateSource<S> {
  return {
    async load(scope, id, commandId) {
      let aggregate: Aggregate<S> = emptyAggregate(evolution.initial);
      let remembered: RememberedCommand | undefined;
      for (const recorded of await log.readSubject(subjectOf({ scope, kind, id }), START)) {
        aggregate = advance(aggregate, evolution, recorded);
        if (recorded.metadata.commandId !== commandId) continue;
        const { requestFingerprint } = recorded.metadata;
        remembered = { requestFingerprint, revision: recorded.position };
      }
      return { aggregate, remembered };
    },
  };
}

/** A source that never sees anything: a view that is hopelessly behind. */
export function blindSource<S>(initial: S): AggregateSource<S> {
  return {
    load: async () => ({ aggregate: emptyAggregate(initial), remembered: undefined }),
  };
}
