import { describe, expect, it } from 'vitest';
import type { QueryClass } from '#cache/query/query';
import { AdmissionBed, type Sent } from '#test/support/admission-bed';
import { settled } from '#test/support/fake-clock';
import { forSeeds } from '#test/support/seed';

describe('Admission, with many datasets', () => {
  it('serves another dataset as soon as one query has ended, although one dataset has filled all there is', async () => {
    await forSeeds(50, async (random) => {
      const bed = new AdmissionBed();
      bed.sendMany(400, 'hammered');
      const mine: Sent[] = [];
      let ends = 0;
      while (ends < 300) {
        if (random.int(3) === 0) bed.sendMany(random.int(5), 'hammered');
        if (mine.every((sent) => sent.call.value !== undefined) && mine.length < 10) {
          mine.push(bed.send('quiet'));
          ends = 0;
        }
        const running = bed.started.filter(({ call }) => call.value === undefined);
        running[random.int(running.length)]?.end();
        await settled();
        ends += 1;
        const current = mine.at(-1);
        // None of those that wait for the hammered one overtakes it.
        if (current?.started === false) expect(ends).toBeLessThanOrEqual(1);
      }
      expect(mine.map(({ call }) => call)).toEqual(mine.map(() => ({ value: 'quiet' })));
    });
  });

  it('makes room for another dataset by the last that waits for the one that fills it', async () => {
    const bed = new AdmissionBed();
    const hammered = bed.sendMany(272, 'hammered');
    const quiet = bed.send('quiet');
    await settled();
    expect(quiet.call.error).toBeUndefined();
    const last = hammered.at(-1);
    expect(last).toMatchObject({ started: false });
    expect(last?.call.error).toMatchObject({
      code: 'OVERLOADED',
      details: { reason: 'displaced' },
    });
    expect(bed.admission.state()).toMatchObject({ waiting: 256, refused: { displaced: 1 } });
    bed.started[0]?.end();
    await settled();
    expect(quiet.started).toBe(true);
  });

  it('a slow dataset keeps its own requests waiting and leaves the permits of the class to others', async () => {
    const bed = new AdmissionBed({ permits: { heavy: 8 }, permitsPerDataset: 4 });
    bed.sendMany(30, 'slow');
    const others = ['b', 'c', 'd', 'e'].map((dataset) => bed.send(dataset));
    expect(others.map(({ started }) => started)).toEqual([true, true, true, true]);
    expect(bed.admission.state().classes.heavy).toMatchObject({ held: 8, waiting: 0 });
  });

  it('never runs more than it may and ends with everything free, whatever fails, aborts, waits too long or is displaced', async () => {
    await forSeeds(200, async (random) => {
      const permits = { cheap: 4, medium: 2, heavy: 1 } as const;
      const bed = new AdmissionBed({ permits, permitsPerDataset: 3, waitingMax: 6, waitMs: 20 });
      const all: (Sent & { readonly queryClass: QueryClass })[] = [];
      const running = () =>
        all.filter(
          ({ started, call }) => started && call.value === undefined && call.error === undefined,
        );
      for (let step = 0; step < 120; step += 1) {
        const queryClass = random.pick<QueryClass>(['cheap', 'medium', 'heavy']);
        const sent = bed.send(random.pick(['a', 'a', 'b', 'c']), queryClass);
        all.push(Object.assign(sent, { queryClass }));
        const one = running()[random.int(3)];
        if (random.int(2) === 0) one?.end(random.int(4) === 0 ? new Error('x') : undefined);
        if (random.int(6) === 0) all[random.int(all.length)]?.controller.abort(new Error('gone'));
        if (random.int(3) === 0) await bed.clock.advance(random.int(15));
        if (random.int(2) === 0) await settled();
        const now = bed.admission.state();
        for (const name of ['cheap', 'medium', 'heavy'] as const)
          expect(now.classes[name].held).toBeLessThanOrEqual(permits[name]);
        expect(now.waiting).toBeLessThanOrEqual(6);
      }
      for (let rounds = 0; rounds < 40; rounds += 1) {
        for (const sent of running()) sent.end();
        await settled();
      }
      const { classes, waiting, datasets } = bed.admission.state();
      expect([classes.cheap.held, classes.medium.held, classes.heavy.held]).toEqual([0, 0, 0]);
      expect([waiting, datasets, bed.clock.sleeping]).toEqual([0, 0, 0]);
      for (const { call, started } of all) {
        expect(Object.keys(call)).toHaveLength(1);
        const { code } = (call.error ?? {}) as { code?: string };
        if (code === 'OVERLOADED') expect(started).toBe(false);
      }
    });
  });
});
