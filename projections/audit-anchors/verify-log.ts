import type { KeyObject } from 'node:crypto';
import { isRegistryError } from '#domain/errors';
import type { EventHash } from '#domain/event';
import { type Position, START, toPosition } from '#domain/position';
import { decodeData, decodeEnvelope } from '#log/codec';
import type { EventLog, LogHead, StoredMessage } from '#log/event-log';
import { extendDigest, NO_DIGEST } from '#projections/audit-anchors/anchor';
import type { AnchorStore } from '#projections/audit-anchors/anchor-store';
import type { AuditFinding } from '#projections/audit-anchors/audit-finding';
import { type ComparedEvent, EventComparison } from '#projections/audit-anchors/compare-events';
import { type LoadedAnchors, loadAnchors } from '#projections/audit-anchors/load-anchors';

export interface VerifyLogOptions {
  readonly log: EventLog;
  /** Where anchors are kept, by a name for people. */
  readonly places: readonly {
    readonly name: string;
    readonly store: AnchorStore;
    /** How many anchors have been seen there; 0 where nobody knows. */
    readonly seen: number;
  }[];
  /** The public keys that anchors may be signed with. */
  readonly keys: readonly KeyObject[];
  /** Events that were stored before should be anchored by now: milliseconds since 1970. */
  readonly anchoredBeforeMs: number;
  readonly signal: AbortSignal;
  /** Hears how far it is. */
  readonly onProgress?: (position: Position, last: Position) => void;
}

/** What the anchors of one place say of a log. */
export interface PlaceReport {
  readonly place: string;
  readonly anchors: number;
  /** The last anchored position; what comes behind rests on the chains of the aggregates alone. */
  readonly anchored: Position;
  readonly newestAt: string | undefined;
  /** Whether events that should be anchored are not: then nothing proves them. */
  readonly isBehind: boolean;
  readonly findings: readonly AuditFinding[];
}

export interface LogReport {
  readonly stream: string;
  readonly events: number;
  readonly last: Position;
  /** The digest of the log up to `last`, as an anchor would hold it. */
  readonly digest: string;
  /** What the log itself shows: holes, chains that break, events that cannot be read. */
  readonly findings: readonly AuditFinding[];
  readonly places: readonly PlaceReport[];
}

/**
 * Reads a whole log and compares it with itself and with its anchors: every position is there, every event follows the one
 * before it on its aggregate, and every anchored event is the one that was anchored.
 * @throws LOG_UNAVAILABLE when the log cannot be read to its end; what a place throws that cannot be read
 */
export async function verifyLog(options: VerifyLogOptions): Promise<LogReport> {
  const { log, places, keys, signal, anchoredBeforeMs, onProgress } = options;
  // Before the head: what is anchored while the log is read was in the log already.
  const checks: PlaceCheck[] = [];
  for (const { name, store, seen } of places) {
    const anchors = await loadAnchors(store, log.name, keys);
    checks.push(new PlaceCheck(name, anchors, { seen, anchoredBeforeMs }));
  }
  const head = await log.head();
  const check = new LogCheck();
  for await (const item of readAll(log, head.last, signal)) {
    const event = check.add(item);
    for (const place of checks) place.add(event, item);
    if (event.position % PROGRESS_EVERY === 0) onProgress?.(event.position, head.last);
  }
  signal.throwIfAborted();
  check.endAt(head.last);
  return {
    ...check.result(),
    stream: log.name,
    last: head.last,
    places: checks.map((place) => place.report(head)),
  };
}

/** A message of the log, or one that could not be had. */
type LogItem = StoredMessage | { readonly position: Position; readonly fault: string };

const BATCH_MAX = 1_000;
const PROGRESS_EVERY = 1_000;

/** Reads a log to a position. An event whose body cannot be had is told of, and the next one read. */
async function* readAll(
  log: EventLog,
  last: Position,
  signal: AbortSignal,
): AsyncGenerator<LogItem> {
  let read: Position = START;
  let bad: { readonly position: Position; readonly fault: string } | undefined;
  for (;;) {
    const upTo = bad === undefined ? last : toPosition(bad.position - 1);
    try {
      for await (const batch of log.readRange({ after: read, upTo, batchMax: BATCH_MAX, signal })) {
        yield* batch;
        read = batch.at(-1)?.position ?? read;
      }
    } catch (error) {
      // One before it may be bad too; that one is found when it is read up to this one.
      bad = badEvent(error, read);
      continue;
    }
    if (bad === undefined) return;
    yield bad;
    read = bad.position;
    bad = undefined;
  }
}

/** Which event an error speaks of. @throws the error when it speaks of none that is still to be read */
function badEvent(error: unknown, read: Position): { position: Position; fault: string } {
  const position = isRegistryError(error) ? error.details['position'] : undefined;
  if (typeof position !== 'number' || position <= read || !(error instanceof Error)) throw error;
  return { position: toPosition(position), fault: error.message };
}

/** What the log shows by itself. */
class LogCheck {
  readonly #findings: AuditFinding[] = [];
  // The hash of the last event of each aggregate; `undefined` where it could not be read.
  readonly #heads = new Map<string, EventHash | undefined>();
  #last: Position = START;
  #events = 0;
  #digest = NO_DIGEST;

  add(item: LogItem): ComparedEvent {
    const { position } = item;
    this.#expect(position);
    this.#last = position;
    this.#events += 1;
    const event = 'fault' in item ? this.#unreadable(position, item.fault) : this.#read(item);
    if (event.hash !== undefined)
      this.#digest = extendDigest(this.#digest, Buffer.from(event.hash, 'hex'));
    return event;
  }

  endAt(last: Position): void {
    this.#expect(toPosition(last + 1));
  }

  result(): Pick<LogReport, 'events' | 'digest' | 'findings'> {
    return { events: this.#events, digest: this.#digest, findings: this.#findings };
  }

  #expect(position: Position): void {
    if (position === this.#last + 1) return;
    const [from, to] = [toPosition(this.#last + 1), toPosition(position - 1)];
    this.#findings.push({ kind: 'removed', from, to });
  }

  #read(message: StoredMessage): ComparedEvent {
    const { position, subject } = message;
    try {
      const { hash, type, metadata } = decodeEnvelope(message);
      // What no node could read must not pass for what was written.
      decodeData(message);
      const what = `${type} of ${subject} by "${metadata.actor}"`;
      const before = this.#heads.get(subject);
      const isKnown = before !== undefined || !this.#heads.has(subject);
      if (isKnown && before !== metadata.previousHash)
        this.#findings.push({ kind: 'unlinked', position, what });
      this.#heads.set(subject, hash);
      return { position, hash, what };
    } catch (error) {
      this.#heads.set(subject, undefined);
      return this.#unreadable(position, error instanceof Error ? error.message : String(error));
    }
  }

  #unreadable(position: Position, fault: string): ComparedEvent {
    this.#findings.push({ kind: 'unreadable', position, what: fault });
    return { position, hash: undefined, what: fault };
  }
}

/** What the anchors of one place show. */
class PlaceCheck {
  readonly #name: string;
  readonly #anchors: LoadedAnchors;
  readonly #known: { readonly seen: number; readonly anchoredBeforeMs: number };
  readonly #comparison: EventComparison;
  #isBehind = false;

  constructor(
    name: string,
    anchors: LoadedAnchors,
    known: { readonly seen: number; readonly anchoredBeforeMs: number },
  ) {
    this.#name = name;
    this.#anchors = anchors;
    this.#known = known;
    this.#comparison = new EventComparison(anchors.hashes);
  }

  add(event: ComparedEvent, item: LogItem): void {
    this.#comparison.add(event);
    const isFirstBehind = event.position === this.#anchors.to + 1;
    if (isFirstBehind && 'recordedAtMs' in item)
      this.#isBehind = item.recordedAtMs < this.#known.anchoredBeforeMs;
  }

  report(head: LogHead): PlaceReport {
    const { count, to, time, findings } = this.#anchors;
    this.#comparison.end();
    return {
      place: this.#name,
      anchors: count,
      anchored: to,
      newestAt: time,
      isBehind: this.#isBehind,
      findings: [
        ...removedAnchors(this.#anchors, this.#known.seen),
        ...findings,
        ...madeAnew(this.#anchors, head),
        ...this.#comparison.findings,
      ],
    };
  }
}

/** Anchors never become fewer. */
function removedAnchors({ count }: LoadedAnchors, seen: number): AuditFinding[] {
  if (count >= seen) return [];
  return [{ kind: 'anchor', sequence: count + 1, what: `it is missing, and ${seen} were there` }];
}

function madeAnew({ streamCreated }: LoadedAnchors, { created }: LogHead): AuditFinding[] {
  if (streamCreated === undefined || streamCreated === created) return [];
  return [{ kind: 'made-anew', what: `it was created ${created} (want ${streamCreated})` }];
}
