import type { Brand } from '#domain/brand';
import { quote, RegistryError } from '#domain/errors';

/** The sequence of an event in its stream, from 1. 0 stands for "before the first event". */
export type Position = Brand<number, 'Position'>;

/** The position of the last event on one subject: what an append expects. 0 for an empty subject. */
export type Revision = Position;

/** Before the first event of a stream, and the revision of an empty subject. */
export const START = 0 as Position;

/** After every event there can be: what reads as of it see the newest. */
export const NEWEST = Number.MAX_SAFE_INTEGER as Position;

/** Takes a number that is known to be a position. @throws RangeError when it is not a whole number from 0 */
export function toPosition(value: number): Position {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`Cannot use position ${value}: it is not a whole number from 0`);
  }
  return value as Position;
}

/** Parses a position from a header or a query. @throws INVALID_REQUEST */
export function parsePosition(text: string, noun = 'position'): Position {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    throw new RegistryError(
      'INVALID_REQUEST',
      `Cannot use ${noun} ${quote(text)}: it is not a position (want a whole number from 0)`,
    );
  }
  return value as Position;
}
