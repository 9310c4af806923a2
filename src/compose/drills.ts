import type { Drill } from '#cli/drill/drill';
import { FAILOVER } from '#compose/drills/failover';
import { NODE_LOSS } from '#compose/drills/node-loss';

/** The drills of the command line, in the order of its help. */
export const DRILLS: readonly Drill[] = [NODE_LOSS, FAILOVER];
