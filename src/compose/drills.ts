import type { Drill } from '#cli/drill/drill';

/** The drills of the command line, in the order of its help. */
export const DRILLS: readonly Drill[] = [];
