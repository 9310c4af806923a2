import { z } from 'zod';
import { setting, whole } from '#ops/config/setting';

/** The settings of snapshots of views. */
export const SNAPSHOT_SETTINGS = {
  snapshots: setting('ATLAS_SNAPSHOTS', z.enum(['on', 'off']).optional(), {
    doc: 'Whether snapshots of the local views in SQLite are kept in the artifact store, so that a new node need not build them from position 1. Default: `on` where nodes share the store (`ATLAS_STORE=s3`), else `off`. Every node begins with one; `all` and `projector` take them.',
  }),
  snapshotEvents: setting('ATLAS_SNAPSHOT_EVENTS', whole(1, 1_000_000_000), {
    default: '100000',
    doc: 'A snapshot is taken when the newest is so many events behind. A node builds so many in about two seconds.',
  }),
  snapshotMinutes: setting('ATLAS_SNAPSHOT_MINUTES', whole(1, 525_600), {
    default: '60',
    doc: 'A snapshot is taken, too, when the newest is so old and there are newer events.',
  }),
  snapshotsKept: setting('ATLAS_SNAPSHOTS_KEPT', whole(1, 100), {
    default: '3',
    doc: 'Snapshots of each view that stay in the store; older ones are removed.',
  }),
  snapshotWaitMs: setting('ATLAS_SNAPSHOT_WAIT_MS', whole(100, 3_600_000), {
    default: '30000',
    doc: 'How long a new node may wait for a snapshot from the store before it builds a view from position 1. That takes about 20 s for a million events.',
  }),
} as const;
