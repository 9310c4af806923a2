import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const BYTES = 400 * 1_048_576;

/** A file system of its own whose power can be cut: what was not flushed is then gone. Needs root and loop devices. */
export class PowerDisk implements Disposable {
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, 'mounted');
    this.#image = join(folder, 'image');
    mkdirSync(this.path);
    const file = openSync(this.#image, 'w');
    ftruncateSync(file, BYTES);
    closeSync(file);
    execFileSync('mkfs.ext4', ['-q', '-F', this.#image]);
    this.#mount();
  }

  /** Drops what was not flushed and takes no more writes. Processes that use it must be killed before `powerOn`. */
  powerOff(): void {
    // EXT4_IOC_SHUTDOWN without a flush of the journal.
    const program =
      'open(my $f, "<", $ARGV[0]) or die; my $how = pack("L", 2); ioctl($f, 0x8004587d, $how) or die "$!"';
    execFileSync('perl', ['-e', program, this.path]);
  }

  /** Mounts what is left. */
  powerOn(): void {
    execFileSync('umount', [this.path]);
    this.#mount();
    // That it was removed may not have been flushed either.
    rmSync(this.#filler, { force: true });
  }

  /** Takes all the room there is, until the file that it gives is removed. */
  fill(): string {
    try {
      execFileSync('dd', ['if=/dev/zero', `of=${this.#filler}`, 'bs=1M'], { stdio: 'ignore' });
    } catch {
      // It ends when there is no room, which is what it is for.
    }
    return this.#filler;
  }

  get #filler(): string {
    return join(this.path, 'filler');
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['-l', this.path]);
    rmSync(this.#image, { force: true });
  }

  // A missing flush before a rename is not mended behind our backs.
  #mount(): void {
    execFileSync('mount', ['-o', 'loop,noauto_da_alloc', this.#image, this.path]);
  }
}

/** Whether this machine lets us have one. */
export function canCutPower(): boolean {
  const isRoot = process.getuid?.() === 0;
  return isRoot && existsSync('/dev/loop-control') && existsSync('/usr/sbin/mkfs.ext4');
}
