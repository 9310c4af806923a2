import type { Patch } from '#test/faults/bed/program-copy';
import type { Rule } from '#test/faults/check/violation';

/** A fault that a registry could have, as a change of this one, and how the harness is to find it. */
export interface Exhibit {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Parts of the names of the faults that are done while it runs. None: clients alone find it. */
  readonly faults: readonly string[];
  /** Any of these says that it was found. */
  readonly rules: readonly Rule[];
  readonly env?: Readonly<Record<string, string>>;
  readonly withDisk?: boolean;
  /** How many of a hundred requests are about bytes, where it is about those. */
  readonly bytesPercent?: number;
}
