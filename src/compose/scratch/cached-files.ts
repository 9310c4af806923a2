import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ScratchDataset } from '#compose/scratch/scratch-genes';

/** Where a file is damaged. */
export type Damage = 'head' | 'row' | 'end';

/** What SQLite looks at whenever it opens a file. */
const HEAD_BYTES = 100;
const END_BYTES = 4_096;

/** The files of artifacts in the data folder of a node, as its disk has them. */
export class CachedFiles {
  readonly #paths: ReadonlyMap<string, string>;

  /** Looks where they are; later ones are not known. */
  constructor(dataDir: string) {
    const folder = join(dataDir, 'cache');
    this.#paths = new Map(
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
        (name) => [basename(name), join(folder, name)] as const,
      ),
    );
  }

  /** Changes bytes in place, as a disk does: in the head, at the end, or one in the first row with a text. Says what it did. */
  damage(dataset: ScratchDataset, { place, text }: { place: Damage; text: string }): string {
    const path = this.#pathOf(dataset);
    const bytes = readFileSync(path);
    const row = bytes.indexOf(text) + text.length - 1;
    const [from, to] = {
      head: [0, HEAD_BYTES],
      row: [row, row + 1],
      end: [bytes.length - END_BYTES, bytes.length],
    }[place] as [number, number];
    // One bit: in a text it gives another letter or digit.
    for (let at = from; at < to; at += 1) bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes, { flag: 'r+' });
    return `${to - from} of ${bytes.length} bytes, from byte ${from} on`;
  }

  isThere(dataset: ScratchDataset): boolean {
    return existsSync(this.#pathOf(dataset));
  }

  /** Whether the bytes are those that its name says. */
  isWhole(dataset: ScratchDataset): boolean {
    if (!this.isThere(dataset)) return false;
    try {
      const bytes = readFileSync(this.#pathOf(dataset));
      return createHash('sha256').update(bytes).digest('hex') === dataset.sha256;
    } catch {
      // It was removed meanwhile.
      return false;
    }
  }

  #pathOf({ name, sha256 }: ScratchDataset): string {
    const path = this.#paths.get(sha256);
    if (path === undefined) throw new Error(`Dataset ${name} is not cached`);
    return path;
  }
}
