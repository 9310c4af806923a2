import type { KV } from '@nats-io/kv';
import { START, toPosition } from '#domain/position';
import { isConflict } from '#projections/contract-kv/bucket';
import type { Checkpoint } from '#projections/projection';

const KEY = '_checkpoint';
// Another number, and the bucket is filled again from position 1.
const VERSION = 1;
const EVENTS_MAX = 1_000;
const DELAY_MS = 1_000;

interface StoredCheckpoint {
  readonly version: number;
  readonly position: number;
  readonly streamCreated: string;
}

/**
 * The checkpoint of the bucket, a key of the bucket itself that moves by compare-and-set. It is one more flushed write, so
 * it is written once a second or once a thousand events: it may be behind, because writing a version twice changes nothing.
 */
export class BucketCheckpoint {
  readonly #kv: KV;
  #revision = 0;
  #written = 0;
  #noted: Checkpoint = { position: START, streamCreated: undefined };
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(kv: KV) {
    this.#kv = kv;
  }

  /** Reads what was written last, by whichever process. */
  async load(): Promise<Checkpoint> {
    const entry = await this.#kv.get(KEY);
    this.#revision = entry?.revision ?? 0;
    const stored = entry?.operation === 'PUT' ? entry.json<StoredCheckpoint>() : undefined;
    if (stored?.version !== VERSION) {
      this.#written = 0;
      return { position: START, streamCreated: undefined };
    }
    this.#written = stored.position;
    return { position: toPosition(stored.position), streamCreated: stored.streamCreated };
  }

  /** Begins at what was written last. What was noted before is not written any more: the bucket may have lost it. */
  async begin(): Promise<Checkpoint> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing?.catch(() => undefined);
    this.#noted = { position: START, streamCreated: undefined };
    return await this.load();
  }

  /** Takes note of what is applied, and writes it when enough has come together. */
  async note(checkpoint: Checkpoint): Promise<void> {
    this.#noted = checkpoint;
    if (checkpoint.position - this.#written >= EVENTS_MAX) await this.flush();
    else this.#writeLater();
  }

  /** Writes what is noted. */
  async flush(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    this.#writing = this.#write();
    await this.#writing;
  }

  /** Stops writing later, and waits for what is being written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing?.catch(() => undefined);
  }

  #writeLater(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // The broker may be away: what could not be written now is written later.
      this.flush().catch(() => this.#writeLater());
    }, DELAY_MS).unref();
  }

  async #write(): Promise<void> {
    const { position, streamCreated } = this.#noted;
    while (position > this.#written) {
      const stored = { version: VERSION, position, streamCreated: streamCreated ?? '' };
      try {
        const text = JSON.stringify(stored satisfies StoredCheckpoint);
        // The client refuses an update that expects revision 0.
        this.#revision =
          this.#revision === 0
            ? await this.#kv.create(KEY, text)
            : await this.#kv.update(KEY, text, this.#revision);
        this.#written = position;
      } catch (error) {
        if (!isConflict(error)) throw error;
        const before = this.#written;
        // Another process was first; it may even be further. Behind, it fills a bucket that was made anew.
        const { position: theirs } = await this.load();
        if (theirs < before)
          throw new Error('The bucket is not the one that was opened', { cause: error });
      }
    }
  }
}
