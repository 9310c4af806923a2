import { createHash } from 'node:crypto';
import type { Broker } from '#clients/nats';
import { everyMessage, openStream } from '#cluster/read-back';
import { stepDown } from '#cluster/stream-leaders';
import { systemClock } from '#flow/clock';

const LEAD_MS = 20_000;
const ASK_AGAIN_MS = 1_000;
const POLL_MS = 20;
const SHOWN_HEX = 16;

/** One hash over everything that a server holds of a stream, which it is made to lead for that. */
export async function copyOf(broker: Broker, stream: string, server: string): Promise<string> {
  await leadBy(broker, stream, server);
  const hash = createHash('sha256');
  let messages = 0;
  for await (const message of everyMessage(openStream(broker, stream))) {
    const { position, subject, recordedAtMs, header, data } = message;
    hash.update(`${position} ${subject} ${recordedAtMs}\n`).update(header).update(data);
    messages += 1;
  }
  return `${messages} messages, sha256:${hash.digest('hex').slice(0, SHOWN_HEX)}`;
}

/** Makes one server lead a stream. @throws Error when it does not in time */
async function leadBy({ nc, jsm }: Broker, stream: string, server: string): Promise<void> {
  const deadline = systemClock.monotonicMs() + LEAD_MS;
  for (let asked = Number.NEGATIVE_INFINITY; systemClock.monotonicMs() < deadline; ) {
    const info = await jsm.streams.info(stream).catch(() => undefined);
    // A server alone leads whatever it has.
    if (info !== undefined && (info.cluster?.replicas ?? []).length === 0) return;
    const leader = info?.cluster?.leader;
    if (leader === server) return;
    if (leader !== undefined && systemClock.monotonicMs() - asked > ASK_AGAIN_MS) {
      asked = systemClock.monotonicMs();
      await stepDown(nc, stream, server);
    }
    await systemClock.sleep(POLL_MS);
  }
  throw new Error(
    `Cannot let ${server} lead stream "${stream}": it does not within ${LEAD_MS} ms (want a server that holds it and runs)`,
  );
}
