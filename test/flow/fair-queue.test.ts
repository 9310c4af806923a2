import { describe, expect, it } from 'vitest';
import { FairQueue } from '#flow/fair-queue';
import { forSeeds } from '#test/support/seed';

describe('FairQueue', () => {
  it('gives each group its turn, and each group its own order', () => {
    const queue = new FairQueue<string>({ itemsMax: 100 });
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.add(item[0] ?? '', item);
    const taken = Array.from({ length: 6 }, () => queue.next());
    expect(taken).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect([queue.next(), queue.size]).toEqual([undefined, 0]);
  });

  it('lets a group that had no turn for longest come first, though it came last', () => {
    const queue = new FairQueue<string>({ itemsMax: 100 });
    for (const group of ['third', 'a', 'b']) queue.note(group);
    for (const item of ['a', 'b', 'third']) queue.add(item, item);
    expect(queue.next()).toBe('third');
  });

  it('leaves out the groups that are not wanted', () => {
    const queue = new FairQueue<string>({ itemsMax: 100 });
    for (const item of ['a', 'b']) queue.add(item, item);
    expect(queue.next((group) => group !== 'a')).toBe('b');
    expect(queue.next((group) => group !== 'a')).toBeUndefined();
    expect(queue.size).toBe(1);
  });

  it('makes room at the end of the longest group, and only for one that has fewer by two', () => {
    const queue = new FairQueue<string>({ itemsMax: 3 });
    for (const item of ['a1', 'a2', 'a3']) queue.add('a', item);
    expect(queue.add('b', 'b1')).toEqual({ kind: 'queued', displaced: 'a3' });
    expect(queue.add('b', 'b2')).toEqual({ kind: 'full' });
    expect(queue.add('a', 'a4')).toEqual({ kind: 'full' });
    expect(queue.add('c', 'c1')).toEqual({ kind: 'queued', displaced: 'a2' });
    expect(queue.size).toBe(3);
  });

  it('loses nothing and gives nothing twice, whatever comes and goes', async () => {
    await forSeeds(100, async (random) => {
      const queue = new FairQueue<number>({ itemsMax: 10 });
      const waiting = new Map<number, string>();
      for (let step = 0; step < 300; step += 1) {
        const group = `g${random.int(4)}`;
        const [chance, some] = [random.int(4), [...waiting][0]];
        if (chance === 0) {
          const taken = queue.next();
          expect(taken === undefined).toBe(waiting.size === 0);
          if (taken !== undefined) expect(waiting.delete(taken)).toBe(true);
        } else if (chance === 1 && some !== undefined) {
          expect(queue.remove(some[1], some[0])).toBe(true);
          waiting.delete(some[0]);
        } else {
          const queued = queue.add(group, step);
          if (queued.kind === 'full') continue;
          waiting.set(step, group);
          if (queued.displaced !== undefined) expect(waiting.delete(queued.displaced)).toBe(true);
        }
        expect(queue.size).toBe(waiting.size);
        expect(queue.size).toBeLessThanOrEqual(10);
      }
      expect(new Set(queue.clear())).toEqual(new Set(waiting.keys()));
      expect(queue.size).toBe(0);
    });
  });
});
