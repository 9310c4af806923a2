import type { LoggedEvent } from '#test/faults/check/logged-event';
import type { Violation } from '#test/faults/check/violation';
import type {
  BytesRead,
  EventSeen,
  NodeStart,
  ReadOperation,
  WriteOperation,
} from '#test/faults/history';

/** Holds every read against the log as of the position that it names, and against earlier reads of the node. */
export function checkReads(
  reads: readonly ReadOperation[],
  events: readonly LoggedEvent[],
): Violation[] {
  const settled = new Map<string, { position: number; value: string }>();
  for (const { settles, position } of events)
    if (settles !== undefined)
      settled.set(`${settles.kind} ${settles.key}`, { position, value: settles.value });
  const last = events.at(-1)?.position ?? 0;
  return [
    ...reads.flatMap((read) => [...wrongValues(read, settled.get(`${read.of} ${read.key}`), last)]),
    ...stepsBack(reads),
    ...twoBodies(reads),
  ];
}

function* wrongValues(
  read: ReadOperation,
  settled: { readonly position: number; readonly value: string } | undefined,
  last: number,
): Generator<Violation> {
  const { node, of, key, value, position, minimum } = read;
  const what = `${of} ${key} on ${node}`;
  // What is not there has no position of its own: it must not have been there where the read asked for.
  const shows = value === null ? (minimum ?? 0) : position;
  if (value === null && minimum === undefined) return;
  if (minimum !== undefined && value !== null && position < minimum)
    yield {
      rule: 'reads show at least what was asked for',
      seen: `${what} shows ${position}, asked for ${minimum}`,
    };
  const want = settled !== undefined && settled.position <= shows ? settled.value : null;
  if (value !== want || shows > last)
    yield {
      rule: 'reads show the log as of their position',
      seen: `${what} is ${value} at ${shows}, the log says ${want} (settled at ${settled?.position}, last ${last})`,
    };
}

/** A read that began after another of the same life of a node had ended shows no less. */
function* stepsBack(reads: readonly ReadOperation[]): Generator<Violation> {
  const positioned = reads.filter(({ value }) => value !== null);
  const lives = new Set(positioned.map(({ node, life }) => `${node} ${life}`));
  for (const one of lives) {
    const own = positioned.filter(({ node, life }) => `${node} ${life}` === one);
    const ends = own.toSorted((a, b) => a.endedMs - b.endedMs);
    let [next, highest] = [0, 0];
    for (const read of own.toSorted((a, b) => a.beganMs - b.beganMs)) {
      for (; (ends[next]?.endedMs ?? Number.POSITIVE_INFINITY) < read.beganMs; next += 1)
        highest = Math.max(highest, ends[next]?.position ?? 0);
      if (read.position < highest)
        yield {
          rule: 'reads go back on no node',
          seen: `${read.node} showed ${highest}, then ${read.position} for ${read.key}`,
        };
    }
  }
}

function* twoBodies(reads: readonly ReadOperation[]): Generator<Violation> {
  const bodies = new Map<string, string>();
  for (const { of, key, etag, digest } of reads) {
    if (etag === undefined) continue;
    const name = `${of} ${key} ${etag}`;
    const body = bodies.get(name);
    if (body !== undefined && body !== digest)
      yield { rule: 'one entity tag, one body', seen: `${name} has bodies ${body} and ${digest}` };
    bodies.set(name, digest);
  }
}

/** Holds what a node answers against what was acknowledged before it was started. */
export function checkStarts(
  reads: readonly ReadOperation[],
  starts: readonly NodeStart[],
  writes: readonly WriteOperation[],
): Violation[] {
  const acknowledged = writes
    .filter(({ kind, position }) => kind !== 'run' && position !== undefined)
    .map(({ kind, key, position = 0, endedMs }) => ({
      name: `${kind} ${key}`,
      position,
      endedMs: endedMs ?? 0,
    }));
  return starts.flatMap(({ node, life, atMs }) => {
    const before = acknowledged.filter(({ endedMs }) => endedMs < atMs);
    const names = new Set(before.map(({ name }) => name));
    const least = Math.max(0, ...before.map(({ position }) => position));
    const own = reads.filter((read) => read.node === node && read.life === life);
    // A read that began in one life may be answered in the next.
    return own
      .filter(({ of, key, value, position }) =>
        value === null ? names.has(`${of} ${key}`) : position < least,
      )
      .map(({ of, key, value, position }) => ({
        rule: 'a node shows what was there when it started' as const,
        seen: `${node} in life ${life} said ${value} at ${position} of ${of} ${key}; ${least} was acknowledged before`,
      }));
  });
}

/** Holds bytes against the digest that they were asked by. */
export function checkBytes(reads: readonly BytesRead[]): Violation[] {
  return reads
    .filter(({ wanted, got }) => wanted !== got)
    .map(({ node, wanted, got }) => ({
      rule: 'bytes have the digest they are asked by',
      seen: `${node} gave ${got} for ${wanted}`,
    }));
}

/** Holds what each follower was sent against the log: every event once, in order, up to where it came. */
export function checkFollowers(
  seen: readonly EventSeen[],
  events: readonly LoggedEvent[],
): Violation[] {
  const followers = new Set(seen.map(({ follower }) => follower));
  return [...followers].flatMap((name) => {
    const own = seen.filter(({ follower }) => follower === name);
    const wrong = own.findIndex(
      ({ position, id }, index) => position !== index + 1 || id !== events[index]?.id,
    );
    if (wrong === -1) return [];
    const { position, id } = own[wrong] as EventSeen;
    const want = `want ${wrong + 1} with ${events[wrong]?.id}`;
    return [
      {
        rule: 'followers see each event once, in order' as const,
        seen: `${name} was sent ${position} with ${id} (${want})`,
      },
    ];
  });
}
