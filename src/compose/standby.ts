import type { FollowStanding, OpenedStandby, OpenStandby } from '#cli/standby-port';
import { promoteStandby } from '#compose/promote-standby';
import { newSetup } from '#compose/setup';
import {
  asError,
  copyOf,
  openStandbySides,
  reached,
  type StandbySides,
} from '#compose/standby-sides';
import { standingOf } from '#compose/standby-standing';
import { isRegistryError } from '#domain/errors';
import { backoffMs } from '#flow/backoff';
import { systemClock } from '#flow/clock';
import type { StandbyCopy } from '#log/standby-copy';
import { STREAM_NAMES, type StreamName } from '#log/streams';

const FOLLOW_MS = 200;

/** Opens both sides. @throws CANNOT_START when the standby cannot be reached; a primary may be away */
export const openStandby: OpenStandby = async (config, logger) => {
  const setup = newSetup(config, logger);
  const { releases } = setup;
  try {
    const sides = await openStandbySides(setup);
    const { primary } = sides;
    return {
      primaryFault: primary instanceof Error ? primary.message : undefined,
      standing: async () => await standingOf(sides),
      follow: async (options) => await follow(sides, options),
      promote: async (options) => await promoteStandby(sides, options),
      release: () => releases.releaseAll(),
    };
  } catch (error) {
    await releases.releaseAll();
    throw error;
  }
};

type FollowOptions = Parameters<OpenedStandby['follow']>[0];

async function follow(sides: StandbySides, { signal, onStanding }: FollowOptions): Promise<void> {
  // A stream that cannot go on ends the other one too.
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const ended = await Promise.allSettled(
    STREAM_NAMES.map(async (stream) => {
      try {
        await followOne(sides, stream, { signal: both, onStanding });
      } finally {
        stop.abort();
      }
    }),
  );
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

async function followOne(
  sides: StandbySides,
  stream: StreamName,
  { signal, onStanding }: FollowOptions,
): Promise<void> {
  const copy = copyOf(sides, { from: reached(sides), stream, signal });
  try {
    for (let failures = 0; !signal.aborted; ) {
      const standing = await round(copy, stream, signal);
      if (standing === undefined) return;
      onStanding(standing);
      failures = standing.trouble === undefined ? 0 : failures + 1;
      const pauseMs = FOLLOW_MS + backoffMs(failures, { baseMs: 1, capMs: 5_000 });
      await systemClock.sleep(pauseMs, signal).catch(() => undefined);
    }
  } finally {
    copy.close();
  }
}

/** Copies once. A side that does not answer is trouble, which may pass; gives nothing when it is to stop. */
async function round(
  copy: StandbyCopy,
  stream: StreamName,
  signal: AbortSignal,
): Promise<FollowStanding | undefined> {
  try {
    const { source, standby } = await copy.copy();
    return { stream, primary: source, standby, trouble: undefined };
  } catch (error) {
    if (signal.aborted) return undefined;
    const isAway = isRegistryError(error, 'LOG_UNAVAILABLE') || isRegistryError(error, 'LOG_FULL');
    if (!isAway) throw error;
    return { stream, primary: undefined, standby: undefined, trouble: asError(error).message };
  }
}
