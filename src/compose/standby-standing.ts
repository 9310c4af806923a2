import type { StandbyStanding, StreamStanding } from '#cli/standby-port';
import type { Logs } from '#compose/logs';
import { asError, reached, type StandbySides } from '#compose/standby-sides';
import { toPosition } from '#domain/position';
import { systemClock } from '#flow/clock';
import { readSide, type StreamSide } from '#log/change-side';
import type { StoredMessage } from '#log/event-log';
import { checkLog, holds, otherEvent } from '#log/standby-copy';
import { STREAM_NAMES, type StreamName } from '#log/streams';

/** Compares both sides. */
export async function standingOf(sides: StandbySides): Promise<StandbyStanding> {
  const streams: StreamStanding[] = [];
  for (const stream of STREAM_NAMES) streams.push(await streamStanding(sides, stream));
  return { streams };
}

async function streamStanding(sides: StandbySides, stream: StreamName): Promise<StreamStanding> {
  const unknown = { stream, side: undefined, primary: undefined, standby: undefined };
  const noLag = { events: undefined, seconds: undefined };
  let standby: StreamSide | undefined;
  try {
    standby = await readSide(sides.standby.broker.jsm, stream);
  } catch (error) {
    return { ...unknown, ...noLag, fault: asError(error).message };
  }
  const found = { ...unknown, side: standby?.side, standby: standby?.last };
  if (standby === undefined) {
    const fault = `stream "${stream}" is not on the standby (want it made: atlas-registry standby follow)`;
    return { ...found, ...noLag, fault };
  }
  try {
    const lag = await lagOf(reached(sides).logs, stream, {
      standby,
      target: sides.standby.logs[stream],
    });
    return { ...found, ...lag, fault: undefined };
  } catch (error) {
    return { ...found, ...noLag, fault: asError(error).message };
  }
}

async function lagOf(
  logs: Logs,
  stream: StreamName,
  { standby, target }: { readonly standby: StreamSide; readonly target: Logs[StreamName] },
) {
  const source = logs[stream];
  const { last, created } = await source.head();
  checkLog(stream, created, standby);
  if (last < standby.last) throw otherEvent(stream, toPosition(last + 1));
  const same = await eventAt(source, standby.last);
  if (same !== undefined && !(await holds(target, same))) throw otherEvent(stream, standby.last);
  const oldest = last > standby.last ? await eventAt(source, standby.last + 1) : undefined;
  const waitedMs = oldest === undefined ? 0 : systemClock.nowMs() - oldest.recordedAtMs;
  return { primary: last, events: last - standby.last, seconds: Math.max(0, waitedMs) / 1_000 };
}

async function eventAt(
  log: Logs[StreamName],
  position: number,
): Promise<StoredMessage | undefined> {
  if (position === 0) return undefined;
  const range = { after: toPosition(position - 1), upTo: toPosition(position), batchMax: 1 };
  const { signal } = new AbortController();
  for await (const [found] of log.readStored({ ...range, signal })) return found;
  return undefined;
}
