import { stat, statfs } from 'node:fs/promises';
import type { Position } from '#domain/position';
import type { Clock } from '#flow/clock';
import { listSnapshots, retainSnapshots } from '#projections/view-snapshots/retain-snapshots';
import { streamTag } from '#projections/view-snapshots/snapshot-name';
import type {
  SnapshotEvent,
  SnapshotFiles,
  ViewFile,
} from '#projections/view-snapshots/snapshot-port';
import { takeSnapshot } from '#projections/view-snapshots/take-snapshot';

export interface SnapshotKeeperOptions {
  readonly file: ViewFile;
  /** How far the view is, and whether it follows its log now: what is being built is no use to anybody. */
  readonly view: {
    readonly position: Position;
    readonly caughtUp: boolean;
    readonly isAway: boolean;
  };
  readonly files: SnapshotFiles;
  readonly clock: Clock;
  readonly folder: string;
  /** One is taken when the newest is so many events behind, */
  readonly eventsMax: number;
  /** or so old while there are newer events. */
  readonly ageMsMax: number;
  readonly kept: number;
  /** Free space that the disk of the copy must keep. */
  readonly freeBytesMin: number;
  /** How often it looks whether one is due. */
  readonly pollMs: number;
  readonly onEvent: (event: SnapshotEvent) => void;
}

/** Takes snapshots of one view in the background, as long as nobody else has taken one. */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  #told = '';

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
  }

  /** Looks again and again, until the signal aborts. Whatever goes wrong is told, and tried again later. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pollMs, onEvent, file } = this.#options;
    for (;;) {
      await clock.sleep(pollMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.lookOnce(signal);
        this.#told = '';
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        // The same trouble again is not news; that the node ends is none.
        if (!signal.aborted && why !== this.#told)
          onEvent({ type: 'not-taken', view: file.view, why });
        this.#told = why;
      }
    }
  }

  /** Takes a snapshot if one is due. Gives whether it has. @throws what keeps it from it */
  async lookOnce(signal: AbortSignal): Promise<boolean> {
    const { file, files, view, clock, kept, onEvent } = this.#options;
    if (view.position === 0 || !view.caughtUp || view.isAway) return false;
    const { created } = await file.log.head();
    const like = { schemaVersion: file.schema.version, stream: streamTag(created) };
    if (!(await this.#isDue(like))) return false;
    await this.#checkRoom();
    const started = clock.monotonicMs();
    const taken = await takeSnapshot({ ...this.#options, signal });
    if (taken === undefined) return false;
    const seconds = (clock.monotonicMs() - started) / 1_000;
    onEvent({ type: 'taken', view: file.view, position: taken.position, seconds });
    await retainSnapshots({ files, view: file.view, like: taken, kept, nowMs: clock.nowMs() });
    return true;
  }

  async #isDue(like: {
    readonly schemaVersion: number;
    readonly stream: string;
  }): Promise<boolean> {
    const { file, files, view, clock, eventsMax, ageMsMax } = this.#options;
    const names = await listSnapshots(files, file.view);
    const newest = names.find(
      ({ schemaVersion, stream }) => schemaVersion === like.schemaVersion && stream === like.stream,
    );
    if (newest === undefined) return true;
    const behind = view.position - newest.position;
    if (behind >= eventsMax) return true;
    return behind > 0 && clock.nowMs() - newest.takenAtMs >= ageMsMax;
  }

  async #checkRoom(): Promise<void> {
    const { file, folder, freeBytesMin } = this.#options;
    const [{ bavail, bsize }, { size }] = await Promise.all([statfs(folder), stat(file.path)]);
    if (bavail * bsize >= size + freeBytesMin) return;
    // Without what is free now: the same trouble is to be told once.
    throw new Error('the disk has too few bytes free for a copy of the view');
  }
}
