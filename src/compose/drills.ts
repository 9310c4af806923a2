import type { Drill } from '#cli/drill/drill';
import { BACKUP } from '#compose/drills/backup';
import { CACHED_ONLY } from '#compose/drills/cached-only';
import { FAILOVER } from '#compose/drills/failover';
import { FREEZE } from '#compose/drills/freeze';
import { NODE_LOSS } from '#compose/drills/node-loss';
import { REPLAY } from '#compose/drills/replay';
import { RESTORE } from '#compose/drills/restore';
import { ROT } from '#compose/drills/rot';
import { STANDBY } from '#compose/drills/standby';
import { STORE_LOSS } from '#compose/drills/store-loss';

/** The drills of the command line, in the order of its help. */
export const DRILLS: readonly Drill[] = [
  REPLAY,
  BACKUP,
  RESTORE,
  NODE_LOSS,
  FAILOVER,
  STANDBY,
  FREEZE,
  CACHED_ONLY,
  STORE_LOSS,
  ROT,
];
