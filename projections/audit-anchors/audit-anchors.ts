import { hash, type KeyObject } from 'node:crypto';
import { RegistryError } from '#domain/errors';
import { type Position, START, toPosition } from '#domain/position';
import { type Clock, toTimestamp } from '#flow/clock';
import { decodeEnvelope } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import {
  type AnchorKey,
  decodeAnchor,
  encodeAnchor,
  extendDigest,
  NO_DIGEST,
  type SignedAnchor,
} from '#projections/audit-anchors/anchor';
import type { AnchorMark } from '#projections/audit-anchors/anchor-mark';
import type { AnchorStore } from '#projections/audit-anchors/anchor-store';
import { faultOfAnchor } from '#projections/audit-anchors/load-anchors';
import type { Checkpoint, Projection, ProjectionDigest } from '#projections/projection';

export interface AuditAnchorsOptions {
  /** Names the place in readiness and logs. */
  readonly place: string;
  readonly stream: string;
  readonly store: AnchorStore;
  readonly key: AnchorKey;
  /** The public keys that anchors may be signed with: its own, and earlier ones. */
  readonly publicKeys: readonly KeyObject[];
  readonly mark: AnchorMark;
  readonly clock: Clock;
  /** How long an event may wait for its anchor. */
  readonly intervalMs: number;
  /** Hears that another node has written the next anchor, so that this one should begin at it. */
  readonly onOvertaken?: () => void;
}

// 43 kB of hashes an anchor.
const EVENTS_MAX = 1_000;

/** What is in an anchor already. */
interface Anchored {
  readonly sequence: number;
  readonly position: Position;
  readonly digest: string;
  readonly log: string;
  readonly streamCreated: string | undefined;
}

const NOTHING_ANCHORED: Anchored = {
  sequence: 0,
  position: START,
  digest: NO_DIGEST,
  log: NO_DIGEST,
  streamCreated: undefined,
};

/**
 * Writes down outside of the broker what a log is: every so many events or seconds a signed anchor. It stands for what was in
 * the log when it was written; `verify-log.ts` compares. Its checkpoint is the last anchor: what comes behind is in memory
 * only and read again after a restart.
 *
 * Several nodes may anchor one stream: the anchors are numbered, each is created once, and who comes second begins again
 * behind it.
 */
export class AuditAnchors implements Projection {
  readonly name: string;
  readonly #options: AuditAnchorsOptions;
  #anchored = NOTHING_ANCHORED;
  // Hashes of events that are in no anchor yet.
  #waiting: Buffer[] = [];
  #streamCreated: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  // One anchor after the other, whoever asks for them.
  #writing: Promise<void> = Promise.resolve();

  constructor(options: AuditAnchorsOptions) {
    this.#options = options;
    this.name = `audit-anchors-${options.place}-${options.stream.toLowerCase()}`;
  }

  async open(): Promise<Checkpoint> {
    this.#forget();
    await this.#writing.catch(() => undefined);
    const { store, stream } = this.#options;
    const sequence = await store.newest(stream);
    await this.#checkMark(sequence);
    const read = await this.#readAnchor(sequence);
    if (sequence > 0) {
      const last = await this.#readAnchor(sequence - 1);
      const expected = { stream, sequence, last, keys: this.#options.publicKeys };
      const fault = faultOfAnchor(read, expected);
      // Whatever is anchored behind one that does not hold would never hold.
      if (fault !== undefined) throw unusable(this.name, sequence, fault);
    }
    this.#anchored =
      read === undefined
        ? NOTHING_ANCHORED
        : {
            sequence,
            position: read.anchor.to,
            digest: read.digest,
            log: read.anchor.log,
            streamCreated: read.anchor.streamCreated,
          };
    const { position, streamCreated } = this.#anchored;
    return { position, streamCreated };
  }

  async #readAnchor(sequence: number): Promise<SignedAnchor | undefined> {
    const { store, stream } = this.#options;
    const bytes = sequence === 0 ? undefined : await store.read(stream, sequence);
    return bytes && decodeAnchor(bytes);
  }

  async apply(batch: readonly StoredMessage[], before: Checkpoint): Promise<Position> {
    this.#streamCreated = before.streamCreated;
    for (const message of batch) {
      this.#waiting.push(Buffer.from(decodeEnvelope(message).hash, 'hex'));
      if (this.#waiting.length >= EVENTS_MAX) await this.#write();
    }
    this.#arm();
    return batch.at(-1)?.position ?? before.position;
  }

  /** Anchors stay: they say what was, and are not made from anything. */
  async clear(): Promise<void> {
    this.#forget();
  }

  async digest(): Promise<ProjectionDigest> {
    const { position, log } = this.#anchored;
    const waiting = Buffer.concat(this.#waiting);
    return {
      position: toPosition(position + this.#waiting.length),
      digest: `sha256:${extendDigest(log, waiting)}`,
    };
  }

  /** Anchors what waits, as far as it can. */
  async close(): Promise<void> {
    await this.#write().catch(() => undefined);
    this.#forget();
  }

  /** Anchors never become fewer: then somebody has removed them, and nothing is anchored in their place. */
  async #checkMark(newest: number): Promise<void> {
    const { mark } = this.#options;
    const seen = await mark.read();
    if (newest < seen) throw removed(this.name, { newest, seen, path: mark.path });
    if (newest > seen) await mark.write(newest);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // Whatever went wrong, the projector finds out when it begins again at the last anchor.
      this.#write().catch(() => this.#options.onOvertaken?.());
    }, this.#options.intervalMs);
  }

  /** Writes the next anchor. @throws what the store throws, and when another node has written it */
  async #write(): Promise<void> {
    const before = this.#writing.catch(() => undefined);
    this.#writing = before.then(() => this.#writeNext());
    await this.#writing;
  }

  async #writeNext(): Promise<void> {
    const { store, stream, key, clock } = this.#options;
    const streamCreated = this.#streamCreated;
    const waiting = this.#waiting.slice(0, EVENTS_MAX);
    if (waiting.length === 0 || streamCreated === undefined) return;
    const { position, sequence, digest: previous, log: logBefore } = this.#anchored;
    const hashes = Buffer.concat(waiting);
    const log = extendDigest(logBefore, hashes);
    const anchor = {
      stream,
      streamCreated,
      sequence: sequence + 1,
      from: toPosition(position + 1),
      to: toPosition(position + waiting.length),
      time: toTimestamp(clock.nowMs()),
      previous,
      log,
      hashes,
    };
    const bytes = encodeAnchor(anchor, key);
    if (!(await store.create(stream, anchor.sequence, bytes)))
      throw overtaken(this.name, anchor.sequence);
    const digest = hash('sha256', bytes);
    const { to, sequence: written } = anchor;
    await this.#options.mark.write(written);
    this.#anchored = { sequence: written, position: to, digest, log, streamCreated };
    this.#waiting = this.#waiting.slice(waiting.length);
  }
}

function overtaken(name: string, sequence: number): RegistryError {
  return new RegistryError(
    'CONTENTION',
    `Cannot write anchor ${sequence} of "${name}": another node has written it (want to go on behind it)`,
  );
}

function removed(
  name: string,
  { newest, seen, path }: { readonly newest: number; readonly seen: number; readonly path: string },
): RegistryError {
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot go on with "${name}": its newest anchor is ${newest}, and ${seen} was there (want them restored; or, for a place that was emptied on purpose, "${path}" removed)`,
    { details: { newest, seen } },
  );
}

function unusable(name: string, sequence: number, fault: string): RegistryError {
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot go on with "${name}": its newest anchor, ${sequence}, does not hold: ${fault} (want it restored or removed: atlas-registry audit verify says more)`,
  );
}
