import type { ErrorCode } from '#domain/errors';
import type { Kind } from '#domain/event';

/** What is told of a command that has ended. */
export interface EndedCommand {
  readonly kind: Kind;
  /** What it came to: an event, nothing that was not so already, the answer of an earlier one, or the code of its error. */
  readonly outcome: 'appended' | 'unchanged' | 'replayed' | ErrorCode | 'INTERNAL';
  /** How often it was decided. */
  readonly attempts: number;
  /** How often another writer was faster. */
  readonly conflicts: number;
  /** From the load of the state on, the wait for its turn included. */
  readonly durationMs: number;
}

export type OnCommand = (ended: EndedCommand) => void;

/** Says what a command came to that was answered. */
export function outcomeOf(answer: {
  readonly replayed: boolean;
  readonly recorded: unknown;
}): 'replayed' | 'unchanged' | 'appended' {
  if (answer.replayed) return 'replayed';
  return answer.recorded === undefined ? 'unchanged' : 'appended';
}
