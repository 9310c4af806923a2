import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Semaphore } from '#flow/semaphore';
import { FakeClock, settled } from '#test/support/fake-clock';
import { forSeeds, type Seeded } from '#test/support/seed';
import { type Watched, watch } from '#test/support/watch';

/** Works that the test ends one by one, in the order in which they began. */
class Works {
  readonly started: string[] = [];
  readonly #end = new Map<string, (error?: Error) => void>();

  get running(): readonly string[] {
    return [...this.#end.keys()];
  }

  begin(id: string): Promise<string> {
    this.started.push(id);
    return new Promise((resolve, reject) => {
      this.#end.set(id, (error) => {
        this.#end.delete(id);
        if (error === undefined) resolve(id);
        else reject(error);
      });
    });
  }

  end(id: string, error?: Error): void {
    this.#end.get(id)?.(error);
  }
}

function setUp(
  permits: number,
  waitingMax: number,
): { clock: FakeClock; works: Works; semaphore: Semaphore } {
  const clock = new FakeClock();
  const semaphore = new Semaphore({ permits, waitingMax, clock, name: 'download' });
  return { clock, works: new Works(), semaphore };
}

describe('Semaphore', () => {
  it('gives what the work gives and throws what it throws, at once or later', async () => {
    const { semaphore } = setUp(1, 0);
    expect(await semaphore.run(async () => 7)).toBe(7);
    await expect(semaphore.run(() => Promise.reject(new Error('later')))).rejects.toThrow('later');
    const thrown = semaphore.run(() => {
      throw new Error('at once');
    });
    await expect(thrown).rejects.toThrow('at once');
    expect(semaphore.held).toBe(0);
  });

  it('starts in order of arrival, and lets no newcomer in before those that wait', async () => {
    const { works, semaphore } = setUp(1, 10);
    const run = (id: string): Promise<string> => semaphore.run(() => works.begin(id));
    const calls = [run('a'), run('b'), run('c')];
    works.end('a');
    calls.push(run('d'));
    for (const id of ['b', 'c', 'd']) {
      await settled();
      works.end(id);
    }
    expect(await Promise.all(calls)).toEqual(['a', 'b', 'c', 'd']);
    expect(works.started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses what is over the bound of the queue: BUSY, says when to come back, and never started', async () => {
    const { works, semaphore } = setUp(2, 1);
    const calls = ['a', 'b', 'c'].map((id) => semaphore.run(() => works.begin(id)));
    await expect(semaphore.run(() => works.begin('d'))).rejects.toMatchObject({
      code: 'BUSY',
      retryAfterSeconds: 1,
      message:
        'Cannot take permit "download": all 2 are taken and 1 wait already (want at most 1 that wait)',
    });
    for (const id of ['a', 'b', 'c']) {
      works.end(id);
      await settled();
    }
    await Promise.all(calls);
    expect(works.started).toEqual(['a', 'b', 'c']);
    expect(await semaphore.run(async () => 'again')).toBe('again');
  });

  it('refuses what waits too long, not a millisecond before, and leaves no timer', async () => {
    const { clock, works, semaphore } = setUp(1, 5);
    const first = semaphore.run(() => works.begin('a'));
    const late = watch(semaphore.run(() => works.begin('b'), { waitMs: 100 }));
    await clock.advance(99);
    expect([late.error, semaphore.waiting]).toEqual([undefined, 1]);
    await clock.advance(1);
    expect(late.error).toMatchObject({
      code: 'BUSY',
      message:
        'Cannot take permit "download": all 1 are taken and none came free in 100 ms (want a free one)',
    });
    expect([semaphore.waiting, clock.sleeping]).toEqual([0, 0]);
    works.end('a');
    await first;
    expect([works.started, semaphore.held]).toEqual([['a'], 0]);
  });

  it('with a wait of 0 starts at once or not at all', async () => {
    const { clock, works, semaphore } = setUp(1, 5);
    const first = semaphore.run(() => works.begin('a'), { waitMs: 0 });
    await expect(semaphore.run(() => works.begin('b'), { waitMs: 0 })).rejects.toMatchObject({
      code: 'BUSY',
    });
    works.end('a');
    await first;
    expect([works.started, clock.sleeping]).toEqual([['a'], 0]);
  });

  it("a waiter whose signal aborts leaves the queue with the signal's reason and without a listener", async () => {
    const { works, semaphore } = setUp(1, 1);
    const first = semaphore.run(() => works.begin('a'));
    const controller = new AbortController();
    const reason = new Error('enough');
    const left = watch(semaphore.run(() => works.begin('b'), { signal: controller.signal }));
    controller.abort(reason);
    await settled();
    expect([left.error, semaphore.waiting]).toEqual([reason, 0]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    const next = semaphore.run(() => works.begin('c'));
    works.end('a');
    await settled();
    works.end('c');
    await Promise.all([first, next]);
    expect(works.started).toEqual(['a', 'c']);
  });

  it('passes the permit on when the signal aborts in the turn in which it came', async () => {
    for (const abortFirst of [true, false]) {
      const { clock, works, semaphore } = setUp(1, 5);
      const first = semaphore.run(() => works.begin('a'));
      const controller = new AbortController();
      const { signal } = controller;
      const left = watch(semaphore.run(() => works.begin('b'), { signal, waitMs: 50 }));
      const next = semaphore.run(() => works.begin('c'));
      await settled();
      if (abortFirst) controller.abort();
      works.end('a');
      // The permit is handed on within these microtasks; the abort comes in the middle of them.
      await first;
      controller.abort();
      await settled();
      expect(left.error).toBe(signal.reason);
      expect(works.running).toEqual(['c']);
      works.end('c');
      await next;
      expect([semaphore.held, clock.sleeping]).toEqual([0, 0]);
    }
  });

  it('holds the permit until the work has ended, though its caller aborted', async () => {
    const { works, semaphore } = setUp(1, 0);
    const controller = new AbortController();
    const call = watch(semaphore.run(() => works.begin('a'), { signal: controller.signal }));
    controller.abort();
    await settled();
    expect([call, semaphore.held]).toEqual([{}, 1]);
    works.end('a');
    await settled();
    expect([call.value, semaphore.held]).toEqual(['a', 0]);
  });

  it('does not start for a signal that has aborted before, and takes no permit', async () => {
    const { works, semaphore } = setUp(1, 0);
    const signal = AbortSignal.abort(new Error('before'));
    await expect(semaphore.run(() => works.begin('a'), { signal })).rejects.toThrow('before');
    expect([works.started, semaphore.held]).toEqual([[], 0]);
    // Busy or not is no news for a caller that has gone.
    const other = semaphore.run(() => works.begin('b'));
    await expect(semaphore.run(() => works.begin('a'), { signal })).rejects.toThrow('before');
    works.end('b');
    await other;
  });

  it('cannot be made without a permit', () => {
    for (const permits of [0, -1, Number.NaN]) {
      expect(() => setUp(permits, 1)).toThrow(RangeError);
    }
  });

  it('never loses or doubles a permit and keeps the order, whatever throws, aborts or is late', async () => {
    await forSeeds(400, async (random) => {
      const permits = 1 + random.int(3);
      const waitingMax = random.int(5);
      await interleave(random, permits, waitingMax);
    });
  });

  it('never runs more than its permits, and ends with all of them free, when everything happens in one turn', async () => {
    await forSeeds(400, async (random) => {
      const clock = new FakeClock();
      const permits = 1 + random.int(3);
      const semaphore = new Semaphore({ permits, waitingMax: 20, clock });
      let running = 0;
      const work = async (): Promise<void> => {
        running += 1;
        expect(running).toBeLessThanOrEqual(permits);
        for (let turns = random.int(4); turns > 0; turns -= 1) await Promise.resolve();
        running -= 1;
        if (random.int(3) === 0) throw new Error('failed');
      };
      const calls = Array.from({ length: 20 }, async () => {
        const controller = new AbortController();
        for (let turns = random.int(12); turns > 0; turns -= 1) await Promise.resolve();
        const call = semaphore.run(work, {
          signal: controller.signal,
          ...(random.int(2) === 0 ? {} : { waitMs: 1 }),
        });
        call.catch(() => undefined);
        for (let turns = random.int(12); turns > 0; turns -= 1) await Promise.resolve();
        if (random.int(2) === 0) controller.abort();
        await call;
      });
      await Promise.allSettled(calls);
      expect([running, semaphore.held, semaphore.waiting, clock.sleeping]).toEqual([0, 0, 0, 0]);
    });
  });
});

interface Arrival {
  readonly id: string;
  readonly controller: AbortController;
  readonly call: Watched<string>;
  readonly dueMs: number;
}

/** Does random things to a semaphore and compares it with two lists after each: what runs, and what waits in order. */
async function interleave(random: Seeded, permits: number, waitingMax: number): Promise<void> {
  const { clock, works, semaphore } = setUp(permits, waitingMax);
  const arrivals: Arrival[] = [];
  let [running, waiting]: [Arrival[], Arrival[]] = [[], []];
  const admit = (): void => {
    while (running.length < permits && waiting.length > 0) running.push(...waiting.splice(0, 1));
  };
  const arrive = (): void => {
    const [id, controller] = [`w${arrivals.length}`, new AbortController()];
    const waitMs = random.int(3) === 0 ? undefined : 1 + random.int(20);
    const options = { signal: controller.signal, ...(waitMs === undefined ? {} : { waitMs }) };
    const call = watch(semaphore.run(() => works.begin(id), options));
    const dueMs = clock.monotonicMs() + (waitMs ?? Number.POSITIVE_INFINITY);
    const arrival = { id, controller, call, dueMs };
    arrivals.push(arrival);
    if (running.length < permits) running.push(arrival);
    else if (waiting.length < waitingMax) waiting.push(arrival);
  };
  const end = (): void => {
    const ended = running[random.int(Math.max(1, running.length))];
    if (ended === undefined) return;
    works.end(ended.id, random.int(3) === 0 ? new Error('failed') : undefined);
    running = running.filter((other) => other !== ended);
    admit();
  };
  const abort = (): void => {
    const aborted = arrivals[random.int(Math.max(1, arrivals.length))];
    aborted?.controller.abort();
    waiting = waiting.filter((other) => other !== aborted);
  };
  const pass = async (): Promise<void> => {
    await clock.advance(random.int(12));
    waiting = waiting.filter(({ dueMs }) => dueMs > clock.monotonicMs());
  };
  for (let step = 0; step < 40; step += 1) {
    await random.pick([arrive, arrive, end, abort, pass])();
    await settled();
    expect(works.running.toSorted()).toEqual(running.map(({ id }) => id).toSorted());
    expect([semaphore.held, semaphore.waiting]).toEqual([running.length, waiting.length]);
  }
  while (running.length > 0) {
    end();
    await settled();
  }
  expect([semaphore.held, semaphore.waiting, clock.sleeping]).toEqual([0, 0, 0]);
  for (const { call } of arrivals) expect('value' in call || 'error' in call).toBe(true);
}
