import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idleGuard, type LateChunk } from '#flow/deadline';
import { FakeClock, settled } from '#test/support/fake-clock';
import { watch } from '#test/support/watch';

class Late extends Error {
  readonly late: LateChunk;

  constructor(late: LateChunk) {
    super('too late');
    this.late = late;
  }
}

/** A source that gives each chunk after a pause, and notes whether it was closed. */
class Source implements AsyncIterable<number>, AsyncIterator<number> {
  readonly #clock: FakeClock;
  readonly #pausesMs: number[];
  readonly #failure: Error | undefined;
  pulled = 0;
  returned = 0;

  constructor(clock: FakeClock, pausesMs: readonly number[], failure?: Error) {
    this.#clock = clock;
    this.#pausesMs = [...pausesMs];
    this.#failure = failure;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<number>> {
    this.pulled += 1;
    const pauseMs = this.#pausesMs.shift();
    if (pauseMs === undefined) {
      if (this.#failure !== undefined) throw this.#failure;
      return { done: true, value: undefined };
    }
    if (pauseMs > 0) await this.#clock.sleep(pauseMs);
    return { done: false, value: this.pulled };
  }

  async return(): Promise<IteratorResult<number>> {
    this.returned += 1;
    return { done: true, value: undefined };
  }
}

describe('idleGuard()', () => {
  const error = (late: LateChunk): Error => new Late(late);
  const LIMITS = { firstMs: 100, idleMs: 50, totalMs: 1_000 };

  async function read(guard: AsyncIterable<number>, into: number[] = []): Promise<number[]> {
    for await (const chunk of guard) into.push(chunk);
    return into;
  }

  it('passes every chunk on in order, closes the source once and leaves neither timer nor listener', async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const source = new Source(clock, [100 - 1, 50 - 1, 0, 50 - 1]);
    const call = watch(read(idleGuard(source, { ...LIMITS, clock, signal, error })));
    await clock.advance(1_000);
    expect(call).toEqual({ value: [1, 2, 3, 4] });
    expect([source.returned, clock.sleeping]).toEqual([1, 0]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('rejects as the limits say and at that very time, after the chunks that came before', async () => {
    // Even pauses and odd limits: what comes in the very millisecond of its limit may come or be late.
    const pause = fc.integer({ min: 0, max: 20 }).map((n) => n * 2);
    const odd = (max: number): fc.Arbitrary<number> =>
      fc.integer({ min: 0, max: max / 2 }).map((n) => n * 2 + 1);
    await fc.assert(
      fc.asyncProperty(
        fc.array(pause, { maxLength: 8 }),
        fc.record({ firstMs: odd(60), idleMs: odd(60), totalMs: odd(150) }),
        async (pausesMs, limits) => {
          const clock = new FakeClock();
          const source = new Source(clock, pausesMs);
          const chunks: number[] = [];
          const ended: { atMs?: number } = {};
          const call = watch(
            read(idleGuard(source, { ...limits, clock, error }), chunks).finally(() => {
              ended.atMs = clock.monotonicMs();
            }),
          );
          await clock.advance(1_000);
          const expected = predict(pausesMs, limits);
          expect({ chunks: chunks.length, atMs: ended.atMs }).toEqual({
            chunks: expected.chunks,
            atMs: expected.atMs,
          });
          const phase = call.error instanceof Late ? call.error.late.phase : undefined;
          expect(phase).toBe(expected.phase);
          expect([source.returned, clock.sleeping]).toEqual([1, 0]);
        },
      ),
    );
  });

  it('says which limit it was', async () => {
    const cases: readonly (readonly [readonly number[], LateChunk])[] = [
      [[101], { phase: 'first', limitMs: 100 }],
      [[10, 51], { phase: 'idle', limitMs: 50 }],
      [Array.from({ length: 100 }, () => 49), { phase: 'total', limitMs: 1_000 }],
    ];
    for (const [pausesMs, late] of cases) {
      const clock = new FakeClock();
      const source = new Source(clock, pausesMs);
      const call = watch(read(idleGuard(source, { ...LIMITS, clock, error })));
      await clock.advance(2_000);
      expect(call.error).toMatchObject({ late });
    }
  });

  it('does not count what the reader takes as idle, but as a part of the total', async () => {
    const clock = new FakeClock();
    const source = new Source(clock, [0, 0, 0, 0]);
    const seen: unknown[] = [];
    const cancel = (reason: unknown): void => void seen.push(reason);
    const guard = idleGuard(source, { ...LIMITS, clock, error, cancel });
    for (let chunk = 1; chunk <= 3; chunk += 1) {
      expect(await guard.next()).toEqual({ done: false, value: chunk });
      await clock.advance(400);
      expect(clock.sleeping).toBe(0);
    }
    await expect(guard.next()).rejects.toMatchObject({ late: { phase: 'total' } });
    expect([source.pulled, source.returned]).toEqual([3, 1]);
    expect(seen).toMatchObject([{ late: { phase: 'total' } }]);
  });

  it("rejects with the signal's reason while a chunk is due, and before the next pull", async () => {
    for (const abortFirst of [true, false]) {
      const clock = new FakeClock();
      const controller = new AbortController();
      const source = new Source(clock, [0, 40]);
      const guard = idleGuard(source, { ...LIMITS, clock, signal: controller.signal, error });
      await guard.next();
      const reason = new Error('enough');
      if (abortFirst) controller.abort(reason);
      const call = watch(guard.next());
      await settled();
      controller.abort(reason);
      await settled();
      expect(call.error).toBe(reason);
      expect(source.returned).toBe(1);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      await clock.advance(40);
      expect(clock.sleeping).toBe(0);
    }
  });

  it('throws what the source throws, and closes it', async () => {
    const clock = new FakeClock();
    const failure = new Error('connection reset');
    const source = new Source(clock, [0], failure);
    const call = read(idleGuard(source, { ...LIMITS, clock, error }));
    await expect(call).rejects.toBe(failure);
    expect([source.returned, clock.sleeping]).toEqual([1, 0]);
  });

  it('closes the source when the reader stops, and waits for that', async () => {
    const clock = new FakeClock();
    let closed = false;
    async function* source(): AsyncGenerator<number> {
      try {
        yield 1;
        yield 2;
      } finally {
        await settled();
        closed = true;
      }
    }
    for await (const chunk of idleGuard(source(), { ...LIMITS, clock, error })) {
      expect(chunk).toBe(1);
      break;
    }
    expect([closed, clock.sleeping]).toEqual([true, 0]);
  });

  it('rejects in time although the return() of a generator that hangs never comes back', async () => {
    const clock = new FakeClock();
    async function* hanging(): AsyncGenerator<number> {
      yield 1;
      await new Promise(() => undefined);
    }
    const call = watch(read(idleGuard(hanging(), { ...LIMITS, clock, error })));
    await clock.advance(50);
    expect(call.error).toMatchObject({ late: { phase: 'idle' } });
  });

  it('hides no failure behind one of return()', async () => {
    const clock = new FakeClock();
    const source = new Source(clock, [500]);
    source.return = () => {
      throw new Error('cannot close');
    };
    const call = watch(read(idleGuard(source, { ...LIMITS, clock, error })));
    await clock.advance(500);
    expect(call.error).toMatchObject({ late: { phase: 'first' } });
  });

  it('cancels a stream that hangs: it is destroyed, with the reason', async () => {
    const clock = new FakeClock();
    const stream = new Readable({ read: () => undefined });
    const seen: unknown[] = [];
    stream.on('error', (reason) => seen.push(reason));
    const cancel = (reason: unknown): void => {
      stream.destroy(reason instanceof Error ? reason : new Error('cancelled'));
    };
    const call = watch(read(idleGuard(stream, { ...LIMITS, clock, error, cancel })));
    await clock.advance(100);
    expect(call.error).toBeInstanceOf(Late);
    expect([stream.destroyed, seen]).toEqual([true, [call.error]]);
  });

  it('does not cancel what came to its end, or what the reader left', async () => {
    const clock = new FakeClock();
    let cancelled = 0;
    const cancel = (): void => {
      cancelled += 1;
    };
    expect(
      await read(idleGuard(new Source(clock, [0, 0]), { ...LIMITS, clock, error, cancel })),
    ).toEqual([1, 2]);
    const left = idleGuard(new Source(clock, [0, 0]), { ...LIMITS, clock, error, cancel });
    await left.next();
    await left.return();
    expect(cancelled).toBe(0);
  });

  it('never touches its source when it is never pulled', async () => {
    const clock = new FakeClock();
    const source = new Source(clock, [0]);
    await idleGuard(source, { ...LIMITS, clock, error }).return();
    expect([source.pulled, source.returned, clock.sleeping]).toEqual([0, 0, 0]);
  });
});

/** What a reader that takes no time should see. The end of the source comes at once after its last chunk. */
function predict(
  pausesMs: readonly number[],
  { firstMs, idleMs, totalMs }: { firstMs: number; idleMs: number; totalMs: number },
): { chunks: number; atMs: number; phase: LateChunk['phase'] | undefined } {
  let atMs = 0;
  for (const [chunks, pauseMs] of pausesMs.entries()) {
    const limitMs = chunks === 0 ? firstMs : idleMs;
    const leftMs = totalMs - atMs;
    const allowedMs = Math.min(limitMs, leftMs);
    if (pauseMs > allowedMs) {
      const phase = chunks === 0 ? 'first' : 'idle';
      return { chunks, atMs: atMs + allowedMs, phase: leftMs <= limitMs ? 'total' : phase };
    }
    atMs += pauseMs;
  }
  return { chunks: pausesMs.length, atMs, phase: undefined };
}
