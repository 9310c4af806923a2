import { describe, expect, it } from 'vitest';
import { Turn } from '#flow/turn';
import { forSeeds } from '#test/support/seed';

describe('Turn', () => {
  it('lets a full group go on at once, without waiting for the event loop', async () => {
    const turn = new Turn(3);
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    await Promise.all([turn.next(), turn.next(), turn.next()]);
    expect(turned).toBe(false);
  });

  it('lets fewer than a group go on when everything that is ready has run', async () => {
    const turn = new Turn(100);
    const order: string[] = [];
    const first = turn.next().then(() => order.push('released'));
    const second = turn.next().then(() => order.push('released'));
    queueMicrotask(() => order.push('ready before'));
    await Promise.all([first, second]);
    expect(order).toEqual(['ready before', 'released', 'released']);
  });

  it('lets every full group go on while the rest gathers, and the rest with the next turn', async () => {
    for (const groupMax of [1, 2, 8]) {
      const turn = new Turn(groupMax);
      let released = 0;
      for (let arrived = 1; arrived <= 21; arrived += 1) {
        void turn.next().then(() => void (released += 1));
        await Promise.resolve();
        expect(released).toBe(arrived - (arrived % groupMax));
      }
      await new Promise(setImmediate);
      expect(released).toBe(21);
    }
  });

  it('releases in order of arrival', async () => {
    const turn = new Turn(4);
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 11 }, async (_, i) => {
        await turn.next();
        order.push(i);
      }),
    );
    expect(order).toEqual(Array.from({ length: 11 }, (_, i) => i));
  });

  it('releases everything, however arrivals are spread over turns of the event loop', async () => {
    await forSeeds(30, async (random) => {
      const turn = new Turn(1 + random.int(6));
      let released = 0;
      const count = 40;
      const waits: Promise<void>[] = [];
      while (waits.length < count) {
        for (let n = random.int(8); n > 0 && waits.length < count; n -= 1) {
          waits.push(turn.next().then(() => void (released += 1)));
        }
        if (random.int(2) === 0) await new Promise(setImmediate);
      }
      await Promise.all(waits);
      expect(released).toBe(count);
    });
  });
});
