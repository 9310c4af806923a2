import { appendUntilDefinite } from '#commands/append-until-definite';
import type { Decision, DecisionContext } from '#commands/decision';
import { type EndedCommand, type OnCommand, outcomeOf } from '#commands/ended-command';
import {
  type Aggregate,
  type AggregateSource,
  advance,
  type Evolution,
  emptyAggregate,
  type LoadedAggregate,
  type RememberedCommand,
} from '#domain/aggregate';
import type { Sha256 } from '#domain/digest';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import type { CommandId, DomainEvent, EventId, Kind, NewEvent, RecordedEvent } from '#domain/event';
import { type Position, type Revision, toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import { backoffMs } from '#flow/backoff';
import { type Clock, toTimestamp } from '#flow/clock';
import type { FairTurns } from '#flow/fair-turns';
import type { KeyedQueue } from '#flow/keyed-queue';
import { NO_SPAN, NO_TRACES, type Span, type TracedWork, type Tracer } from '#flow/tracer';
import type { EventLog } from '#log/event-log';
import { type Subject, subjectOf } from '#log/subjects';

/** What every command needs to be carried out; assembled once. */
export interface CommandEnvironment {
  readonly clock: Clock;
  readonly newId: () => string;
  /** Commands for one aggregate wait here for each other. */
  readonly queue: KeyedQueue;
  /** Tenants take turns here to append, when there are more appends than the log takes at once. */
  readonly turns: FairTurns;
  /** How often a decision is made again because another writer was faster. */
  readonly conflictsMax: number;
  /** How long one append is repeated while its outcome is unknown. */
  readonly writeTimeoutMs: number;
  /** Hears what every command has come to. Must not throw. */
  readonly onCommand?: OnCommand;
  /** Default: nothing is traced. */
  readonly tracer?: Tracer;
}

/** Who sends a command, and which it is. */
export interface CommandContext {
  readonly scope: Scope;
  readonly actor: string;
  readonly commandId: CommandId;
  readonly requestFingerprint: Sha256;
  /** The request that it came with, for the audit; absent where none asked for it. */
  readonly requestId?: string;
  /** The trace of that request, where it is recorded. */
  readonly trace?: TracedWork;
}

/** What a decision within `runCommand` may know: also which revision the state is of. */
export interface AttemptContext extends DecisionContext {
  readonly revision: Revision;
}

/** One command against one aggregate. */
export interface CommandSpec<S, E extends DomainEvent> {
  readonly kind: Kind;
  readonly id: string;
  readonly log: EventLog;
  readonly source: AggregateSource<S>;
  readonly evolution: Evolution<S, E>;
  /**
   * Pure. Called again on newer state after every conflict. It may wait for a computation that depends on its arguments
   * and on immutable content alone, such as a proof about two versions.
   */
  decide(state: S, context: AttemptContext): Decision<E> | Promise<Decision<E>>;
}

/** What a command has come to. */
export interface CommandAnswer<S, E extends DomainEvent> {
  /** The event that says it; absent when everything was so already. */
  readonly recorded: { readonly event: E; readonly time: string } | undefined;
  /** The newest state that was seen. */
  readonly state: S;
  /** The position of the event, or of the last one of the aggregate. */
  readonly position: Position;
  /** Whether the command had been carried out before, under the same id. */
  readonly replayed: boolean;
}

/**
 * Carries out a command: load, decide, append with compare-and-set; on a conflict the whole decision again on what the
 * log holds. What appends nothing is told only after the log itself has confirmed the state that it rests on.
 * @throws the decision's own error; IDEMPOTENCY_KEY_REUSED; BUSY; CONTENTION; OUTCOME_UNKNOWN; LOG_*
 */
export async function runCommand<S, E extends DomainEvent>(
  env: CommandEnvironment,
  context: CommandContext,
  spec: CommandSpec<S, E>,
): Promise<CommandAnswer<S, E>> {
  const subject = subjectOf({ scope: context.scope, kind: spec.kind, id: spec.id });
  const tally = { attempts: 0, conflicts: 0 };
  const begun = env.clock.monotonicMs();
  let outcome: EndedCommand['outcome'] = 'INTERNAL';
  const run = async (span: Span): Promise<CommandAnswer<S, E>> => {
    const at = { env, context, spec, subject, tally, span };
    const answer = await env.queue.run(subject, async () => new Attempt(at, await load(at)).run());
    outcome = outcomeOf(answer);
    span.tag({ position: answer.position, outcome });
    return answer;
  };
  const { tracer = NO_TRACES } = env;
  const tags = { kind: spec.kind };
  try {
    // What workers do by themselves is in no request's trace.
    return context.requestId === undefined
      ? await tracer.begin('command', tags, run)
      : await (context.trace ?? NO_SPAN).part('command', tags, run);
  } catch (error) {
    if (isRegistryError(error)) outcome = error.code;
    throw error;
  } finally {
    const durationMs = env.clock.monotonicMs() - begun;
    env.onCommand?.({ kind: spec.kind, outcome, ...tally, durationMs });
  }
}

/** Loads what the view holds; where its storage is away, the log alone tells the state. */
async function load<S, E extends DomainEvent>(at: Surroundings<S, E>): Promise<LoadedAggregate<S>> {
  const { context, spec } = at;
  try {
    return await spec.source.load(context.scope, spec.id, context.commandId);
  } catch (error) {
    if (!isRegistryError(error, 'VIEW_UNAVAILABLE')) throw error;
    const empty = { aggregate: emptyAggregate(spec.evolution.initial), remembered: undefined };
    return await new Attempt(at, empty).caughtUp();
  }
}

interface Surroundings<S, E extends DomainEvent> {
  readonly env: CommandEnvironment;
  readonly context: CommandContext;
  readonly spec: CommandSpec<S, E>;
  readonly subject: Subject;
  /** Counts along, for whoever hears of the end. */
  readonly tally: { attempts: number; conflicts: number };
  readonly span: Span;
}

class Attempt<S, E extends DomainEvent> {
  readonly #at: Surroundings<S, E>;
  #aggregate: Aggregate<S>;
  #remembered: RememberedCommand | undefined;

  constructor(at: Surroundings<S, E>, loaded: LoadedAggregate<S>) {
    this.#at = at;
    this.#aggregate = loaded.aggregate;
    this.#remembered = loaded.remembered;
  }

  async run(): Promise<CommandAnswer<S, E>> {
    const { env, context, spec, subject, tally, span: command } = this.#at;
    let confirmed = false;
    while (tally.conflicts <= env.conflictsMax) {
      if (this.#remembered !== undefined) return await this.#answerAgain(this.#remembered);
      const time = toTimestamp(env.clock.nowMs());
      const { state, revision } = this.#aggregate;
      tally.attempts += 1;
      const known = { scope: context.scope, time, revision };
      const decision = await command.part('decide', { kind: spec.kind }, async (span) => {
        const made = await spec.decide(state, known);
        span.tag({ outcome: made.kind });
        return made;
      });
      if (decision.kind !== 'append') {
        // The view may be behind: what it forbids, or what is so there already, may be otherwise by now.
        if (!confirmed && (await this.#catchUp())) {
          confirmed = true;
          continue;
        }
        if (decision.kind === 'reject') throw decision.error;
        return this.#answer(undefined, this.#aggregate.revision);
      }
      const position = await this.#append(decision.event, time);
      if (position !== undefined) return this.#answer({ event: decision.event, time }, position);
      tally.conflicts += 1;
      // A leader that lost its place may not show the winner yet.
      if (!(await this.#catchUp())) await env.clock.sleep(backoffMs(tally.conflicts, BACKOFF));
      confirmed = true;
    }
    throw contention(subject, env.conflictsMax);
  }

  /** Folds in everything that the log holds, and gives it. */
  async caughtUp(): Promise<LoadedAggregate<S>> {
    await this.#catchUp();
    return { aggregate: this.#aggregate, remembered: this.#remembered };
  }

  /** Appends the event. Gives `undefined` when another writer was faster. */
  async #append(event: E, time: string): Promise<Position | undefined> {
    const { env, context, spec, subject, span: command } = this.#at;
    const metadata: NewEvent['metadata'] = {
      id: env.newId() as EventId,
      time,
      commandId: context.commandId,
      requestFingerprint: context.requestFingerprint,
      actor: context.actor,
      ...(context.requestId === undefined ? {} : { requestId: context.requestId }),
      previousHash: this.#aggregate.hash,
    };
    const expected = this.#aggregate.revision;
    const outcome = await command.part('append', { stream: spec.log.name }, async (span) => {
      const { traceparent } = span;
      const traced = traceparent === undefined ? {} : { traceparent };
      // Around the append alone: what a decision waits for has a fair order of its own.
      const definite = await env.turns.run(context.scope.tenant, async () =>
        appendUntilDefinite(
          { log: spec.log, clock: env.clock, timeoutMs: env.writeTimeoutMs },
          { subject, expected, event: { event, metadata, ...traced } },
        ),
      );
      span.tag({ outcome: definite.kind });
      return definite;
    });
    return outcome.kind === 'appended' ? outcome.position : undefined;
  }

  /** Folds in what the log holds behind the known revision. Gives whether there was anything. */
  async #catchUp(): Promise<boolean> {
    const { context, spec, subject } = this.#at;
    const tail = await spec.log.readSubject(subject, this.#aggregate.revision);
    for (const recorded of tail) {
      this.#aggregate = advance(this.#aggregate, spec.evolution, recorded);
      if (recorded.metadata.commandId === context.commandId) {
        const { requestFingerprint } = recorded.metadata;
        this.#remembered = { requestFingerprint, revision: recorded.position };
      }
    }
    return tail.length > 0;
  }

  async #answerAgain(remembered: RememberedCommand): Promise<CommandAnswer<S, E>> {
    const { commandId, requestFingerprint } = this.#at.context;
    if (remembered.requestFingerprint !== requestFingerprint) {
      throw new RegistryError(
        'IDEMPOTENCY_KEY_REUSED',
        `Cannot use Idempotency-Key ${quote(commandId)}: it was used for another request (want a new key for a new request)`,
        { outcome: 'not-applied' },
      );
    }
    const recorded = await this.#readAgain(remembered);
    const event = this.#at.spec.evolution.parse(recorded.event);
    const answer = this.#answer({ event, time: recorded.metadata.time }, recorded.position);
    return { ...answer, replayed: true };
  }

  async #readAgain({ revision }: RememberedCommand): Promise<RecordedEvent> {
    const { spec, subject } = this.#at;
    try {
      const [recorded] = await spec.log.readSubject(subject, toPosition(revision - 1), 1);
      if (recorded?.position === revision) return recorded;
    } catch (cause) {
      if (!isRegistryError(cause)) throw cause;
      const is = `its answer cannot be read: ${cause.message}`;
      throw new RegistryError(
        'OUTCOME_UNKNOWN',
        `Cannot answer the command again: it was applied at position ${revision}, but ${is} (want the same request later)`,
        { outcome: 'unknown', retryAfterSeconds: 1, cause, details: { position: revision } },
      );
    }
    throw new RegistryError(
      'CORRUPT_EVENT',
      `Cannot read event ${revision} on ${quote(subject)}: the log does not hold it (want the log that the view was built from)`,
      { outcome: 'unknown', details: { position: revision } },
    );
  }

  #answer(recorded: CommandAnswer<S, E>['recorded'], position: Position): CommandAnswer<S, E> {
    const { state, revision } = this.#aggregate;
    const after =
      recorded === undefined || position <= revision
        ? state
        : this.#at.spec.evolution.evolve(state, recorded.event, recorded.time);
    return { recorded, state: after, position, replayed: false };
  }
}

const BACKOFF = { baseMs: 20, capMs: 250 };

function contention(subject: Subject, conflictsMax: number): RegistryError {
  return new RegistryError(
    'CONTENTION',
    `Cannot append to ${quote(subject)}: other writers were faster ${conflictsMax + 1} times (want fewer writers for one name)`,
    { outcome: 'not-applied', retryAfterSeconds: 1 },
  );
}
