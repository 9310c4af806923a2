import type { Position } from '#domain/position';

/** What a read found, and the position that it shows: both from one snapshot. */
export interface Shown<T> {
  readonly position: Position;
  readonly found: T;
}
