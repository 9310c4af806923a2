import { closeSync, existsSync, openSync, readSync, statfsSync, statSync } from 'node:fs';

export interface DiskWatchOptions {
  /** A folder on the disk. */
  readonly folder: string;
  /** The broker's log. */
  readonly logPath: string;
  /** With less than this left nothing is written any more. */
  readonly freeBytesMin: number;
  /** Called when the broker has met a full disk and there is room again: only a restart makes it write again. */
  readonly onRoomAgain: () => void;
}

const POLL_MS = 500;
const READ_BYTES_MAX = 65_536;
// Enough for the broker to begin again, whatever the setting says.
const ROOM_BYTES_MIN = 4_194_304;

/**
 * Watches the disk of the embedded broker. nats-server 2.14 that meets a full disk stops answering publishes and does not
 * begin again by itself; so writes are refused before that happens, and if it did, the server is restarted when there is room.
 */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #readTo: number;
  #low = false;
  #stuck = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#readTo = sizeOf(options.logPath);
    this.#timer = setInterval(() => this.#look(), POLL_MS).unref();
  }

  /** Whether writes must be refused now. */
  get isFull(): boolean {
    return this.#low || this.#stuck;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { folder, freeBytesMin, onRoomAgain } = this.#options;
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    this.#low = free < freeBytesMin;
    if (/no space left on device/i.test(this.#newLines())) this.#stuck = true;
    if (this.#stuck && !this.#low && free > ROOM_BYTES_MIN) {
      this.#stuck = false;
      onRoomAgain();
    }
  }

  /** What the log has got since the last look. */
  #newLines(): string {
    const size = sizeOf(this.#options.logPath);
    if (size <= this.#readTo) {
      this.#readTo = size;
      return '';
    }
    const from = Math.max(this.#readTo, size - READ_BYTES_MAX);
    const buffer = Buffer.alloc(size - from);
    const file = openSync(this.#options.logPath, 'r');
    try {
      this.#readTo = from + readSync(file, buffer, 0, buffer.length, from);
    } finally {
      closeSync(file);
    }
    return buffer.toString('utf8');
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}
