import type { OpenedBroker } from '#clients/open-broker';
import type { KeptView } from '#compose/kept-view';
import type { Views } from '#compose/views';
import { systemClock } from '#flow/clock';
import type { PartHealth } from '#http/dependencies';
import { WAY_BACK } from '#projections/log-continuity';
import { Projector } from '#projections/projector';

const READY_POLL_MS = 5;

/** What readiness says while a node shuts down. */
export const DRAINING: PartHealth = {
  name: 'node',
  ready: false,
  optional: false,
  detail: 'it is shutting down',
};

/** Says how the connection to the log stands, and its streams. */
export function logHealth(
  { broker, embedded }: OpenedBroker,
  { heads, kept }: Pick<Views, 'heads' | 'kept'>,
): PartHealth {
  if (embedded?.isFull() === true) {
    const detail = 'the disk is full: writes are refused, reads go on';
    return { name: 'log', ready: false, optional: true, detail };
  }
  // Reads go on from the views: without its broker a node is degraded, not useless.
  if (!broker.connected()) {
    const detail = 'not connected: writes are refused, reads go on';
    return { name: 'log', ready: false, optional: true, detail };
  }
  const silent = Object.entries(heads).filter(([, { isSilent }]) => isSilent);
  const detail =
    silent.length > 0
      ? `connected, but ${silent.map(([stream]) => `stream ${stream}`).join(' and ')} gave no answer: writes wait, reads go on`
      : `connected; ${Object.entries(heads)
          .map(([stream, { newest }]) => `${stream} at ${farthest(kept, stream, newest)}`)
          .join(', ')}`;
  return { name: 'log', ready: silent.length === 0, optional: true, detail };
}

/** A log is looked at now and then: it is at least where a view is that follows it. */
function farthest(kept: Views['kept'], stream: string, seen: number): number {
  const shown = kept
    .map(({ view }) => view)
    .filter((view) => view.stream === stream && view.haltedBy === undefined)
    .map(({ position }) => position);
  return Math.max(seen, ...shown);
}

/** Says how far a view is and whether it follows. */
export function viewHealth({ view, isRemote, isOptional = false }: KeptView): PartHealth {
  const { name, position, caughtUp, haltedBy } = view;
  if (haltedBy !== undefined) {
    const detail = `halted: ${haltedBy}; ${WAY_BACK}`;
    return { name, ready: false, optional: isOptional, detail, position };
  }
  const status = view instanceof Projector ? view.status : undefined;
  const follows = status === undefined || status.state === 'live';
  const detail =
    status !== undefined && 'reason' in status
      ? `${status.state}: ${status.reason}`
      : (status?.state ?? (caughtUp ? 'live' : 'catching-up'));
  // A view that was up to date and is behind for a while still answers; one whose storage is away does not, but
  // everything else does: the node is degraded.
  const served = view instanceof Projector && view.wasCaughtUp;
  const isAway = isRemote && (served || status?.state === 'retrying');
  const optional = isOptional || caughtUp || isAway;
  return { name, ready: caughtUp && follows, optional, detail, position };
}

/** Waits until every part that must be ready is; gives up silently, readiness says why. */
export async function untilReady(
  health: () => readonly PartHealth[],
  timeoutMs: number,
): Promise<void> {
  const deadline = systemClock.monotonicMs() + timeoutMs;
  while (systemClock.monotonicMs() < deadline) {
    if (health().every((part) => part.ready || part.optional)) return;
    await systemClock.sleep(READY_POLL_MS);
  }
}
