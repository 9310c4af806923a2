import { describe, expect, it } from 'vitest';
import { Alarm } from '#flow/alarm';
import { FakeClock, settled } from '#test/support/fake-clock';
import { forSeeds } from '#test/support/seed';

function setUp(): { clock: FakeClock; alarm: Alarm; calls: number[] } {
  const clock = new FakeClock();
  const calls: number[] = [];
  const alarm = new Alarm({ clock, onTime: () => calls.push(clock.monotonicMs()) });
  return { clock, alarm, calls };
}

describe('Alarm', () => {
  it('calls once, at the time that was set last', async () => {
    const { clock, alarm, calls } = setUp();
    alarm.set(100);
    await clock.advance(90);
    alarm.set(150);
    await clock.advance(30);
    alarm.set(140);
    await clock.advance(500);
    expect([calls, clock.sleeping]).toEqual([[140], 0]);
  });

  it('keeps one timer however often it is put off', async () => {
    const { clock, alarm, calls } = setUp();
    let slept = 0;
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (...given) => {
      slept += 1;
      return sleep(...given);
    };
    for (let step = 0; step < 1_000; step += 1) {
      alarm.set(clock.monotonicMs() + 100);
      expect(clock.sleeping).toBe(1);
      await clock.advance(1);
    }
    expect([calls, slept]).toEqual([[], 11]);
  });

  it('does not call for a time that was cleared, and lets its timer end', async () => {
    const { clock, alarm, calls } = setUp();
    alarm.set(100);
    alarm.clear();
    await clock.advance(100);
    expect([calls, clock.sleeping]).toEqual([[], 0]);
  });

  it('stop() leaves no timer, and the alarm can be set again', async () => {
    const { clock, alarm, calls } = setUp();
    alarm.set(100);
    alarm.stop();
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
    alarm.set(200);
    await clock.advance(300);
    expect(calls).toEqual([200]);
  });

  it('keeps one timer when it is stopped and set in the turn in which the old one wakes', async () => {
    const { clock, alarm, calls } = setUp();
    const wakes: (() => void)[] = [];
    clock.sleep = () =>
      new Promise((resolve) => {
        wakes.push(resolve);
      });
    alarm.set(100);
    wakes[0]?.();
    alarm.stop();
    alarm.set(200);
    await settled();
    expect([wakes.length, calls]).toEqual([2, []]);
  });

  it('calls at exactly the times that were set, neither cleared nor replaced before', async () => {
    await forSeeds(200, async (random) => {
      const { clock, alarm, calls } = setUp();
      const expected: number[] = [];
      let dueMs: number | undefined;
      for (let step = 0; step < 60; step += 1) {
        const nowMs = clock.monotonicMs();
        const does = random.int(6);
        if (does === 0) [dueMs] = [undefined, alarm.stop()];
        else if (does === 1) [dueMs] = [undefined, alarm.clear()];
        else if (does < 4) {
          dueMs = nowMs + 1 + random.int(30);
          alarm.set(dueMs);
        }
        const ms = random.int(12);
        if (dueMs !== undefined && dueMs <= nowMs + ms) {
          expected.push(dueMs);
          dueMs = undefined;
        }
        await clock.advance(ms);
        expect(calls).toEqual(expected);
        if (dueMs !== undefined) expect(clock.sleeping).toBe(1);
      }
      alarm.stop();
      await clock.advance(0);
      expect(clock.sleeping).toBe(0);
    });
  });
});
