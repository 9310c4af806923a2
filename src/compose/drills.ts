import type { Drill } from '#cli/drill/drill';
import { BACKUP } from '#compose/drills/backup';
import { FAILOVER } from '#compose/drills/failover';
import { freezeDrill } from '#compose/drills/freeze';
import { NODE_LOSS } from '#compose/drills/node-loss';
import { REPLAY } from '#compose/drills/replay';
import { RESTORE } from '#compose/drills/restore';

/** The drills of the command line, in the order of its help. */
export const DRILLS: readonly Drill[] = [
  REPLAY,
  BACKUP,
  RESTORE,
  NODE_LOSS,
  FAILOVER,
  freezeDrill,
];
