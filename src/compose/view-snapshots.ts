import { mkdirSync, rmSync } from 'node:fs';
import { type KeptView, keepsShared } from '#compose/kept-view';
import type { Setup } from '#compose/setup';
import { systemClock } from '#flow/clock';
import type { Projection } from '#projections/projection';
import { Projector } from '#projections/projector';
import { FromSnapshot } from '#projections/view-snapshots/from-snapshot';
import { restoreSnapshot } from '#projections/view-snapshots/restore-snapshot';
import { SnapshotKeeper } from '#projections/view-snapshots/snapshot-keeper';
import type {
  SnapshotEvent,
  SnapshotFiles,
  ViewFile,
} from '#projections/view-snapshots/snapshot-port';

const POLL_MS = 5_000;
const MINUTE_MS = 60_000;

/** What snapshots of local views are kept with. */
export interface SnapshotsFrom {
  /** The small files of the artifact store. */
  readonly files: SnapshotFiles;
  /** Whether other nodes read them too. */
  readonly isShared: boolean;
  /** For copies while they are written to the store. */
  readonly folder: string;
}

/** Snapshots of the local views of a node. */
export class ViewSnapshots {
  readonly #setup: Setup;
  readonly #from: SnapshotsFrom;
  readonly #isOn: boolean;

  constructor(setup: Setup, from: SnapshotsFrom) {
    const { snapshots } = setup.config;
    this.#setup = setup;
    this.#from = from;
    this.#isOn = snapshots === undefined ? from.isShared : snapshots === 'on';
    // Copies that a killed process has left.
    rmSync(from.folder, { recursive: true, force: true });
    if (this.#isOn) mkdirSync(from.folder, { recursive: true, mode: 0o700 });
  }

  /** Gives a projection that begins with a snapshot of its file where it has none. */
  startOf(projection: Projection, file: ViewFile): Projection {
    if (!this.#isOn) return projection;
    const { config } = this.#setup;
    const options = { files: this.#from.files, waitMs: config.snapshotWaitMs };
    return new FromSnapshot(projection, () =>
      restoreSnapshot({ ...options, file, clock: systemClock, onEvent: (e) => this.#tell(e) }),
    );
  }

  /** Takes snapshots of a view on a node that keeps what nodes share. */
  keep(view: KeptView['view'], file: ViewFile): void {
    const { config, releases } = this.#setup;
    if (!this.#isOn || !keepsShared(this.#setup) || !(view instanceof Projector)) return;
    const { files, folder } = this.#from;
    const keeper = new SnapshotKeeper({
      file,
      view,
      files,
      folder,
      clock: systemClock,
      eventsMax: config.snapshotEvents,
      ageMsMax: config.snapshotMinutes * MINUTE_MS,
      kept: config.snapshotsKept,
      freeBytesMin: config.diskFreeBytesMin,
      pollMs: POLL_MS,
      onEvent: (event) => this.#tell(event),
    });
    const stop = new AbortController();
    const running = keeper.run(stop.signal);
    releases.add(`snapshots of ${file.view}`, async () => {
      stop.abort();
      await running;
    });
  }

  #tell(event: SnapshotEvent): void {
    const { logger } = this.#setup;
    switch (event.type) {
      case 'restored':
        logger.info(event, 'view begins with a snapshot');
        break;
      case 'taken':
        logger.info(event, 'snapshot taken');
        break;
      case 'ignored':
        logger.warn(event, 'snapshot ignored: the view begins with an older one or at position 1');
        break;
      case 'not-taken':
        logger.warn(event, 'snapshot could not be taken');
        break;
      default:
        event satisfies never;
    }
  }
}
