import { describe, expect, it } from 'vitest';
import { checkRun, type RunFiles } from '#test/faults/check/check-run';
import type { LoggedEvent } from '#test/faults/check/logged-event';
import type { Rule } from '#test/faults/check/violation';
import type { Entry, ReadOperation, WriteOperation } from '#test/faults/history';

const DIGEST = { position: 2, digest: 'sha256:a' } as RunFiles['views'][number]['found'];

function event(position: number, of: Partial<LoggedEvent> = {}): LoggedEvent {
  return {
    position,
    subject: `s${position}`,
    id: `id${position}`,
    command: `c${position}`,
    type: 'DatasetRegistered',
    hash: `h${position}`,
    previousHash: undefined,
    settles: { kind: 'register', key: `n${position}`, value: 'fp' },
    ...of,
  };
}

function write(of: Partial<WriteOperation> = {}): WriteOperation {
  return {
    kind: 'register',
    client: 'a',
    key: 'n1',
    value: 'fp',
    command: 'c1',
    beganMs: 1,
    endedMs: 2,
    outcome: 'applied',
    position: 1,
    ...of,
  };
}

function read(of: Partial<ReadOperation> = {}): ReadOperation {
  return {
    kind: 'read',
    client: 'a',
    node: 'x',
    life: 1,
    key: 'n1',
    of: 'register',
    beganMs: 3,
    endedMs: 4,
    value: 'fp',
    position: 2,
    etag: '"1"',
    digest: 'd',
    ...of,
  };
}

/** The rules that a run breaks. */
function broken(entries: readonly Entry[], rest: Partial<Omit<RunFiles, 'entries'>> = {}): Rule[] {
  const sound = { registry: [event(1), event(2)], jobs: [], stuck: [], views: [] };
  const violations = checkRun({ ...sound, ...rest, entries });
  return [...new Set(violations.map(({ rule }) => rule))];
}

describe('checkRun()', () => {
  it('finds nothing in a run in which everything held', () => {
    const entries: Entry[] = [
      write(),
      write({ command: 'other', beganMs: 3, endedMs: 4, outcome: 'existing' }),
      write({
        command: 'third',
        value: 'no',
        outcome: 'conflict',
        have: 'fp',
        beganMs: 2,
        endedMs: 5,
      }),
      write({ command: 'c2', key: 'n2', outcome: 'unknown', endedMs: null }),
      read(),
      read({ value: null, position: Number.NaN, minimum: 1, key: 'n2', beganMs: 1, endedMs: 2 }),
      { kind: 'event', follower: 'f', position: 1, id: 'id1' },
      { kind: 'event', follower: 'f', position: 2, id: 'id2' },
      { kind: 'bytes', node: 'x', wanted: 'd', got: 'd' },
      { kind: 'start', node: 'x', life: 1, atMs: 0 },
    ];
    expect(broken(entries, { views: [{ where: 'x', found: DIGEST, wanted: DIGEST }] })).toEqual([]);
  });

  it('finds an acknowledged write that is not in the log, or elsewhere', () => {
    const rule = 'no acknowledged write is lost';
    expect(broken([write({ command: 'gone' })])).toEqual([rule]);
    expect(broken([write({ position: 2 })])).toContain(rule);
    expect(broken([write({ key: 'n9', outcome: 'existing' })])).toContain(rule);
  });

  it('finds a write that was said not to be applied, and is', () => {
    expect(broken([write({ outcome: 'not-applied' })])).toEqual([
      'what is not applied is not in the log',
    ]);
  });

  it('finds a name with two values, in the log and in answers', () => {
    const rule = 'one value a name, ever';
    const fork = event(2, { settles: { kind: 'register', key: 'n1', value: 'other' } });
    expect(broken([], { registry: [event(1), fork] })).toEqual([rule]);
    expect(broken([write({ command: 'x', value: 'y', outcome: 'conflict', have: 'z' })])).toContain(
      rule,
    );
  });

  it('finds a command that has two events, a gap, and a hash that does not follow', () => {
    const twice = [event(1), event(2, { command: 'c1' })];
    expect(broken([], { registry: twice })).toEqual(['one event a command']);
    expect(broken([], { registry: [event(1), event(3)] })).toEqual(['positions have no gap']);
    const follows = event(2, { subject: 's1', previousHash: 'h9' });
    expect(broken([], { registry: [event(1), follows] })).toEqual(['hashes follow each other']);
  });

  it('finds answers that no order explains', () => {
    const rule = 'writes of one name are linearizable';
    const created = write();
    // It ended before anybody had settled the name.
    const early = write({ command: 'e', outcome: 'existing', beganMs: 0, endedMs: 0.5 });
    expect(broken([created, early])).toEqual([rule]);
    const two = write({ command: 'c2', value: 'fp', beganMs: 0, endedMs: 9, position: 2 });
    expect(broken([created, two])).toContain(rule);
  });

  it('takes a write that nobody knows of for either', () => {
    const unknown = write({ outcome: 'unknown', endedMs: null, beganMs: 0 });
    const later = write({ command: 'later', outcome: 'existing', beganMs: 5, endedMs: 6 });
    expect(broken([unknown, later])).toEqual([]);
    expect(
      broken([write({ command: 'never', key: 'n7', outcome: 'unknown', endedMs: null })]),
    ).toEqual([]);
  });

  it('finds reads that are not the log as of their position, or less than was asked for', () => {
    const shows = 'reads show the log as of their position';
    expect(broken([read({ value: 'other' })])).toEqual([shows]);
    expect(broken([read({ position: 9 })])).toEqual([shows]);
    expect(broken([read({ value: null, minimum: 2 })])).toEqual([shows]);
    expect(broken([read({ minimum: 2, position: 1 })])).toEqual([
      'reads show at least what was asked for',
    ]);
  });

  it('finds a node that goes back, within one life of it', () => {
    const later = read({ position: 1, beganMs: 5, endedMs: 6 });
    expect(broken([read(), later])).toEqual(['reads go back on no node']);
    expect(broken([read(), { ...later, life: 2 }])).toEqual([]);
    expect(broken([read(), { ...later, beganMs: 3.5 }])).toEqual([]);
  });

  it('finds a node that does not show what was there when it started', () => {
    const start: Entry = { kind: 'start', node: 'x', life: 1, atMs: 3 };
    const rule = 'a node shows what was there when it started';
    expect(broken([write(), start, read({ value: null, position: Number.NaN })])).toEqual([rule]);
  });

  it('finds one entity tag with two bodies, and wrong bytes', () => {
    expect(broken([read(), read({ digest: 'e' })])).toEqual(['one entity tag, one body']);
    expect(broken([{ kind: 'bytes', node: 'x', wanted: 'd', got: 'e' }])).toEqual([
      'bytes have the digest they are asked by',
    ]);
  });

  it('finds an event that a follower was sent twice, not at all, or in another order', () => {
    const seen = (...positions: readonly number[]): Entry[] =>
      positions.map((position) => ({
        kind: 'event',
        follower: 'f',
        position,
        id: `id${position}`,
      }));
    const rule = 'followers see each event once, in order';
    for (const wrong of [seen(1, 1), seen(2), seen(2, 1)]) expect(broken(wrong)).toEqual([rule]);
    expect(broken(seen(1))).toEqual([]);
  });

  it('finds a view that differs, and passes on what did not come back', () => {
    const wanted = { ...DIGEST, digest: 'sha256:b' };
    expect(broken([], { views: [{ where: 'x', found: DIGEST, wanted }] })).toEqual([
      'views equal the fold of the log',
    ]);
    const rule = 'writes go on when faults are over';
    expect(broken([], { stuck: [{ rule, seen: 'x' }] })).toEqual([rule]);
  });
});
