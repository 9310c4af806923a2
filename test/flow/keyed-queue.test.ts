import { describe, expect, it } from 'vitest';
import { KeyedQueue } from '#flow/keyed-queue';
import { forSeeds } from '#test/support/seed';

interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

/** A promise that the test resolves. */
function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function queue(waitingPerKeyMax = 1_000, waitingMax = 10_000): KeyedQueue {
  return new KeyedQueue({ waitingPerKeyMax, waitingMax });
}

describe('KeyedQueue', () => {
  it('run() gives what the task gives, and throws what it throws', async () => {
    const lanes = queue();
    expect(await lanes.run('a', async () => 7)).toBe(7);
    const failing = lanes.run('a', async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
  });

  it('runs tasks of one key one at a time and in order of arrival, whatever each takes', async () => {
    await forSeeds(20, async (random) => {
      const lanes = queue();
      const keys = ['a', 'b', 'c'] as const;
      const [given, done] = [new Map<string, number[]>(), new Map<string, number[]>()];
      const running = new Map<string, number>();
      const tasks = Array.from({ length: 60 }, (_, i) => {
        const key = random.pick(keys);
        const turns = random.int(4);
        given.set(key, [...(given.get(key) ?? []), i]);
        return lanes.run(key, async () => {
          running.set(key, (running.get(key) ?? 0) + 1);
          expect(running.get(key)).toBe(1);
          for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
          running.set(key, 0);
          done.set(key, [...(done.get(key) ?? []), i]);
        });
      });
      await Promise.all(tasks);
      expect(done).toEqual(given);
      expect(lanes.waiting).toBe(0);
    });
  });

  it('runs other keys while one key is held up', async () => {
    const lanes = queue();
    const hold = gate();
    const held = lanes.run('slow', () => hold.opened);
    const behind = lanes.run('slow', async () => 'behind');
    expect(await lanes.run('fast', async () => 'fast')).toBe('fast');
    expect(lanes.waiting).toBe(1);
    hold.open();
    await held;
    expect(await behind).toBe('behind');
  });

  it('goes on with the next task when one rejects or throws at once', async () => {
    const lanes = queue();
    const hold = gate();
    const results = Promise.allSettled([
      lanes.run('a', async () => {
        await hold.opened;
        throw new Error('rejected');
      }),
      lanes.run('a', () => {
        throw new Error('thrown');
      }),
      lanes.run('a', async () => 'third'),
    ]);
    hold.open();
    expect(
      (await results).map((r) => (r.status === 'fulfilled' ? r.value : r.reason.message)),
    ).toEqual(['rejected', 'thrown', 'third']);
    expect(lanes.waiting).toBe(0);
  });

  it('refuses more waiting tasks of one key than allowed: BUSY, not applied, and the task never ran', async () => {
    const lanes = queue(2);
    const hold = gate();
    let ran = 0;
    const task = async (): Promise<void> => {
      ran += 1;
      await hold.opened;
    };
    const taken = Array.from({ length: 3 }, () => lanes.run('a', task));
    await expect(lanes.run('a', task)).rejects.toMatchObject({
      code: 'BUSY',
      outcome: 'not-applied',
      retryAfterSeconds: 1,
      message: expect.stringMatching(/^Cannot queue command for "a": 2 wait already/),
    });
    const other = lanes.run('b', task);
    expect(lanes.waiting).toBe(2);
    hold.open();
    await Promise.all([...taken, other]);
    expect(ran).toBe(4);
  });

  it('refuses more waiting tasks in all than allowed, but still runs a key that nobody holds', async () => {
    const lanes = queue(10, 2);
    const hold = gate();
    const task = (): Promise<void> => hold.opened;
    const taken = ['a', 'a', 'b', 'b'].map((key) => lanes.run(key, task));
    await expect(lanes.run('a', task)).rejects.toMatchObject({ code: 'BUSY' });
    expect(await lanes.run('c', async () => 'c')).toBe('c');
    hold.open();
    await Promise.all(taken);
  });

  it('takes tasks again after it was full', async () => {
    const lanes = queue(1);
    const hold = gate();
    const taken = [lanes.run('a', () => hold.opened), lanes.run('a', async () => undefined)];
    await expect(lanes.run('a', async () => undefined)).rejects.toMatchObject({ code: 'BUSY' });
    hold.open();
    await Promise.all(taken);
    expect(await lanes.run('a', async () => 'again')).toBe('again');
  });
});
