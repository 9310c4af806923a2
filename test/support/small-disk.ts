import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own that is soon full. Needs root. */
export interface SmallDisk {
  readonly path: string;
  /** Changes its size while it is in use. */
  resize(bytes: number): void;
  /** Gives `false` while something still uses it. */
  unmount(): boolean;
}

/** Mounts a file system in memory with so many bytes. */
export function smallDisk(bytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'atlas-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]);
  return {
    path,
    resize: (size) => void execFileSync('mount', ['-o', `remount,size=${size}`, path]),
    unmount: () => {
      try {
        execFileSync('umount', [path], { stdio: 'ignore' });
        rmdirSync(path);
        return true;
      } catch {
        return false;
      }
    },
  };
}
