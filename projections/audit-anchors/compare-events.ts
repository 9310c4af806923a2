import type { EventHash } from '#domain/event';
import { type Position, toPosition } from '#domain/position';
import type { AuditFinding } from '#projections/audit-anchors/audit-finding';

/** An event of the log, as far as it is compared. */
export interface ComparedEvent {
  readonly position: Position;
  /** `undefined` for one that cannot be read. */
  readonly hash: EventHash | undefined;
  /** Its type and name, for people. */
  readonly what: string;
}

const HASH_BYTES = 32;
// How far the same event is looked for where the log and its anchors differ.
const WINDOW = 10_000;

/**
 * Compares the events of a log, in order, with those that were anchored. Where they differ it goes on until an event is met
 * that was anchored further on: what lies between was changed, removed or inserted.
 */
export class EventComparison {
  readonly findings: AuditFinding[] = [];
  readonly #hashes: Buffer;
  /** The anchored position that is compared next. */
  #expected = 1;
  // Events of the log that fit no anchored one so far.
  #unmatched: ComparedEvent[] = [];
  // Where anchored hashes lie from #expected on; made when something differs first.
  #places: Map<string, number> | undefined;

  /** `hashes`: those of the anchored events from position 1 on, 32 bytes each. */
  constructor(hashes: Buffer) {
    this.#hashes = hashes;
  }

  /** The last anchored position. */
  get anchored(): Position {
    return toPosition(this.#hashes.length / HASH_BYTES);
  }

  /** Compares the next event of the log. */
  add(event: ComparedEvent): void {
    if (this.#expected > this.anchored) return;
    const isAsAnchored =
      this.#unmatched.length === 0 && event.hash === this.#hashAt(this.#expected);
    if (isAsAnchored) this.#expected += 1;
    else this.#resume(event);
  }

  /** Ends the comparison: what was anchored and did not come is missing. */
  end(): void {
    const left = this.anchored - this.#expected + 1;
    const changed = Math.min(left, this.#unmatched.length);
    this.#tellDifferent(changed);
    if (left > changed) {
      const from = toPosition(this.#expected + changed);
      this.findings.push({ kind: 'cut-off', from, to: this.anchored });
    }
  }

  #resume(event: ComparedEvent): void {
    const found = event.hash === undefined ? undefined : this.#placeOf(event.hash);
    if (found === undefined) {
      this.#unmatched.push(event);
      return;
    }
    const left = found - this.#expected;
    const changed = Math.min(left, this.#unmatched.length);
    this.#tellDifferent(changed);
    if (left > changed) {
      const from = toPosition(this.#expected + changed);
      this.findings.push({ kind: 'removed', from, to: toPosition(found - 1) });
    }
    this.#unmatched = [];
    this.#places = undefined;
    this.#expected = found + 1;
  }

  /** So many of the unmatched events stand in the place of anchored ones; the others are more than there were. */
  #tellDifferent(changed: number): void {
    for (const [index, { position, what }] of this.#unmatched.entries())
      this.findings.push({ kind: index < changed ? 'changed' : 'inserted', position, what });
  }

  #placeOf(hash: EventHash): number | undefined {
    if (this.#places === undefined) {
      this.#places = new Map();
      const end = Math.min(this.anchored, this.#expected + WINDOW);
      for (let at = this.#expected; at <= end; at += 1) this.#places.set(this.#hashAt(at), at);
    }
    return this.#places.get(hash);
  }

  #hashAt(position: number): string {
    const start = (position - 1) * HASH_BYTES;
    return this.#hashes.toString('hex', start, start + HASH_BYTES);
  }
}
