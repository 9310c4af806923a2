import { quote, RegistryError } from '#domain/errors';
import { type Position, parsePosition } from '#domain/position';
import type { HttpDependencies, PositionedView } from '#http/dependencies';

/** Finds the last position that was stored at a point in time. */
type PositionAt = (timeMs: number) => Position;

export interface AsOfRequest {
  readonly header: (name: string) => string | undefined;
  /** The value of `?at=`. */
  readonly at: string | undefined;
}

export interface Consistency {
  /** How long a read waits for `Atlas-Min-Position` or for a position in `at`. */
  readonly waitMs: number;
}

/** `Atlas-Position`: what a read shows and a write has made. */
export const POSITION_HEADER = 'Atlas-Position';

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Waits until the view shows what the client asks for in `Atlas-Min-Position`.
 * @throws BEHIND when it does not in time, NOT_READY while the view has never been up to date
 */
export async function waitForMinimum(
  view: PositionedView,
  header: AsOfRequest['header'],
  { waitMs }: Consistency,
): Promise<void> {
  const text = header('atlas-min-position');
  if (text !== undefined) await waitFor(view, parsePosition(text, 'Atlas-Min-Position'), waitMs);
  if (!view.caughtUp) {
    throw new RegistryError(
      'NOT_READY',
      `Cannot read view ${quote(view.name)}: it is at position ${view.position} and has not caught up with the log since the start (want /readyz to say ready)`,
      { retryAfterSeconds: 1 },
    );
  }
}

/**
 * Says as of which position to read: the newest, or the one that `?at=` names by position or by time.
 * @throws INVALID_REQUEST, BEHIND
 */
async function asOf(
  view: PositionedView,
  request: AsOfRequest,
  options: Consistency & { readonly positionAt: PositionAt },
): Promise<Position> {
  await waitForMinimum(view, request.header, options);
  if (request.at === undefined) return view.position;
  const instant = await instantOf(view, request.at, options);
  if ('position' in instant) return instant.position;
  const position = options.positionAt(instant.timeMs);
  return position < view.position ? position : view.position;
}

/**
 * Reads what `?at=` names: a position, which the view then shows, or a time.
 * @throws INVALID_REQUEST, BEHIND
 */
export async function instantOf(
  view: PositionedView,
  at: string,
  { waitMs }: Consistency,
): Promise<{ readonly position: Position } | { readonly timeMs: number }> {
  if (/^\d+$/.test(at)) {
    const position = parsePosition(at, 'at');
    await waitFor(view, position, waitMs);
    return { position };
  }
  const timeMs = TIMESTAMP.test(at) ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(timeMs)) throw noSuchTime(at);
  return { timeMs };
}

function noSuchTime(at: string): RegistryError {
  return new RegistryError(
    'INVALID_REQUEST',
    `Cannot use at ${quote(at)}: it is no position and no time (want a position, or RFC 3339 with an offset, for example 2026-01-31T12:00:00Z)`,
  );
}

async function waitFor(view: PositionedView, position: Position, waitMs: number): Promise<void> {
  if (await view.reached(position, waitMs)) return;
  throw new RegistryError(
    'BEHIND',
    `Cannot read view ${quote(view.name)} at position ${position}: it shows ${view.position} (want a position that this node has seen, or a retry)`,
    { retryAfterSeconds: 1, details: { position: view.position } },
  );
}

/** Says as of which position to read the catalog, see `asOf`. */
export async function asOfCatalog(
  { catalog, catalogView, limits }: Pick<HttpDependencies, 'catalog' | 'catalogView' | 'limits'>,
  request: AsOfRequest,
): Promise<Position> {
  const positionAt: PositionAt = (timeMs) => catalog().positionAt(timeMs);
  return await asOf(catalogView, request, { waitMs: limits.readWaitMs, positionAt });
}
