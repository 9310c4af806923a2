import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { untilAborted } from '#flow/until-aborted';

function never(): Promise<never> {
  return new Promise(() => undefined);
}

describe('untilAborted()', () => {
  it('gives what the work gives and throws what it throws, with a signal and without', async () => {
    const failed = new Error('no');
    for (const signal of [undefined, new AbortController().signal]) {
      expect(await untilAborted(signal, async () => 7)).toBe(7);
      const failing = untilAborted(signal, () => Promise.reject(failed));
      await expect(failing).rejects.toBe(failed);
      const throwing = untilAborted(signal, () => {
        throw failed;
      });
      await expect(throwing).rejects.toBe(failed);
      if (signal !== undefined) expect(getEventListeners(signal, 'abort')).toEqual([]);
    }
  });

  it('rejects with the reason when the signal aborts, though the work never ends, and leaves no listener', async () => {
    const controller = new AbortController();
    const waiting = untilAborted(controller.signal, never);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('rejects with the reason and not with what the work makes of the abort', async () => {
    const controller = new AbortController();
    const waiting = untilAborted(
      controller.signal,
      () =>
        new Promise((_, reject) => {
          controller.signal.addEventListener('abort', () => reject(new Error('the work saw it')));
        }),
    );
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('does not start the work when the signal has aborted before', async () => {
    let started = false;
    const reason = new Error('before');
    const waiting = untilAborted(AbortSignal.abort(reason), async () => {
      started = true;
    });
    await expect(waiting).rejects.toBe(reason);
    expect(started).toBe(false);
  });

  it('keeps to the reason when the work aborts its own signal and then throws', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = untilAborted(controller.signal, () => {
      controller.abort(reason);
      throw new Error('thrown after');
    });
    await expect(waiting).rejects.toBe(reason);
  });
});
