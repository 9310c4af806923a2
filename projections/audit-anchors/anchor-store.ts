/** Where the anchors of streams are kept: written once, never changed, outside of the broker. */
export interface AnchorStore {
  /** Gives the sequence of the newest anchor of a stream; 0 for none. */
  newest(stream: string): Promise<number>;

  /** Reads an anchor; `undefined` when it is not there. */
  read(stream: string, sequence: number): Promise<Uint8Array | undefined>;

  /** Writes an anchor that must not be there. Of many who write one sequence at once, exactly one gets `true`. */
  create(stream: string, sequence: number, bytes: Uint8Array): Promise<boolean>;
}

/** What anchors in files need of a store. */
export interface AnchorFiles {
  create(path: string, bytes: Uint8Array): Promise<boolean>;
  read(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
}

const BYTES_MAX = 1_048_576;
const DIGITS = 10;
const FILES_PER_FOLDER = 1_000;

/** Anchors as files of a store: `audit/<stream>/<thousands>/<sequence>.json`. */
export class FileAnchors implements AnchorStore {
  readonly #files: AnchorFiles;

  constructor(files: AnchorFiles) {
    this.#files = files;
  }

  /** Looks in steps that double, then halves: a store of many years is not listed. */
  async newest(stream: string): Promise<number> {
    let [there, missing] = [0, 1];
    while (await this.#has(stream, missing)) [there, missing] = [missing, missing * 2];
    while (missing - there > 1) {
      const middle = Math.floor((there + missing) / 2);
      if (await this.#has(stream, middle)) there = middle;
      else missing = middle;
    }
    return there;
  }

  async read(stream: string, sequence: number): Promise<Uint8Array | undefined> {
    return await this.#files.read(pathOf(stream, sequence), BYTES_MAX);
  }

  async create(stream: string, sequence: number, bytes: Uint8Array): Promise<boolean> {
    return await this.#files.create(pathOf(stream, sequence), bytes);
  }

  async #has(stream: string, sequence: number): Promise<boolean> {
    return (await this.read(stream, sequence)) !== undefined;
  }
}

function pathOf(stream: string, sequence: number): string {
  const folder = Math.floor(sequence / FILES_PER_FOLDER);
  return `audit/${stream}/${folder}/${String(sequence).padStart(DIGITS, '0')}.json`;
}
