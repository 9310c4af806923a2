import type { Sha256 } from '#domain/digest';

/** The artifact of a dataset as a local file whose bytes were checked. */
export interface CachedFile {
  readonly sha256: Sha256;
  readonly path: string;
  readonly bytes: number;
}

/** A cached file that stays where it is until it is released. Releasing twice does nothing. */
export interface Lease extends Disposable {
  readonly file: CachedFile;
  /** Whether it is the artifact that was asked for. `false`: an older one, while the new one is on its way. */
  readonly isCurrent: boolean;
}
