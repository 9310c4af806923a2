import { JetStreamApiError, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream';
import { headers, type NatsConnection } from 'nats';
import { RegistryError } from '#domain/errors';
import { type Position, toPosition } from '#domain/position';
import { systemClock } from '#flow/clock';
import { API_ERRORS, unavailable } from '#log/jetstream-errors';
import { type ProvisionOptions, streamConfig } from '#log/provision';
import { fencedSubject, logIdOf, SIDE_KEYS, type Side, sideIn, standbySubject } from '#log/side';
import type { StreamName } from '#log/streams';

/** What a stream is and holds, as its leader says. */
export interface StreamSide {
  readonly side: Side;
  /** The name of the log that it holds. */
  readonly log: string;
  /** When this stream was created; no other stream anywhere has that. */
  readonly created: string;
  readonly last: Position;
}

/** Looks at a stream; `undefined` when it is not there. @throws LOG_UNAVAILABLE */
export async function readSide(
  jsm: JetStreamManager,
  stream: StreamName,
): Promise<StreamSide | undefined> {
  try {
    return described(await jsm.streams.info(stream));
  } catch (error) {
    const isApi = error instanceof JetStreamApiError;
    if (isApi && error.code === API_ERRORS.streamNotFound) return undefined;
    throw unavailable(stream, 'its leader does not answer', error);
  }
}

function described(info: StreamInfo): StreamSide {
  const last = toPosition(info.state.last_seq);
  return { side: sideIn(info), log: logIdOf(info), created: info.created, last };
}

/** Makes an empty stream that copies a log: it takes messages at subjects that nobody appends to. */
export async function makeStandby(
  jsm: JetStreamManager,
  stream: StreamName,
  { log, replicas }: ProvisionOptions & { readonly log: string },
): Promise<StreamSide> {
  const { subjects: _, ...config } = streamConfig(stream, { replicas });
  const taken = standbySubject(stream, '>');
  return await changed(stream, 'make a standby of', () =>
    jsm.streams.add({
      ...config,
      subjects: [taken],
      subject_transform: { src: taken, dest: '>' },
      metadata: metadataFor('standby', log),
    }),
  );
}

/** Lets a standby take appends, and copies no more. A log that has lost events is another one: it gets the name of the stream. */
export async function promoteStream(
  jsm: JetStreamManager,
  stream: StreamName,
  { isWhole }: { readonly isWhole: boolean },
): Promise<StreamSide> {
  return await changed(stream, 'promote', async () => {
    const info = await jsm.streams.info(stream);
    const { subjects } = streamConfig(stream, { replicas: info.config.num_replicas });
    const { subject_transform: _, ...config } = info.config;
    const log = isWhole ? logIdOf(info) : info.created;
    const metadata = { ...config.metadata, ...metadataFor('promoted', log) };
    // What is absent stays as it was.
    const without = { subject_transform: undefined } as object;
    return await jsm.streams.update(stream, { ...config, ...without, subjects, metadata });
  });
}

const LOOKS_WANTED = 4;
const LOOK_MS = 250;
const FENCE_MS = 10_000;
// No stream ever has so many.
const NEVER = String(Number.MAX_SAFE_INTEGER);

/**
 * Lets a stream take no more appends, whoever sends them, and gives where it ends: nothing is acknowledged behind that.
 * What was on its way before is let through first. @throws LOG_UNAVAILABLE when that cannot be made sure
 */
export async function fenceStream(
  { nc, jsm }: { readonly nc: NatsConnection; readonly jsm: JetStreamManager },
  stream: StreamName,
): Promise<Position> {
  const before = await readSide(jsm, stream);
  if (before === undefined) throw unavailable(stream, 'it is not there');
  if (before.side !== 'fenced')
    await changed(stream, 'fence', async () => {
      const { config } = await jsm.streams.info(stream);
      const metadata = { ...config.metadata, ...metadataFor('fenced', before.log) };
      const subjects = [fencedSubject(stream)];
      return await jsm.streams.update(stream, { ...config, subjects, metadata });
    });
  await refusal(nc, stream);
  return await settled(jsm, stream);
}

/** Waits behind everything that the leader has in hand: what it is asked here it refuses, and in turn. */
async function refusal(nc: NatsConnection, stream: StreamName): Promise<void> {
  const block = headers();
  block.append('Nats-Expected-Last-Sequence', NEVER);
  try {
    const options = { headers: block, timeout: FENCE_MS };
    const answer = await nc.request(fencedSubject(stream), new Uint8Array(), options);
    const { error } = JSON.parse(answer.string()) as { error?: { err_code?: number } };
    if (error?.err_code === API_ERRORS.wrongLastSequence) return;
    throw new Error(`it answered ${answer.string()}`);
  } catch (error) {
    throw unavailable(stream, 'its leader does not say that it is fenced', error);
  }
}

/** Waits until copies of the leader that are under way have come to an end. */
async function settled(jsm: JetStreamManager, stream: StreamName): Promise<Position> {
  let last: Position | undefined;
  for (let looks = 0; looks < LOOKS_WANTED; ) {
    const found = await readSide(jsm, stream);
    if (found?.side !== 'fenced') throw unavailable(stream, 'its leader knows of no fence');
    looks = found.last === last ? looks + 1 : 1;
    last = found.last;
    await systemClock.sleep(LOOK_MS);
  }
  return last ?? toPosition(0);
}

function metadataFor(side: Side, log: string): Record<string, string> {
  const since = new Date(systemClock.nowMs()).toISOString();
  return { [SIDE_KEYS.side]: side, [SIDE_KEYS.log]: log, [SIDE_KEYS.since]: since };
}

async function changed(
  stream: StreamName,
  verb: string,
  change: () => Promise<StreamInfo>,
): Promise<StreamSide> {
  try {
    return described(await change());
  } catch (cause) {
    const is = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'LOG_UNAVAILABLE',
      `Cannot ${verb} stream "${stream}": ${is} (want a broker that answers, and an account that may change streams)`,
      { cause },
    );
  }
}
