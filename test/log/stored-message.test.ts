import type { Msg } from 'nats';
import { describe, expect, it } from 'vitest';
import { readDelivery } from '#log/stored-message';

function delivered(reply: string): Msg {
  // Only what is read of it; the rest of a message needs a connection.
  return { reply, subject: 's', data: new Uint8Array(), headers: undefined } as unknown as Msg;
}

describe('readDelivery()', () => {
  it('cuts the time of storing to milliseconds and never rounds it up', () => {
    const { message } = readDelivery(delivered('$JS.ACK.REGISTRY.c.1.42.7.1700000013803999951.3'));
    expect(message.recordedAtMs).toBe(1_700_000_013_803);
    expect(message.position).toBe(42);
  });

  it('reads the longer form with domain, account and token too', () => {
    const reply = '$JS.ACK.hub.hash.REGISTRY.c.1.42.7.1700000013803999951.3.token';
    expect(readDelivery(delivered(reply))).toMatchObject({
      deliverySequence: 7,
      message: { position: 42, recordedAtMs: 1_700_000_013_803 },
    });
  });
});
