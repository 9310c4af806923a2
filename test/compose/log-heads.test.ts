import { describe, expect, it } from 'vitest';
import { LoadHealth } from '#compose/load-health';
import { LogHeads } from '#compose/log-heads';
import { FakeClock } from '#test/support/fake-clock';

describe('how far a log was', async () => {
  it('gives for how long it has held what a view has not applied', async () => {
    const clock = new FakeClock();
    const heads = new LogHeads(clock);
    heads.note(10);
    await clock.advance(5_000);
    heads.note(12);
    await clock.advance(3_000);
    expect(heads.lagOf(12)).toEqual({ events: 0, seconds: 0 });
    expect(heads.lagOf(13)).toEqual({ events: 0, seconds: 0 });
    expect(heads.lagOf(11)).toEqual({ events: 1, seconds: 3 });
    expect(heads.lagOf(2)).toEqual({ events: 10, seconds: 8 });
  });

  it('starts again with a log that is shorter', async () => {
    const clock = new FakeClock();
    const heads = new LogHeads(clock);
    heads.note(10);
    await clock.advance(1_000);
    heads.note(3);
    expect(heads.newest).toBe(3);
    expect(heads.lagOf(0)).toEqual({ events: 3, seconds: 0 });
  });

  it('forgets the oldest looks and not the newest', async () => {
    const heads = new LogHeads(new FakeClock());
    for (let position = 1; position <= 5_000; position += 1) heads.note(position);
    expect(heads.newest).toBe(5_000);
    expect(heads.lagOf(4_999).events).toBe(1);
    expect(heads.lagOf(1).events).toBe(4_999);
  });

  it('is silent from a look without an answer to the next one with', async () => {
    const heads = new LogHeads(new FakeClock());
    heads.note(1);
    heads.noteSilence();
    expect([heads.isSilent, heads.newest]).toEqual([true, 1]);
    heads.note(1);
    expect(heads.isSilent).toBe(false);
  });
});

describe('the load of a node', async () => {
  it('shows for ten seconds behind the last refusal', async () => {
    const clock = new FakeClock();
    const load = new LoadHealth(clock);
    load.note({ code: 'NOT_FOUND' });
    load.note({});
    expect(load.health.ready).toBe(true);
    load.note({ code: 'OVERLOADED' });
    await clock.advance(4_000);
    load.note({ code: 'BUSY' });
    await clock.advance(10_000);
    expect(load.health).toMatchObject({
      ready: false,
      optional: true,
      detail: 'refused 2 requests for load in the last 14 s',
    });
    await clock.advance(1);
    expect(load.health.ready).toBe(true);
    load.note({ code: 'BUSY' });
    expect(load.health.detail).toContain('refused 1 requests');
  });
});
