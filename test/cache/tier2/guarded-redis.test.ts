import { describe, expect, it } from 'vitest';
import { GuardedRedis, type RedisCommands, TWICE } from '#cache/tier2/guarded-redis';
import type { CircuitChange } from '#flow/circuit-breaker';
import { FakeClock } from '#test/support/fake-clock';
import { watch } from '#test/support/watch';

/** An error as Redis answers it. */
function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

/** Redis that answers as the test says, attempt by attempt; the last answer stays. */
function setUp(...answers: readonly (() => Promise<string>)[]) {
  const clock = new FakeClock();
  const failures: unknown[] = [];
  const changes: CircuitChange[] = [];
  let asked = 0;
  const answer = (): Promise<string> => {
    const next = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    return next === undefined ? Promise.resolve('') : next();
  };
  const redis: RedisCommands = {
    getRange: answer,
    evaluate: answer,
    set: async () => {
      await answer();
    },
  };
  const guarded = new GuardedRedis({
    redis,
    clock,
    onFailure: (error) => failures.push(error),
    onStateChange: (change) => changes.push(change),
  });
  const ask = (attempts?: number) => guarded.ask((commands) => commands.getRange('k', 9), attempts);
  return { clock, guarded, ask, failures, changes, asked: () => asked };
}

const well = (): Promise<string> => Promise.resolve('x');
const cut = (): Promise<string> => Promise.reject(new Error('Connection is closed.'));
const never = (): Promise<string> => new Promise(() => undefined);

describe('GuardedRedis', () => {
  it('gives what Redis answers', async () => {
    const { ask, clock } = setUp(well);
    expect(await ask()).toEqual({ kind: 'answered', value: 'x' });
    expect(clock.sleeping).toBe(0);
  });

  it('asks again after 5 ms when that was asked for, and once only', async () => {
    const { ask, asked, clock } = setUp(cut, well);
    const call = watch(ask(TWICE));
    await clock.advance(4);
    expect([call.value, asked()]).toEqual([undefined, 1]);
    await clock.advance(1);
    expect(call.value).toEqual({ kind: 'answered', value: 'x' });
    const failing = setUp(cut);
    const lost = watch(failing.ask(TWICE));
    await failing.clock.advance(5);
    expect([lost.value, failing.asked()]).toMatchObject([{ kind: 'failed' }, 2]);
    expect(failing.failures).toMatchObject([{ message: 'Connection is closed.' }]);
    const once = setUp(cut, well);
    expect([await once.ask(), once.asked()]).toMatchObject([{ kind: 'failed' }, 1]);
  });

  it('gives up after 50 ms in all, though the second attempt has just begun, and leaves no timer', async () => {
    const late = async (): Promise<string> => {
      await clock.sleep(40);
      throw new Error('Command timed out');
    };
    const { ask, asked, clock } = setUp(late, never);
    const call = watch(ask(TWICE));
    await clock.advance(49);
    expect([call.value, asked()]).toEqual([undefined, 2]);
    await clock.advance(1);
    expect(call.value).toMatchObject({
      kind: 'failed',
      error: {
        name: 'TooSlow',
        message: 'Cannot ask Redis: it did not answer in 50 ms (want an answer)',
      },
    });
    expect(clock.sleeping).toBe(0);
  });

  it('does not ask again after an error that Redis answered', async () => {
    const { ask, asked } = setUp(() => Promise.reject(reply('READONLY You can not write')), well);
    expect([await ask(TWICE), asked()]).toMatchObject([{ kind: 'failed' }, 1]);
  });

  it('leaves Redis alone for 3 s after 8 failures in a row, then lets one call find out', async () => {
    const { ask, asked, changes, clock, guarded } = setUp(cut);
    for (let i = 0; i < 8; i += 1) expect((await ask()).kind).toBe('failed');
    expect([(await ask()).kind, asked(), guarded.circuit]).toEqual(['refused', 8, 'open']);
    clock.skip(2_999);
    expect([(await ask()).kind, asked()]).toEqual(['refused', 8]);
    clock.skip(1);
    const kinds = await Promise.all([ask(), ask(), ask()]);
    expect([kinds.map(({ kind }) => kind), asked()]).toEqual([['failed', 'refused', 'refused'], 9]);
    expect(changes.map(({ to }) => to)).toEqual(['open', 'half-open', 'open']);
  });

  it('is as before when Redis is back', async () => {
    const { ask, clock, guarded } = setUp(...Array.from({ length: 8 }, () => cut), well);
    for (let i = 0; i < 8; i += 1) await ask();
    clock.skip(3_000);
    expect([await ask(), guarded.circuit]).toEqual([{ kind: 'answered', value: 'x' }, 'closed']);
  });

  it('does not count a value of another kind against Redis', async () => {
    const { ask, guarded, asked } = setUp(() => Promise.reject(reply('WRONGTYPE Operation')));
    for (let i = 0; i < 20; i += 1) expect((await ask(TWICE)).kind).toBe('failed');
    expect([asked(), guarded.circuit]).toEqual([20, 'closed']);
  });

  it('does not throw though the client does so at once', async () => {
    const { ask } = setUp(() => {
      throw new TypeError('at once');
    });
    expect(await ask()).toMatchObject({ kind: 'failed', error: { message: 'at once' } });
  });
});
