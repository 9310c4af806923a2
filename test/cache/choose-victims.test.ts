import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseVictims,
  type Evictable,
  type RoomLimits,
  type RoomUse,
} from '#cache/choose-victims';
import type { FileKind } from '#cache/ledger';
import { sha256Of } from '#domain/digest';

const LIMITS: RoomLimits = { bytes: 100, highBytes: 90, lowBytes: 75, artifacts: 4, shards: 3 };
const NOTHING: RoomUse = { bytes: 0, artifacts: 0, shards: 0 };

const KINDS: readonly FileKind[] = ['artifact', 'shard', 'shard-list'];

const files = array(
  record({
    bytes: integer({ min: 0, max: 60 }),
    kind: constantFrom(...KINDS),
    isProtected: boolean(),
    isIdle: integer({ min: 0, max: 5 }).map((n) => n === 0),
    isOrphan: integer({ min: 0, max: 5 }).map((n) => n === 0),
  }),
  { maxLength: 12 },
).map((list) =>
  list.map((file, order): Evictable => ({ ...file, order, sha256: sha256Of(`${order}`) })),
);
const demand = record({
  bytes: integer({ min: 0, max: 60 }),
  artifacts: integer({ min: 0, max: 1 }),
  shards: integer({ min: 0, max: 1 }),
});

function file(order: number, more: Partial<Evictable> = {}): Evictable {
  const given = {
    bytes: 10,
    kind: 'artifact',
    isProtected: false,
    isIdle: false,
    isOrphan: false,
  } as const;
  return { ...given, order, sha256: sha256Of(`${order}`), ...more };
}

/** What is taken by files, counted the slow way. */
function taken(list: readonly Evictable[], use: RoomUse): RoomUse {
  const counted = (kind: FileKind): number =>
    list.filter((f) => f.kind === kind && !f.isOrphan).length;
  return {
    bytes: list.reduce((sum, { bytes }) => sum + bytes, use.bytes),
    artifacts: counted('artifact') + use.artifacts,
    shards: counted('shard') + use.shards,
  };
}

describe('chooseVictims()', () => {
  it('begins above the high mark and ends at the low one, least recently used first', () => {
    const nine = Array.from({ length: 9 }, (_, order) => file(order, { kind: 'shard-list' }));
    expect(chooseVictims(nine, NOTHING, LIMITS).victims).toEqual([]);
    const plan = chooseVictims(nine, { ...NOTHING, bytes: 1 }, LIMITS);
    expect(plan.victims).toEqual([0, 1].map((order) => sha256Of(`${order}`)));
    expect(plan.after.bytes).toBe(71);
  });

  it('says that a demand does not fit when what is protected takes the room', () => {
    const full = [file(0, { bytes: 80, isProtected: true }), file(1)];
    expect(chooseVictims(full, { ...NOTHING, bytes: 30 }, LIMITS).fits).toBe(false);
    const four = [0, 1, 2, 3].map((order) => file(order, { isProtected: true }));
    expect(chooseVictims(four, { ...NOTHING, artifacts: 1 }, LIMITS).fits).toBe(false);
  });

  it('counts shards apart from artifacts, and replaced files as neither', () => {
    const many = [0, 1, 2].map((order) => file(order, { kind: 'shard', bytes: 1 }));
    const plan = chooseVictims([...many, file(3)], { ...NOTHING, shards: 1 }, LIMITS);
    expect(plan.victims).toEqual([sha256Of('0')]);
    const held = [0, 1, 2, 3].map((order) => file(order, { isOrphan: true, isProtected: true }));
    expect(chooseVictims(held, { ...NOTHING, artifacts: 4 }, LIMITS).fits).toBe(true);
  });

  it('never chooses what is protected, nor more than needed, and the same again, whatever the files', () => {
    assert(
      property(files, demand, (list, use) => {
        const { victims, after, fits } = chooseVictims(list, use, LIMITS);
        const gone = new Set(victims);
        const left = list.filter(({ sha256 }) => !gone.has(sha256));
        const chosen = list.filter(({ sha256 }) => gone.has(sha256));
        expect(chosen.some(({ isProtected }) => isProtected)).toBe(false);
        expect(after).toEqual(taken(left, use));
        const free = left.filter(({ isProtected }) => !isProtected);
        expect(free.some(({ isIdle, isOrphan }) => isIdle || isOrphan)).toBe(false);
        // The order of the list does not matter, only that of the uses.
        expect(chooseVictims(list.toReversed(), use, LIMITS).victims).toEqual(victims);
        // What fits needs nobody that could still go; what does not fit has nobody left that would help.
        if (!fits && after.bytes > LIMITS.bytes) expect(free).toEqual([]);
        if (!fits && after.artifacts > LIMITS.artifacts)
          expect(free.filter(({ kind }) => kind === 'artifact')).toEqual([]);
        const isOverMark = taken(list, use).bytes > LIMITS.highBytes;
        if (isOverMark && after.bytes > LIMITS.lowBytes) expect(free).toEqual([]);
        // The last to go was needed.
        const last = chosen.find(({ sha256 }) => sha256 === victims.at(-1));
        if (last === undefined || last.isIdle || last.isOrphan) return;
        const without = taken([...left, last], use);
        const isNeeded =
          (isOverMark && without.bytes > LIMITS.lowBytes) ||
          without.artifacts > LIMITS.artifacts ||
          without.shards > LIMITS.shards;
        expect(isNeeded).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
