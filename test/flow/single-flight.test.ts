import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SingleFlight } from '#flow/single-flight';
import { settled } from '#test/support/fake-clock';
import { forSeeds, type Seeded } from '#test/support/seed';
import { type Watched, watch } from '#test/support/watch';

interface Run {
  readonly key: string;
  readonly signal: AbortSignal;
  readonly resolve: (value: string) => void;
  readonly reject: (error: Error) => void;
}

/** Work whose runs the test ends. */
class Runs {
  readonly all: Run[] = [];

  begin(key: string): (signal: AbortSignal) => Promise<string> {
    return (signal) =>
      new Promise((resolve, reject) => {
        this.all.push({ key, signal, resolve, reject });
      });
  }
}

describe('SingleFlight', () => {
  it('gives all concurrent callers of a key the result of one run', async () => {
    const [flights, runs] = [new SingleFlight<string, string>(), new Runs()];
    const calls = [1, 2, 3].map(() => flights.run('a', runs.begin('a')));
    await settled();
    expect([runs.all.length, flights.size]).toEqual([1, 1]);
    runs.all[0]?.resolve('result');
    expect(await Promise.all(calls)).toEqual(['result', 'result', 'result']);
  });

  it('runs other keys beside it', async () => {
    const [flights, runs] = [new SingleFlight<string, string>(), new Runs()];
    const calls = ['a', 'b'].map((key) => flights.run(key, runs.begin(key)));
    await settled();
    for (const { key, resolve } of runs.all) resolve(`result of ${key}`);
    expect(await Promise.all(calls)).toEqual(['result of a', 'result of b']);
  });

  it('keeps neither a result nor an error: who comes after the run starts another', async () => {
    const flights = new SingleFlight<string, number>();
    let runs = 0;
    const work = async (): Promise<number> => {
      runs += 1;
      if (runs === 2) throw new Error('second');
      return runs;
    };
    expect(await flights.run('a', work)).toBe(1);
    await expect(flights.run('a', work)).rejects.toThrow('second');
    expect(await flights.run('a', work)).toBe(3);
    expect(flights.size).toBe(0);
  });

  it('throws the same error to all callers, also one that is thrown at once', async () => {
    const flights = new SingleFlight<string, string>();
    const failed = new Error('no');
    const works = [
      () => Promise.reject(failed),
      () => {
        throw failed;
      },
    ];
    for (const work of works) {
      const calls = [1, 2, 3].map(() => flights.run('a', work));
      for (const call of calls) await expect(call).rejects.toBe(failed);
    }
    expect(flights.size).toBe(0);
  });

  it('a caller that aborts goes with the reason of its signal, and the others get the result', async () => {
    const [flights, runs] = [new SingleFlight<string, string>(), new Runs()];
    const controller = new AbortController();
    const gone = watch(flights.run('a', runs.begin('a'), { signal: controller.signal }));
    const stays = flights.run('a', runs.begin('a'));
    const reason = new Error('enough');
    controller.abort(reason);
    await settled();
    expect(gone.error).toBe(reason);
    expect(runs.all[0]?.signal.aborted).toBe(false);
    runs.all[0]?.resolve('result');
    expect(await stays).toBe('result');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('aborts the run when the last caller has gone, with its reason', async () => {
    const [flights, runs] = [new SingleFlight<string, string>(), new Runs()];
    const controllers = [new AbortController(), new AbortController()] as const;
    const calls = controllers.map(({ signal }) =>
      watch(flights.run('a', runs.begin('a'), { signal })),
    );
    controllers[1].abort(new Error('first to go'));
    await settled();
    expect(runs.all[0]?.signal.aborted).toBe(false);
    const reason = new Error('last to go');
    controllers[0].abort(reason);
    await settled();
    expect(runs.all[0]?.signal.reason).toBe(reason);
    expect(calls.map(({ error }) => error)).toContain(reason);
    runs.all[0]?.reject(new Error('aborted, and nobody listens'));
    await settled();
    expect(flights.size).toBe(0);
  });

  it('who comes after the abort gets a run of its own, which begins when the aborted one has ended', async () => {
    const [flights, runs] = [new SingleFlight<string, string>(), new Runs()];
    const controller = new AbortController();
    const gone = watch(flights.run('a', runs.begin('a'), { signal: controller.signal }));
    controller.abort();
    await settled();
    const calls = [1, 2].map(() => flights.run('a', runs.begin('a')));
    await settled();
    expect(runs.all.length).toBe(1);
    runs.all[0]?.resolve('of nobody');
    await settled();
    expect(runs.all.length).toBe(2);
    runs.all[1]?.resolve('of its own');
    expect(await Promise.all(calls)).toEqual(['of its own', 'of its own']);
    expect(gone.value).toBeUndefined();
  });

  it('who waits behind an aborted run can go, too', async () => {
    const [flights, runs] = [new SingleFlight<string, string>(), new Runs()];
    const [first, second] = [new AbortController(), new AbortController()];
    void watch(flights.run('a', runs.begin('a'), { signal: first.signal }));
    first.abort();
    await settled();
    const waiting = watch(flights.run('a', runs.begin('a'), { signal: second.signal }));
    const reason = new Error('enough');
    second.abort(reason);
    await settled();
    expect(waiting.error).toBe(reason);
    runs.all[0]?.resolve('late');
    await settled();
    expect([runs.all.length, flights.size]).toEqual([1, 0]);
  });

  it('does not abort the signal of a run that has ended, and starts none for a signal that has aborted', async () => {
    const flights = new SingleFlight<string, AbortSignal>();
    const controller = new AbortController();
    const { signal } = controller;
    let runs = 0;
    const work = async (own: AbortSignal): Promise<AbortSignal> => {
      runs += 1;
      return own;
    };
    const given = await flights.run('a', work, { signal });
    controller.abort(new Error('after'));
    await settled();
    expect(given.aborted).toBe(false);
    await expect(flights.run('a', work, { signal })).rejects.toThrow('after');
    expect([runs, flights.size]).toEqual([1, 0]);
  });

  it('at most one run of a key exists, whoever comes and goes, and all who stay get its result', async () => {
    await forSeeds(300, interleave);
  });
});

interface Caller {
  readonly key: string;
  readonly controller: AbortController;
  readonly call: Watched<string>;
}

/** Lets callers come and go and runs end at random, in whole turns and in the middle of them. */
async function interleave(random: Seeded): Promise<void> {
  const flights = new SingleFlight<string, string>();
  const open = new Map<string, Run>();
  const callers: Caller[] = [];
  let runs = 0;
  const work =
    (key: string) =>
    async (signal: AbortSignal): Promise<string> => {
      expect(open.has(key)).toBe(false);
      runs += 1;
      const result = `${key}${runs}`;
      await new Promise<string>((resolve, reject) => {
        open.set(key, { key, signal, resolve, reject });
      }).finally(() => open.delete(key));
      if (signal.aborted) throw new Error('of a run that was given up');
      return result;
    };
  const come = (): void => {
    const [key, controller] = [random.pick(['a', 'b']), new AbortController()];
    const call = watch(flights.run(key, work(key), { signal: controller.signal }));
    callers.push({ key, controller, call });
  };
  const go = (): void => callers[random.int(Math.max(1, callers.length))]?.controller.abort();
  const end = (): void => {
    const run = open.get(random.pick(['a', 'b']));
    if (random.int(2) === 0) run?.resolve('');
    else run?.reject(new Error('failed'));
  };
  for (let step = 0; step < 40; step += 1) {
    random.pick([come, come, go, end])();
    if (random.int(3) > 0) continue;
    await settled();
    for (const [key, { signal }] of open) {
      const staying = callers.filter((c) => c.key === key && !c.controller.signal.aborted);
      const waits = staying.some(({ call }) => !('value' in call) && !('error' in call));
      // Where somebody waits it may be aborted, too: they came after that and wait for its end.
      if (!waits) expect(signal.aborted).toBe(true);
    }
  }
  while (flights.size > 0) {
    await settled();
    for (const run of open.values()) run.resolve('');
  }
  await settled();
  for (const { call, controller } of callers) {
    expect('value' in call || 'error' in call).toBe(true);
    if (!controller.signal.aborted && 'error' in call)
      expect(call.error).toEqual(new Error('failed'));
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  }
}
