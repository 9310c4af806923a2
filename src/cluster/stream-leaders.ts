import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import type { Broker } from '#clients/nats';
import { systemClock } from '#flow/clock';

const POLL_MS = 20;
const HAND_OVER_MS = 5_000;

/** Gives which server leads a stream; `undefined` while none does. */
export async function leaderOf(jsm: JetStreamManager, stream: string): Promise<string | undefined> {
  return (await jsm.streams.info(stream)).cluster?.leader;
}

/** Hands what a server leads over to others, stream by stream, and waits until they have taken it. */
export async function handOver({ nc, jsm }: Broker, server: string): Promise<void> {
  const deadline = systemClock.monotonicMs() + HAND_OVER_MS;
  for (const { config } of await everyStream(jsm)) {
    while (systemClock.monotonicMs() < deadline) {
      const leader = await leaderOf(jsm, config.name).catch(() => undefined);
      if (leader !== undefined && leader !== server) break;
      if (leader === server) await stepDown(nc, config.name);
      await systemClock.sleep(POLL_MS);
    }
  }
}

/** Asks the leader of a stream to hand it over, to the preferred server where one is named. */
export async function stepDown(
  nc: NatsConnection,
  stream: string,
  preferred?: string,
): Promise<void> {
  const body = preferred === undefined ? '' : JSON.stringify({ placement: { preferred } });
  await nc
    .request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`, body, { timeout: 1_000 })
    .catch(() => undefined);
}

/** Tells whether a server holds everything that the leaders of its streams hold, and every stream has one. */
export async function isWhole(jsm: JetStreamManager, server: string): Promise<boolean> {
  const streams = await everyStream(jsm);
  return streams.every(({ cluster }) => {
    // A server alone has no cluster.
    if (cluster === undefined || cluster.leader === server) return true;
    const copy = cluster.replicas?.find(({ name }) => name === server);
    if (cluster.leader === undefined || copy === undefined) return cluster.leader !== undefined;
    return copy.current && (copy.lag ?? 0) === 0;
  });
}

async function everyStream(jsm: JetStreamManager): Promise<readonly StreamInfo[]> {
  const found: StreamInfo[] = [];
  for await (const info of jsm.streams.list()) found.push(info);
  return found;
}
