import { describe, expect, it } from 'vitest';
import { FairTurns } from '#flow/fair-turns';
import { forSeeds } from '#test/support/seed';

/** A work that ends when it is told to. */
class Held {
  begun = false;
  #resolve = (): void => undefined;
  readonly #ended = new Promise<void>((resolve) => {
    this.#resolve = resolve;
  });

  readonly work = async (): Promise<void> => {
    this.begun = true;
    await this.#ended;
  };

  async end(): Promise<void> {
    this.#resolve();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

describe('FairTurns', () => {
  it('lets the first work of a group run after one end, however many others wait', async () => {
    const turns = new FairTurns({ runningMax: 8, sharedRunningMax: 4, waitingMax: 1_000 });
    const hostile = Array.from({ length: 600 }, () => new Held());
    const all = hostile.map(async ({ work }, index) => turns.run(`hostile ${index % 2}`, work));
    const third = new Held();
    all.push(turns.run('third', third.work));
    // The first group was alone at first; with three there is one place for each, and this one's is free.
    expect(third.begun).toBe(true);
    const next = new Held();
    all.push(turns.run('third', next.work));
    expect(next.begun).toBe(false);
    await third.end();
    expect(next.begun).toBe(true);
    await next.end();
    for (const one of [...hostile, third]) await one.end();
    await Promise.all(all);
    expect(turns.groups).toBe(0);
  });

  it('gives a group that is alone every place', async () => {
    const turns = new FairTurns({ runningMax: 8, sharedRunningMax: 1, waitingMax: 0 });
    const works = Array.from({ length: 8 }, () => new Held());
    const all = works.map(async ({ work }) => turns.run('alone', work));
    expect(works.every(({ begun }) => begun)).toBe(true);
    for (const one of works) await one.end();
    await Promise.all(all);
  });

  it('refuses what is over the waiting works, those of the longest group first', async () => {
    const turns = new FairTurns({ runningMax: 1, sharedRunningMax: 1, waitingMax: 4 });
    const works = Array.from({ length: 5 }, () => new Held());
    const all = works.map(async ({ work }) => turns.run('a', work));
    const busy = { code: 'BUSY', retryAfterSeconds: 1 };
    await expect(turns.run('a', async () => 1)).rejects.toMatchObject(busy);
    const displaced = expect(all[4]).rejects.toMatchObject(busy);
    const own = new Held();
    all.push(turns.run('b', own.work));
    const other = turns.run('b', async () => 'b');
    await displaced;
    await own.end();
    expect(works[4]?.begun).toBe(false);
    for (const one of works) await one.end();
    expect(await other).toBe('b');
    await Promise.all([...all.slice(0, 4), all[5]]);
    expect(turns.groups).toBe(0);
  });

  it('never runs more than it may, keeps the order of a group and forgets nobody', async () => {
    await forSeeds(50, async (random) => {
      const runningMax = 1 + random.int(8);
      const sharedRunningMax = 1 + random.int(runningMax);
      const turns = new FairTurns({ runningMax, sharedRunningMax, waitingMax: 1_000 });
      // Each of the four groups may have one at least; who was alone may have all it had then.
      const most = runningMax + 4;
      const ended: [string, number][] = [];
      let running = 0;
      const all = Array.from({ length: 100 }, async (_, index) => {
        const group = `g${random.int(4)}`;
        const fails = random.int(5) === 0;
        await turns
          .run(group, async () => {
            running += 1;
            expect(running).toBeLessThanOrEqual(most);
            ended.push([group, index]);
            await Promise.resolve();
            running -= 1;
            if (fails) throw new Error('as asked');
          })
          .catch((error: unknown) => expect(fails && error).toBeTruthy());
      });
      await Promise.all(all);
      expect(ended.length).toBe(100);
      for (let group = 0; group < 4; group += 1) {
        const own = ended.filter(([name]) => name === `g${group}`).map(([, index]) => index);
        expect(own).toEqual(own.toSorted((a, b) => a - b));
      }
      expect(turns.groups).toBe(0);
    });
  });
});
