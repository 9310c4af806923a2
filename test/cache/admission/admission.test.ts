import { describe, expect, it } from 'vitest';
import { AdmissionBed } from '#test/support/admission-bed';
import { settled } from '#test/support/fake-clock';

const IDLE = { held: 0, waiting: 0, p95Ms: undefined };

describe('Admission', () => {
  it('runs at most 128 cheap, 64 medium and 16 heavy queries at once, each class for itself', async () => {
    const bed = new AdmissionBed({ permitsPerDataset: 1_000 });
    for (const queryClass of ['cheap', 'medium', 'heavy'] as const)
      bed.sendMany(150, 'a', queryClass);
    const { classes, waiting } = bed.admission.state();
    const { cheap, medium, heavy } = classes;
    expect([cheap.held, medium.held, heavy.held]).toEqual([128, 64, 16]);
    expect([cheap.waiting, medium.waiting, heavy.waiting]).toEqual([22, 86, 134]);
    expect([waiting, bed.started.length]).toEqual([242, 208]);
  });

  it('runs at most 16 queries of one dataset at once, and those of others beside them', () => {
    const bed = new AdmissionBed();
    bed.sendMany(40, 'a', 'cheap');
    bed.sendMany(40, 'b', 'cheap');
    const count = (dataset: string): number =>
      bed.started.filter((sent) => sent.dataset === dataset).length;
    expect([count('a'), count('b')]).toEqual([16, 16]);
    expect(bed.admission.state()).toMatchObject({ waiting: 48, datasets: 2 });
  });

  it('gives what the work gives, throws what it throws, and forgets datasets that nobody asks for', async () => {
    const bed = new AdmissionBed();
    const [good, bad] = [bed.send('a'), bed.send('b')];
    good.end();
    bad.end(new Error('no'));
    await settled();
    expect(good.call.value).toBe('a');
    expect(bad.call.error).toMatchObject({ message: 'no' });
    expect(bed.admission.state()).toMatchObject({ waiting: 0, datasets: 0 });
  });

  it('refuses what is over 256 that wait: OVERLOADED, with the seconds to wait, and nothing was done', async () => {
    const bed = new AdmissionBed();
    bed.sendMany(272);
    const refused = bed.send();
    await settled();
    expect(refused).toMatchObject({ started: false });
    expect(refused.call.error).toMatchObject({
      code: 'OVERLOADED',
      retryAfterSeconds: 1,
      details: { reason: 'full' },
      message: 'Cannot admit query: 256 wait already (want at most 256 that wait)',
    });
    expect(bed.admission.state()).toMatchObject({ waiting: 256, refused: { full: 1 } });
  });

  it('refuses what waits too long for both permits together, and it never starts', async () => {
    const bed = new AdmissionBed({ permits: { heavy: 1 }, permitsPerDataset: 1, waitMs: 100 });
    const [first] = [bed.send('a'), bed.send('b')];
    const late = bed.send('a');
    await bed.clock.advance(99);
    // Now it has the permit of its dataset and waits for that of its class, behind b.
    first.end();
    await settled();
    expect([late.call.error, bed.admission.state().waiting]).toEqual([undefined, 1]);
    await bed.clock.advance(1);
    expect(late.call.error).toMatchObject({ code: 'OVERLOADED', details: { reason: 'late' } });
    for (const sent of bed.started) sent.end();
    await settled();
    expect(late.started).toBe(false);
    expect(bed.admission.state()).toMatchObject({ waiting: 0, datasets: 0, refused: { late: 1 } });
    expect(bed.clock.sleeping).toBe(0);
  });

  it("lets a request that waits go by its own signal, with that signal's reason, and counts no refusal", async () => {
    const bed = new AdmissionBed({ permits: { heavy: 1 } });
    const first = bed.send();
    const gone = bed.send('b');
    const reason = new Error('closed');
    gone.controller.abort(reason);
    await settled();
    expect(gone.call.error).toBe(reason);
    first.end();
    await settled();
    const { refused, datasets, classes } = bed.admission.state();
    expect([gone.started, datasets, classes.heavy.held]).toEqual([false, 0, 0]);
    expect(Object.values(refused)).toEqual([0, 0, 0, 0, 0]);
    await expect(
      bed.admission.run(
        { class: 'cheap', dataset: 'a', signal: AbortSignal.abort(reason) },
        async () => 1,
      ),
    ).rejects.toBe(reason);
  });

  it('in an emergency refuses everything at once, what waits already included, and recovers by itself', async () => {
    let emergency = false;
    const bed = new AdmissionBed({ emergency: () => emergency, permits: { heavy: 1 } });
    const [first, waiting] = [bed.send(), bed.send()];
    emergency = true;
    const cheap = bed.send('b', 'cheap');
    first.end();
    await settled();
    for (const { call, started } of [cheap, waiting]) {
      expect(started).toBe(false);
      expect(call.error).toMatchObject({
        code: 'OVERLOADED',
        retryAfterSeconds: 10,
        details: { reason: 'emergency' },
      });
    }
    expect(first.call.value).toBe('a');
    emergency = false;
    expect(bed.send('b', 'cheap').started).toBe(true);
    expect(bed.admission.state().refused.emergency).toBe(2);
  });

  it('refuses heavy queries when they have become slow, but no others, and lets one in an interval find out', async () => {
    const options = { shedding: { p95MsMax: 900 }, windowMs: 1_000_000 };
    const young = new AdmissionBed(options);
    await young.heavy(49, 901);
    expect(young.sendMany(3).map(({ started }) => started)).toEqual([true, true, true]);
    const bed = new AdmissionBed(options);
    await bed.heavy(50, 901);
    const probe = bed.send();
    const shed = bed.send();
    expect([probe.started, shed.started]).toEqual([true, false]);
    await settled();
    expect(shed.call.error).toMatchObject({
      code: 'OVERLOADED',
      retryAfterSeconds: 1,
      details: { reason: 'shed' },
      message:
        'Cannot admit query: 5 in 100 of the last heavy ones took 901 ms or more (want at most 900)',
    });
    expect([bed.send('a', 'cheap').started, bed.send('a', 'medium').started]).toEqual([true, true]);
    bed.clock.skip(999);
    expect(bed.send().started).toBe(false);
    bed.clock.skip(1);
    expect(bed.send().started).toBe(true);
    expect(bed.admission.state().refused.shed).toBe(2);
  });

  it('takes heavy queries again when its probes are quick or the slow ones are forgotten', async () => {
    const shedding = { p95MsMax: 900, probeIntervalMs: 10 };
    const byProbes = new AdmissionBed({ shedding, windowMs: 10_000_000 });
    await byProbes.heavy(50, 1_000);
    // The share of the slow ones falls to 5 in 100 with 950 quick ones; the ring of 512 forgets them sooner.
    await byProbes.heavy(511, 10);
    expect(byProbes.sendMany(3).map(({ started }) => started)).toEqual([true, true, true]);
    const byTime = new AdmissionBed({
      shedding,
      windowMs: 60_000,
      permits: { heavy: 99 },
      permitsPerDataset: 99,
    });
    const slow = byTime.sendMany(60);
    byTime.clock.skip(1_000);
    for (const sent of slow) sent.end();
    await settled();
    byTime.send().end();
    expect(byTime.send().started).toBe(false);
    await settled();
    byTime.clock.skip(60_000);
    expect(byTime.sendMany(3).map(({ started }) => started)).toEqual([true, true, true]);
  });

  it('counts the wait into the duration, and what failed too', async () => {
    const bed = new AdmissionBed({ permits: { heavy: 1 } });
    const [first, second] = [bed.send(), bed.send()];
    await bed.clock.advance(300);
    first.end();
    await bed.clock.advance(100);
    second.end(new Error('cut off'));
    await settled();
    expect(bed.admission.state().classes).toEqual({
      cheap: IDLE,
      medium: IDLE,
      heavy: { held: 0, waiting: 0, p95Ms: 400 },
    });
  });
});
