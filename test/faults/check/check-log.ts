import type { LoggedEvent } from '#test/faults/check/logged-event';
import type { Violation } from '#test/faults/check/violation';
import type { WriteOperation } from '#test/faults/history';

/** Holds the log against itself: positions, hashes, commands, names. */
export function checkLog(events: readonly LoggedEvent[]): Violation[] {
  return [
    ...gapsIn(events),
    ...brokenHashesIn(events),
    ...repeatedCommandsIn(events),
    ...forksIn(events),
  ];
}

function* gapsIn(events: readonly LoggedEvent[]): Generator<Violation> {
  for (const [index, { position }] of events.entries())
    if (position !== index + 1) {
      yield {
        rule: 'positions have no gap',
        seen: `position ${position} where ${index + 1} belongs`,
      };
      return;
    }
}

function* brokenHashesIn(events: readonly LoggedEvent[]): Generator<Violation> {
  const last = new Map<string, string>();
  for (const { subject, position, hash, previousHash } of events) {
    const want = last.get(subject);
    if (previousHash !== want)
      yield {
        rule: 'hashes follow each other',
        seen: `event ${position} on ${subject} follows ${previousHash} (want ${want})`,
      };
    last.set(subject, hash);
  }
}

function* repeatedCommandsIn(events: readonly LoggedEvent[]): Generator<Violation> {
  const seen = new Map<string, number>();
  for (const { command, position } of events) {
    const first = seen.get(command);
    if (first !== undefined)
      yield { rule: 'one event a command', seen: `${command} at ${first} and ${position}` };
    seen.set(command, position);
  }
}

function* forksIn(events: readonly LoggedEvent[]): Generator<Violation> {
  const values = new Map<string, string>();
  for (const { settles, position } of events) {
    if (settles === undefined) continue;
    const name = `${settles.kind} ${settles.key}`;
    const value = values.get(name);
    if (value !== undefined)
      yield {
        rule: 'one value a name, ever',
        seen: `${name} is ${value} and, at ${position}, ${settles.value}`,
      };
    values.set(name, settles.value);
  }
}

/** Holds what clients were told of their writes against the log. */
export function checkOutcomes(
  writes: readonly WriteOperation[],
  events: readonly LoggedEvent[],
): Violation[] {
  const byCommand = new Map(events.map((event) => [event.command, event]));
  const values = new Map(
    events.flatMap(({ settles }) =>
      settles === undefined ? [] : [[`${settles.kind} ${settles.key}`, settles.value] as const],
    ),
  );
  return writes.flatMap((write) => [...wrongIn(write, byCommand.get(write.command), values)]);
}

function* wrongIn(
  write: WriteOperation,
  event: LoggedEvent | undefined,
  values: ReadonlyMap<string, string>,
): Generator<Violation> {
  const { kind, key, value, command, outcome, position, have } = write;
  const what = `${kind} ${key} by ${command}`;
  if (outcome === 'applied' && (event === undefined || event.position !== position))
    yield {
      rule: 'no acknowledged write is lost',
      seen: `${what} was acknowledged at ${position}, the log has it at ${event?.position}`,
    };
  if (outcome === 'existing' && values.get(`${kind} ${key}`) !== value)
    yield {
      rule: 'no acknowledged write is lost',
      seen: `${what} was said to be there, the log says ${values.get(`${kind} ${key}`)}`,
    };
  const claimsNothing = outcome === 'not-applied' || outcome === 'conflict';
  if (claimsNothing && event !== undefined)
    yield {
      rule: 'what is not applied is not in the log',
      seen: `${what} was refused, the log has it at ${event.position}`,
    };
  if (have !== undefined && values.get(`${kind} ${key}`) !== have)
    yield {
      rule: 'one value a name, ever',
      seen: `${what} was told that it is ${have}, the log says ${values.get(`${kind} ${key}`)}`,
    };
}
