import { appendFileSync, readFileSync } from 'node:fs';

/**
 * How an operation ended, as its client knows it:
 * `applied`     the answer says that it is in the log (201), at `position`;
 * `existing`    it was so already (200);
 * `conflict`    another one was first (409), `have` says which where the answer does;
 * `not-applied` the answer says that nothing was stored;
 * `unknown`     no answer, or one that says that nobody knows.
 */
export type Outcome = 'applied' | 'existing' | 'conflict' | 'not-applied' | 'unknown';

/** A registration of a dataset, a publication of a contract version, or the start of a run, with all its repeats under one key. */
export interface WriteOperation {
  readonly kind: 'register' | 'publish' | 'run';
  readonly client: string;
  /** What is raced for: the name of a dataset, or `name version` of a contract. Nobody races for a run. */
  readonly key: string;
  /** What the client wants it to be. */
  readonly value: string;
  readonly command: string;
  readonly beganMs: number;
  /** When it was known how it ended; `null` while nobody knows. */
  readonly endedMs: number | null;
  readonly outcome: Outcome;
  readonly position?: number;
  /** What it is, as the answer says. */
  readonly have?: string;
}

/** A read on one node. */
export interface ReadOperation {
  readonly kind: 'read';
  readonly client: string;
  readonly node: string;
  /** Grows with each start of the node. */
  readonly life: number;
  readonly key: string;
  readonly of: 'register' | 'publish';
  readonly beganMs: number;
  readonly endedMs: number;
  /** What was asked for with `Atlas-Min-Position`. */
  readonly minimum?: number;
  /** `null`: there is no such thing. */
  readonly value: string | null;
  readonly position: number;
  readonly etag: string | undefined;
  /** Of the body. */
  readonly digest: string;
}

/** Bytes that were read under their digest. */
export interface BytesRead {
  readonly kind: 'bytes';
  readonly node: string;
  readonly wanted: string;
  readonly got: string;
}

/** An event that a follower was sent. */
export interface EventSeen {
  readonly kind: 'event';
  readonly follower: string;
  readonly position: number;
  readonly id: string;
}

/** A node that was started: what was acknowledged before is to be shown by all that it answers. */
export interface NodeStart {
  readonly kind: 'start';
  readonly node: string;
  readonly life: number;
  readonly atMs: number;
}

/** A fault and what it did. */
export interface FaultDone {
  readonly kind: 'fault';
  readonly fault: string;
  readonly target: string;
  readonly beganMs: number;
  readonly endedMs: number;
  /** Whether it was seen to have an effect. */
  readonly hadEffect: boolean;
}

export type Entry = WriteOperation | ReadOperation | BytesRead | EventSeen | NodeStart | FaultDone;

/** Records what clients saw, in memory and in a file of JSON lines. */
export class History {
  readonly entries: Entry[] = [];
  readonly #path: string;
  #unwritten: string[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  add(entry: Entry): void {
    this.entries.push(entry);
    this.#unwritten.push(`${JSON.stringify(entry)}\n`);
    if (this.#unwritten.length >= 500) this.flush();
  }

  flush(): void {
    appendFileSync(this.#path, this.#unwritten.join(''));
    this.#unwritten = [];
  }
}

/** Reads a history that was recorded. */
export function readHistory(path: string): Entry[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Entry);
}
