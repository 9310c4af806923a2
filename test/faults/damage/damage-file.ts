import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import type { Seeded } from '#test/support/seed';

const FLIPS_MAX = 8;
const BLOCK_BYTES = 512;

/** Damages one file of a folder, and says how. */
export function damageFile(folder: string, random: Seeded): string {
  const files = filesIn(folder).filter((path) => statSync(path).size > 0);
  const path = files[random.int(files.length)] ?? '';
  const file = openSync(path, 'r+');
  try {
    const { size } = statSync(path);
    return `${relative(folder, path)} (${size} bytes): ${damage(file, size, random)}`;
  } finally {
    closeSync(file);
  }
}

function damage(file: number, size: number, random: Seeded): string {
  const kind = random.pick(['flip', 'flip', 'truncate', 'zero']);
  if (kind === 'truncate') {
    const left = random.int(size);
    ftruncateSync(file, left);
    return `cut off behind ${left} bytes`;
  }
  const at = random.int(size);
  if (kind === 'zero') {
    const length = Math.min(BLOCK_BYTES, size - at);
    writeSync(file, Buffer.alloc(length), 0, length, at);
    return `${length} bytes zero at ${at}`;
  }
  const flips = 1 + random.int(FLIPS_MAX);
  for (let flip = 0; flip < flips; flip += 1) flipBit(file, random.int(size), random.int(8));
  return `${flips} bits flipped`;
}

function flipBit(file: number, at: number, bit: number): void {
  const one = Buffer.alloc(1);
  readSync(file, one, 0, 1, at);
  one[0] = (one[0] ?? 0) ^ (1 << bit);
  writeSync(file, one, 0, 1, at);
}

function filesIn(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return all
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .toSorted();
}
