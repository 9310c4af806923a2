import { describe, expect, it } from 'vitest';
import type { CircuitState } from '#flow/circuit-breaker';
import { settled } from '#test/support/fake-clock';
import { type Held, held, NotFound, OPEN_MS, setUp } from '#test/support/held-circuit';
import { forSeeds, type Seeded } from '#test/support/seed';

describe('CircuitBreaker', () => {
  it('follows its table, whatever calls overlap, end, abort or wait', async () => {
    await forSeeds(400, interleave);
  });
});

/** The table in its plainest form: what is true of now, and the number of the state in which each call began. */
class Model {
  state: CircuitState = 'closed';
  epoch = 0;
  failures = 0;
  probing = false;
  openedMs = 0;

  become(state: CircuitState): void {
    this.state = state;
    this.epoch += 1;
    this.failures = 0;
    this.probing = false;
  }

  enter(nowMs: number): boolean {
    if (this.state === 'open' && nowMs >= this.openedMs + OPEN_MS) this.become('half-open');
    if (this.state === 'open' || this.probing) return false;
    this.probing = this.state === 'half-open';
    return true;
  }

  end(epoch: number, outcome: 'answer' | 'failure' | 'abort', nowMs: number): void {
    if (epoch !== this.epoch) return;
    if (outcome === 'abort') this.probing = false;
    else if (outcome === 'answer') {
      if (this.state === 'half-open') this.become('closed');
      this.failures = 0;
    } else {
      this.failures += 1;
      if (this.state === 'closed' && this.failures < 3) return;
      this.become('open');
      this.openedMs = nowMs;
    }
  }
}

interface Open extends Held {
  readonly epoch: number;
  readonly controller: AbortController;
}

async function interleave(random: Seeded): Promise<void> {
  const { breaker, clock } = setUp(3);
  const model = new Model();
  let open: Open[] = [];
  for (let step = 0; step < 60; step += 1) {
    const ended = open[random.int(Math.max(1, open.length))];
    const does = random.int(8);
    if (does < 3) {
      const controller = new AbortController();
      const call = held(breaker, controller.signal);
      expect(call.started).toBe(model.enter(clock.monotonicMs()));
      if (call.started) open.push({ ...call, controller, epoch: model.epoch });
    } else if (does === 3) {
      clock.skip(random.int(2) === 0 ? random.int(OPEN_MS) : OPEN_MS);
    } else if (ended !== undefined) {
      open = open.filter((other) => other !== ended);
      const outcome = random.pick<'answer' | 'failure' | 'abort'>([
        'answer',
        'failure',
        'failure',
        'abort',
      ]);
      if (outcome === 'abort') ended.controller.abort();
      else if (outcome === 'failure') ended.ends.reject(new Error('failed'));
      else if (random.int(2) === 0) ended.ends.resolve('ok');
      else ended.ends.reject(new NotFound('not found'));
      model.end(ended.epoch, outcome, clock.monotonicMs());
    }
    await settled();
    expect(breaker.state).toBe(model.state);
  }
  for (const { ends } of open) ends.resolve('end');
  await settled();
  expect(clock.sleeping).toBe(0);
}
