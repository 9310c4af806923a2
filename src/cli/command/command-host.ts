import type { TextOutput } from '#cli/command/progress';

/** What the commands need to know of JSON; the composition root hands it in. */
export interface JsonTools {
  /** Writes canonical JSON (RFC 8785). */
  readonly canonical: (value: unknown) => string;
  /** Finds where the value at a JSON Pointer begins in a text; both numbers count from 1. */
  readonly locate: (
    text: string,
    pointer: string,
  ) => { readonly line: number; readonly column: number } | undefined;
}

/** The process that a command runs in, as far as the command sees it. */
export interface CommandHost {
  readonly out: TextOutput;
  readonly err: TextOutput;
  /** Whether people see colours: decided once, from the terminal and from `NO_COLOR`. */
  readonly colours: boolean;
  readonly json: JsonTools;
  readonly nowMs: () => number;
  /** Reads it to its end, or until the signal is aborted. */
  readonly readStandardInput: (signal: AbortSignal) => Promise<Uint8Array>;
  /** Whether standard input is somebody who types, and sees what they type. */
  readonly isTyped: () => boolean;
  /** Waits for a signal that wants the process to end, and gives its name. */
  readonly untilSignalled: () => Promise<string>;
  /** Calls the listener when whoever reads the output, such as `head`, has had enough of it. */
  readonly whenUnread: (listener: () => void) => void;
  readonly exit: (code: number) => never;
}
