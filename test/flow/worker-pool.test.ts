import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '#flow/clock';
import { WorkerPool, type WorkerPoolOptions } from '#flow/worker-pool';
import { WorkStopped } from '#flow/worker-thread';

const PROGRAM = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, threadId } from 'node:worker_threads';
    parentPort.on('message', (job) => {
      if (job === 'spin') for (;;) {}
      if (job === 'hoard') { const kept = []; for (;;) kept.push(new Array(1_000).fill(kept.length)); }
      if (job === 'exit') process.exit(7);
      if (job === 'throw') setImmediate(() => { throw new Error('thrown later'); });
      else if (job === 'fail') parentPort.postMessage({ kind: 'failed', message: 'as asked' });
      else setTimeout(() => parentPort.postMessage({ kind: 'done', result: [job, threadId] }), 5);
    });
    parentPort.postMessage({ kind: 'ready' });
  `)}`,
);

const open: WorkerPool<string, [string, number]>[] = [];

function pool(options: Partial<WorkerPoolOptions> = {}): WorkerPool<string, [string, number]> {
  const made = new WorkerPool<string, [string, number]>({
    clock: systemClock,
    program: PROGRAM,
    threads: 2,
    waitingMax: 100,
    timeoutMs: 300,
    memoryMibMax: 64,
    ...options,
  });
  open.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (made) => made.close()));
});

async function stoppedBy(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WorkStopped);
  return error instanceof WorkStopped ? error.by : 'nothing';
}

describe('WorkerPool', () => {
  it('gives every job its own result, with no more threads than it may have', async () => {
    const threads = pool();
    const jobs = Array.from({ length: 40 }, (_, index) => `job ${index}`);
    const results = await Promise.all(jobs.map(async (job) => threads.run(job)));
    expect(results.map(([job]) => job)).toEqual(jobs);
    expect(new Set(results.map(([, thread]) => thread)).size).toBeLessThanOrEqual(2);
  });

  it('stops a job that never ends, and goes on with those behind it', async () => {
    const threads = pool({ threads: 1 });
    const [stopped, after] = [threads.run('spin'), threads.run('after')];
    expect(await stoppedBy(stopped)).toBe('time');
    expect((await after)[0]).toBe('after');
  });

  it('stops a job that takes too much memory, and the process lives on', async () => {
    const threads = pool({ threads: 1, timeoutMs: 30_000 });
    expect(await stoppedBy(threads.run('hoard'))).toBe('memory');
    expect((await threads.run('after'))[0]).toBe('after');
  });

  it.each(['exit', 'throw', 'fail'])('says that a job failed: %s', async (job) => {
    const threads = pool({ threads: 1 });
    expect(await stoppedBy(threads.run(job))).toBe('failure');
    expect((await threads.run('after'))[0]).toBe('after');
  });

  it('refuses jobs when too many wait', async () => {
    const threads = pool({ threads: 1, waitingMax: 1 });
    const [first, second] = [threads.run('first'), threads.run('second')];
    await expect(threads.run('third')).rejects.toMatchObject({ code: 'BUSY' });
    expect((await first)[0]).toBe('first');
    expect((await second)[0]).toBe('second');
  });

  it('lets groups take turns: the first job of one runs next, however many others wait', async () => {
    const threads = pool({ threads: 1, waitingMax: 300 });
    const order: string[] = [];
    const run = async (group: string): Promise<void> => {
      await threads.run(group, { group });
      order.push(group);
    };
    const all = Array.from({ length: 60 }, async (_, index) => run(`hostile ${index % 2}`));
    all.push(run('third'));
    await Promise.all(all);
    // One runs already, and another group had no turn yet either.
    expect(order.indexOf('third')).toBeLessThanOrEqual(2);
  });

  it('gives a newcomer the place of the last one of the group that fills the queue', async () => {
    const threads = pool({ threads: 1, waitingMax: 10 });
    const all = Array.from({ length: 11 }, async () => threads.run('h', { group: 'h' }));
    const refused = expect(all[10]).rejects.toMatchObject({ code: 'BUSY' });
    const [[third]] = await Promise.all([threads.run('third', { group: 'third' }), refused]);
    expect(third).toBe('third');
    await Promise.all(all.slice(0, 10));
  });

  it('keeps a group with slow jobs to threads of its own, and answers all others meanwhile', async () => {
    const patient = { threads: 1, slowMs: 50, share: 0.25, burstMs: 1_000, forMs: 60_000 };
    const threads = pool({ threads: 1, timeoutMs: 1_500, patient });
    const slow = Array.from({ length: 5 }, async () =>
      stoppedBy(threads.run('spin', { group: 'hostile' })),
    );
    const others = [];
    for (let index = 0; index < 20; index += 1)
      others.push((await threads.run(`job ${index}`, { group: 'third' }))[0]);
    expect(others).toEqual(Array.from({ length: 20 }, (_, index) => `job ${index}`));
    // It was stopped once where all are, and begun anew: it had all of its time.
    expect(await Promise.race(slow)).toBe('time');
    expect(await Promise.all(slow)).toEqual(Array.from({ length: 5 }, () => 'time'));
    expect((await threads.run('after', { group: 'hostile' }))[0]).toBe('after');
  });

  it('keeps a group with very many jobs there too, however quick each is', async () => {
    const patient = { threads: 1, slowMs: 250, share: 0.1, burstMs: 20, forMs: 60_000 };
    const threads = pool({ threads: 1, patient });
    const used = new Set<number>();
    for (let index = 0; index < 30; index += 1)
      used.add((await threads.run('job', { group: 'hostile' }))[1]);
    const [, thirds] = await threads.run('job', { group: 'third' });
    expect(used.size).toBe(2);
    expect([...used][0]).toBe(thirds);
    expect((await threads.run('job', { group: 'hostile' }))[1]).not.toBe(thirds);
  });

  it('forgets a job whose caller has gone before a thread took it', async () => {
    const threads = pool({ threads: 1, waitingMax: 1 });
    const first = threads.run('first');
    const gone = new AbortController();
    const second = threads.run('second', { signal: gone.signal });
    gone.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    expect((await threads.run('third'))[0]).toBe('third');
    await first;
  });

  it('stops a job whose caller has gone, so that those behind it need not wait', async () => {
    const threads = pool({ threads: 1, timeoutMs: 30_000 });
    const gone = new AbortController();
    const running = threads.run('spin', { signal: gone.signal });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const after = threads.run('after');
    gone.abort(new Error('gone'));
    await expect(running).rejects.toThrow('gone');
    expect((await after)[0]).toBe('after');
  });

  it('stops what runs and refuses what waits when it is closed', async () => {
    const threads = pool({ threads: 1, timeoutMs: 30_000 });
    const [running, waiting] = [threads.run('spin'), threads.run('waiting')];
    const ends = [stoppedBy(running), stoppedBy(waiting)];
    await threads.close();
    expect(await Promise.all(ends)).toEqual(['failure', 'failure']);
    expect(await stoppedBy(threads.run('late'))).toBe('failure');
  });
});
