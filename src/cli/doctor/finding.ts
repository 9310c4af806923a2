/** How bad something is: `problem` keeps a registry from starting or from what its settings promise. */
export type Verdict = 'ok' | 'warning' | 'problem';

/** What a check has found. */
export interface Finding {
  /** What was looked at: `data folder`, `nats`. */
  readonly check: string;
  readonly verdict: Verdict;
  /** How it is, in one line. */
  readonly is: string;
  /** What to do about it. Absent where nothing is to be done. */
  readonly todo?: string;
}

/** Says that something is as it should be. */
export function ok(check: string, is: string): Finding {
  return { check, verdict: 'ok', is };
}

/** Says that something works and will hurt some day. */
export function warning(check: string, is: string, todo: string): Finding {
  return { check, verdict: 'warning', is, todo };
}

/** Says that something does not work. */
export function problem(check: string, is: string, todo: string): Finding {
  return { check, verdict: 'problem', is, todo };
}

const WANTED = /^(.*) \(((?:want|did you mean|see) .*)\)$/s;
const TODO_UNKNOWN = 'read the guide of installation, docs/install.md';

/** Makes a problem of an error whose message says what is wanted in its last brackets, as those of the registry do. */
export function problemOf(check: string, error: unknown): Finding {
  const message = (error instanceof Error ? error.message : String(error)).trim();
  const [, is = message, todo = TODO_UNKNOWN] = WANTED.exec(message) ?? [];
  return problem(check, is, todo);
}
