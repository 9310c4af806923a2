import type { PromoteOptions, PromoteReport } from '#cli/standby-port';
import { openArtifactsToRead } from '#compose/artifact-store';
import { asError, copyOf, type LogSide, reached, type StandbySides } from '#compose/standby-sides';
import { RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { fenceStream, promoteStream, readSide, type StreamSide } from '#log/change-side';
import type { CopyStanding } from '#log/standby-copy';
import { STREAM_NAMES, type StreamName } from '#log/streams';
import { type SideMark, writeSideMark } from '#stores/side-marks';

// Before the fence, so that writes stand still for the rest alone.
const BEHIND_AT_FENCE_MAX = 100;
const PASSES_MAX = 20;

/**
 * Lets the standby take appends. First the old side is made to take none and what it holds is copied; then the mark is written
 * by which nodes know that another side was promoted. Every step may be repeated: a promotion that was cut off goes on.
 * @throws LOG_MISMATCH when there is no standby to promote, LOG_UNAVAILABLE when it may lack events and that was not accepted
 */
export async function promoteStandby(
  sides: StandbySides,
  options: PromoteOptions,
): Promise<PromoteReport> {
  const waiting: StreamName[] = [];
  for (const stream of STREAM_NAMES)
    if ((await promotable(sides, stream)).side === 'standby') waiting.push(stream);
  const end = waiting.length === 0 ? DONE_BEFORE : await endPrimary(sides, waiting, options);
  const mark = await markOrExplain(sides, { end, options });
  for (const stream of waiting)
    await promoteStream(sides.standby.broker.jsm, stream, { isWhole: end.isWhole });
  const streams: PromoteReport['streams'][number][] = [];
  let isWhole = true;
  for (const stream of STREAM_NAMES) {
    const { last, log, created } = await promotable(sides, stream);
    streams.push({ stream, position: last, lost: end.lost?.[stream] });
    // One that has lost events has a name of its own.
    isWhole &&= log !== created;
  }
  const { isFenced, trouble } = end;
  return { streams, isFenced, isWhole, trouble, mark, wasPromoted: waiting.length === 0 };
}

/** How the old side was left. */
interface PrimaryEnd {
  readonly isFenced: boolean;
  /** Whether the standby holds everything that it acknowledged. */
  readonly isWhole: boolean;
  /** How many events the standby lacks, where the old side could say. */
  readonly lost: Partial<Record<StreamName, number>> | undefined;
  readonly trouble: string | undefined;
}

const DONE_BEFORE: PrimaryEnd = {
  isFenced: false,
  isWhole: false,
  lost: undefined,
  trouble: undefined,
};

async function promotable(
  { standby }: Pick<StandbySides, 'standby'>,
  stream: StreamName,
): Promise<StreamSide> {
  const found = await readSide(standby.broker.jsm, stream);
  if (found?.side === 'standby' || found?.side === 'promoted') return found;
  const is =
    found === undefined
      ? 'it is not there'
      : found.side === 'fenced'
        ? 'it is fenced, because its own standby was promoted'
        : 'it is the log of a registry of its own';
  throw new RegistryError(
    'LOG_MISMATCH',
    `Cannot promote stream "${stream}": ${is} (want a standby: atlas-registry standby follow makes one)`,
  );
}

/** Fences the old side and copies what is left there. @throws LOG_UNAVAILABLE when that fails and loss was not accepted */
async function endPrimary(
  sides: StandbySides,
  streams: readonly StreamName[],
  { acceptLoss, signal }: PromoteOptions,
): Promise<PrimaryEnd> {
  let isFenced = false;
  const left: Partial<Record<StreamName, number>> = {};
  try {
    const from = reached(sides);
    for (const stream of streams) await catchUp(sides, { from, stream, signal });
    for (const stream of streams) await fenceStream(from.broker, stream);
    isFenced = true;
    for (const stream of streams) {
      const { source, standby } = await copyAll(sides, { from, stream, signal }, 0);
      left[stream] = source - standby;
    }
    return { isFenced, isWhole: true, lost: left, trouble: undefined };
  } catch (error) {
    signal.throwIfAborted();
    const trouble = asError(error).message;
    if (acceptLoss) {
      isFenced ||= await fenceAnyway(sides, streams);
      return { isFenced, isWhole: false, lost: undefined, trouble };
    }
    const fence = isFenced
      ? 'the primary takes no more appends: repeat this, or accept the loss'
      : 'nothing was promoted';
    throw new RegistryError(
      'LOG_UNAVAILABLE',
      `Cannot promote the standby: it may lack events that were acknowledged: ${trouble}; ${fence} (want a primary that answers, or --accept-loss)`,
      { cause: error },
    );
  }
}

/** Fences an old side that could not be copied; tells whether that was possible. */
async function fenceAnyway(
  { primary }: StandbySides,
  streams: readonly StreamName[],
): Promise<boolean> {
  if (primary instanceof Error) return false;
  try {
    for (const stream of streams) await fenceStream(primary.broker, stream);
    return true;
  } catch {
    // It does not answer any more: the mark is what is left.
    return false;
  }
}

interface CopyFrom {
  readonly from: LogSide;
  readonly stream: StreamName;
  readonly signal: AbortSignal;
}

async function catchUp(sides: StandbySides, copied: CopyFrom): Promise<void> {
  await copyAll(sides, copied, BEHIND_AT_FENCE_MAX);
}

/** Copies until the standby lacks no more than so many events. @throws LOG_UNAVAILABLE when it does not come to that */
async function copyAll(
  sides: StandbySides,
  copied: CopyFrom,
  behindMax: number,
): Promise<CopyStanding> {
  const copy = copyOf(sides, copied);
  try {
    let behind = 0;
    for (let passes = 0; passes < PASSES_MAX; passes += 1) {
      await copy.copy();
      // A copy of what was there at its beginning: more may have come.
      const { last: source } = await copied.from.logs[copied.stream].head();
      const { last: standby } = await sides.standby.logs[copied.stream].head();
      behind = source - standby;
      if (behind >= 0 && behind <= behindMax) return { source, standby };
    }
    throw new RegistryError(
      'LOG_UNAVAILABLE',
      `Cannot copy stream "${copied.stream}": the standby is ${behind} events behind (want at most ${behindMax})`,
    );
  } finally {
    copy.close();
  }
}

/** Writes the mark that freezes nodes on the old side. Without a fence it is the only thing that does. */
async function markOrExplain(
  sides: StandbySides,
  { end, options }: { readonly end: PrimaryEnd; readonly options: PromoteOptions },
): Promise<PromoteReport['mark']> {
  try {
    const { number } = await mark(sides);
    return { number, fault: undefined };
  } catch (error) {
    const fault = asError(error).message;
    if (end.isFenced || options.withoutFence) return { number: undefined, fault };
    throw new RegistryError(
      'STORE_UNAVAILABLE',
      `Cannot fence the old side: it could not be reached, and the mark could not be written: ${fault}; nothing was promoted (want an artifact store that answers, or --without-fence)`,
      { cause: error },
    );
  }
}

async function mark(sides: StandbySides): Promise<SideMark> {
  const artifacts = await openArtifactsToRead(sides.setup);
  const streams = [];
  for (const name of STREAM_NAMES) {
    const { created, last } = await promotable(sides, name);
    streams.push({ name, created, position: last });
  }
  const promotedAt = new Date(systemClock.nowMs()).toISOString();
  return await writeSideMark(artifacts.files, { promotedAt, streams });
}
