import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type Place, WaitingList } from '#cache/admission/waiting-list';
import { FakeClock, settled } from '#test/support/fake-clock';
import { forSeeds } from '#test/support/seed';

function setUp(waitingMax: number) {
  const clock = new FakeClock();
  const list = new WaitingList({
    waitingMax,
    waitMs: 100,
    clock,
    refusal: (reason, waiting) => new Error(`${reason} at ${waiting}`),
  });
  const enter = (group: string, signal = new AbortController().signal): Place =>
    list.enter(group, signal);
  return { clock, list, enter };
}

function reasonOf({ signal }: Place): string | undefined {
  return signal.aborted ? (signal.reason as Error).message : undefined;
}

describe('WaitingList', () => {
  it('refuses a newcomer when it is full and no other group has clearly more', () => {
    const { list, enter } = setUp(4);
    for (const group of ['a', 'a', 'b', 'b']) enter(group);
    expect(() => enter('a')).toThrow('full at 4');
    expect(() => enter('b')).toThrow('full at 4');
    expect(enter('c').signal.aborted).toBe(false);
    expect(list.size).toBe(4);
  });

  it('makes room for a small group by the last of the largest, which is told so', () => {
    const { list, enter } = setUp(3);
    const places = [enter('a'), enter('a'), enter('a')];
    const small = enter('b');
    expect([...places, small].map(reasonOf)).toEqual([
      undefined,
      undefined,
      'displaced at 3',
      undefined,
    ]);
    expect(() => enter('b')).toThrow('full at 3');
    expect(list.size).toBe(3);
  });

  it('ends a wait that takes too long, not a millisecond before, and leaves neither timer nor listener', async () => {
    const { clock, list, enter } = setUp(3);
    const { signal } = new AbortController();
    const [late, early] = [enter('a', signal), enter('a', signal)];
    await clock.advance(99);
    early.leave();
    expect(late.signal.aborted).toBe(false);
    await clock.advance(1);
    expect([late, early].map(reasonOf)).toEqual(['late at 1', undefined]);
    late.leave();
    late.leave();
    expect([list.size, clock.sleeping]).toEqual([0, 0]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it("ends a wait by the request's own signal and with its reason", () => {
    const { enter } = setUp(3);
    const controller = new AbortController();
    const place = enter('a', controller.signal);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(place.signal.reason).toBe(reason);
  });

  it('with no room refuses everybody', () => {
    expect(() => setUp(0).enter('a')).toThrow('full at 0');
  });

  it('never holds more than its room, and never displaces for a group that has as much', async () => {
    await forSeeds(300, async (random) => {
      const waitingMax = 1 + random.int(12);
      const { clock, list, enter } = setUp(waitingMax);
      const places: { group: string; place: Place }[] = [];
      const held = (group: string): number =>
        places.filter((p) => p.group === group && !p.place.signal.aborted).length;
      for (let step = 0; step < 80; step += 1) {
        const group = random.pick(['a', 'a', 'a', 'b', 'c']);
        const before = new Map(['a', 'b', 'c'].map((g) => [g, held(g)]));
        try {
          places.push({ group, place: enter(group) });
        } catch {
          expect(list.size).toBe(waitingMax);
          const most = Math.max(...before.values());
          expect(most).toBeLessThanOrEqual((before.get(group) ?? 0) + 1);
        }
        for (const [other, count] of before) {
          if (other !== group && held(other) < count)
            expect(held(other)).toBeGreaterThanOrEqual(held(group));
        }
        if (random.int(3) === 0 && places.length > 0)
          places.splice(random.int(places.length), 1)[0]?.place.leave();
        expect(list.size).toBeLessThanOrEqual(waitingMax);
      }
      for (const { place } of places) place.leave();
      await settled();
      expect([list.size, clock.sleeping]).toEqual([0, 0]);
    });
  });
});
