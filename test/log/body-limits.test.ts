import { describe, expect, it } from 'vitest';
import { toPosition } from '#domain/position';
import { byBodies } from '#log/body-limits';
import type { StoredMessage } from '#log/event-log';

function message(position: number, isReference: boolean): StoredMessage {
  const data = Buffer.from(isReference ? '' : '{}');
  return { position: toPosition(position), subject: 's', recordedAtMs: 0, header: data, data };
}

describe('byBodies()', () => {
  it('gives a batch without references as it is', () => {
    const batch = [message(1, false), message(2, false)];
    expect([...byBodies(batch)]).toEqual([batch]);
  });

  it('cuts so that eight bodies at most are fetched at once, and loses and reorders nothing', () => {
    for (const every of [1, 2, 5]) {
      const batch = Array.from({ length: 50 }, (_, i) => message(i + 1, i % every === 0));
      const parts = [...byBodies(batch)];
      expect(parts.flat()).toEqual(batch);
      for (const part of parts) {
        expect(part.length).toBeGreaterThan(0);
        expect(part.filter(({ data }) => data.length === 0).length).toBeLessThanOrEqual(8);
      }
      const references = batch.filter(({ data }) => data.length === 0).length;
      expect(parts).toHaveLength(Math.ceil(references / 8));
    }
  });
});
