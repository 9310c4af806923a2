/** What must hold. Each has a check of its own. */
export type Rule =
  | 'no acknowledged write is lost'
  | 'what is not applied is not in the log'
  | 'one event a command'
  | 'one value a name, ever'
  | 'positions have no gap'
  | 'hashes follow each other'
  | 'writes of one name are linearizable'
  | 'reads show the log as of their position'
  | 'reads go back on no node'
  | 'reads show at least what was asked for'
  | 'a node shows what was there when it started'
  | 'one entity tag, one body'
  | 'bytes have the digest they are asked by'
  | 'followers see each event once, in order'
  | 'views equal the fold of the log'
  | 'writes go on when faults are over'
  | 'nodes catch up when faults are over';

/** Something that does not hold. */
export interface Violation {
  readonly rule: Rule;
  /** What was seen, with names and positions to look for in the files of the run. */
  readonly seen: string;
}

const SHOWN_MAX = 20;

/** Writes violations for people. */
export function describeViolations(violations: readonly Violation[]): string {
  const shown = violations.slice(0, SHOWN_MAX).map(({ rule, seen }) => `${rule}: ${seen}`);
  const rest = violations.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
}
