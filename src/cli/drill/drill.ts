import type { Config } from '#ops/config/settings';
import type { Logger } from '#ops/logger';

/** An option of a drill as commander reads it: `--to <folder>`. */
export interface DrillOption {
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
  /** Whether the drill cannot begin without it. */
  readonly mandatory?: boolean;
}

/** Shows how far a step has come; `total` may grow. */
export type ShowProgress = (done: number, total: number, note?: string) => void;

/** What a drill is given, and where it tells what it sees. */
export interface DrillHost {
  readonly config: Config;
  readonly logger: Logger;
  /** Options by their names in camel case. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  /** Aborts when the drill is to stop; a drill then cleans up and throws. */
  readonly signal: AbortSignal;
  /**
   * Carries out one step and notes how it went. The text that it gives says what was seen.
   * @throws what the step throws: the drill has then failed
   */
  step<T extends string>(name: string, work: (show: ShowProgress) => Promise<T>): Promise<T>;
  /** Notes something that must hold. A drill with one that does not hold has failed, and goes on. */
  check(what: string, holds: boolean, detail: string): void;
  /** Notes a measured value. */
  figure(name: string, value: number, unit: string): void;
}

/** A rehearsal of a failure or of a recovery, with a report. */
export interface Drill {
  /** As typed: `drill <name>`. */
  readonly name: string;
  readonly summary: string;
  /** What it does and what it touches, as help text. */
  readonly about: string;
  readonly options: readonly DrillOption[];
  /** @throws what ends the drill; CANNOT_START when it could not begin */
  run(host: DrillHost): Promise<void>;
}
