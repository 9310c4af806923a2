import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The highest sequence of an anchor that this node has seen, in a file of its own: whoever removes anchors from their place
 * would otherwise have the changed log anchored anew.
 */
export class AnchorMark {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Gives the sequence; 0 where none was seen. */
  async read(): Promise<number> {
    try {
      const sequence = Number(await readFile(this.path, 'utf8'));
      return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : 0;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
      throw error;
    }
  }

  /** Notes a sequence. Not flushed: a power cut may put it back, never forward. */
  async write(sequence: number): Promise<void> {
    const temporary = `${this.path}.tmp`;
    await mkdir(dirname(this.path), { recursive: true });
    await writeFile(temporary, `${sequence}\n`);
    await rename(temporary, this.path);
  }
}
