import type { Patch } from '#test/faults/bed/program-copy';
import type { Rule } from '#test/faults/check/violation';

/** A fault that a registry could have, as a change of this one, and how the harness is to find it. */
export interface Exhibit {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Parts of the names of the faults that are done while it runs. None: clients alone find it. */
  readonly faults: readonly string[];
  /** Any of these says that it was found. */
  readonly rules: readonly Rule[];
  readonly env?: Readonly<Record<string, string>>;
  readonly withDisk?: boolean;
  /** How many of a hundred requests are about bytes, where it is about those. */
  readonly bytesPercent?: number;
}

const LOG = 'dist/src/log/jetstream-log.js';
const COMMAND = 'dist/commands/run-command.js';
const PROJECTOR = 'dist/projections/projector.js';
const WRITER = 'dist/projections/catalog/writer.js';
const FILES = 'dist/src/stores/localfs/durable-files.js';
const SILENCE =
  "return { kind: 'unknown', cause: new Error('The broker did not answer in time') };";

const WRITING: readonly Exhibit[] = [
  {
    name: 'append without an expected revision',
    patches: [
      {
        file: 'dist/src/log/append-channel.js',
        find: "block.append('Nats-Expected-Last-Subject-Sequence', String(expected));",
        put: '',
      },
    ],
    faults: [],
    rules: ['one value a name, ever', 'writes of one name are linearizable'],
  },
  {
    name: 'take a conflict for an append',
    patches: [
      {
        file: COMMAND,
        find: "return outcome.kind === 'appended' ? outcome.position : undefined;",
        put: 'return outcome.position ?? outcome.actual;',
      },
    ],
    faults: [],
    rules: ['no acknowledged write is lost', 'writes of one name are linearizable'],
  },
  {
    name: 'report an unknown outcome as a failure',
    patches: [
      {
        file: 'dist/commands/append-until-definite.js',
        find: 'throw mayBeStored || !isRegistryError(cause) ? unknown(append, timeoutMs, cause) : cause;',
        put: "throw Object.assign(unknown(append, timeoutMs, cause), { outcome: 'not-applied' });",
      },
    ],
    faults: ['pause a broker'],
    env: { ATLAS_WRITE_TIMEOUT_MS: '500', ATLAS_PUBLISH_TIMEOUT_MS: '200' },
    rules: ['what is not applied is not in the log'],
  },
  {
    name: 'report an unknown outcome as a success',
    patches: [
      {
        file: LOG,
        find: SILENCE,
        put: "return { kind: 'appended', position: toPosition(expected + 1) };",
      },
    ],
    faults: ['pause a broker', 'kill a broker'],
    env: { ATLAS_PUBLISH_TIMEOUT_MS: '200' },
    rules: ['no acknowledged write is lost'],
  },
  {
    name: 'answer before the append is acknowledged',
    patches: [
      {
        file: LOG,
        find: 'const reply = await this.#publish({ subject, expected, encoded });',
        put: "void this.#publish({ subject, expected, encoded }); return { kind: 'appended', position: toPosition((await this.head()).last + 1) };\n        const reply = await this.#publish({ subject, expected, encoded });",
      },
    ],
    faults: [],
    rules: ['no acknowledged write is lost'],
  },
  {
    name: 'make names of one subject that differ in case',
    patches: [
      {
        file: 'dist/src/log/subjects.js',
        find: "return text.replaceAll(NOT_PLAIN, (char) => TABLE[char.charCodeAt(0)] ?? '');",
        put: "return text.toLowerCase().replaceAll(NOT_PLAIN, (char) => TABLE[char.charCodeAt(0)] ?? '');",
      },
    ],
    faults: [],
    rules: ['no acknowledged write is lost', 'reads show the log as of their position'],
  },
  {
    name: 'forget the hash of the event before',
    patches: [
      {
        file: COMMAND,
        find: 'previousHash: this.#aggregate.hash,',
        put: 'previousHash: undefined,',
      },
    ],
    faults: [],
    rules: ['hashes follow each other', 'nodes catch up when faults are over'],
  },
  {
    name: 'give up a connection that broke',
    patches: [
      {
        file: 'dist/src/clients/nats.js',
        find: 'maxReconnectAttempts: -1,',
        put: 'maxReconnectAttempts: 0,',
      },
    ],
    faults: ['kill a broker'],
    rules: ['writes go on when faults are over', 'nodes catch up when faults are over'],
  },
];

const PROJECTING: readonly Exhibit[] = [
  {
    name: 'store the checkpoint before the rows',
    patches: [
      {
        file: WRITER,
        find: 'return this.#db.transaction(() => {',
        put: 'this.#sql.move.run([...batch].at(-1).position, streamCreated ?? null); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);\n            return this.#db.transaction(() => {',
      },
    ],
    faults: ['kill a node'],
    rules: ['views equal the fold of the log'],
  },
  {
    name: 'step over a gap',
    patches: [
      { file: PROJECTOR, find: 'if (position !== expected) {', put: 'if (false) {' },
      {
        file: 'dist/src/log/live-tail.js',
        find: 'this.#buffer.push(message);',
        put: 'if (message.position % 29 !== 0) this.#buffer.push(message);',
      },
      {
        file: 'dist/src/log/live-tail.js',
        find: 'if (first.position !== after + 1)',
        put: 'if (false)',
      },
    ],
    faults: [],
    rules: ['views equal the fold of the log', 'followers see each event once, in order'],
  },
  {
    name: 'show a position before it is applied',
    patches: [
      {
        file: PROJECTOR,
        find: 'const position = await projection.apply(fresh, {',
        put: 'this.#applied.raise(fresh.at(-1).position); await this.#options.clock.sleep(15);\n            const position = await projection.apply(fresh, {',
      },
    ],
    faults: [],
    rules: ['reads show the log as of their position'],
  },
  {
    name: 'leave a contract out of the bucket',
    patches: [
      {
        file: 'dist/projections/contract-kv/contract-kv.js',
        find: 'const writes = batch.flatMap((message) => valueOf(message, this.#options.valueBytesMax));',
        put: 'const writes = batch.slice(0, 1).flatMap((message) => valueOf(message, this.#options.valueBytesMax));',
      },
    ],
    faults: ['kill a node in the role all'],
    rules: ['views equal the fold of the log'],
  },
  {
    name: 'keep a damaged view',
    patches: [
      {
        file: 'dist/projections/sqlite-view-file.js',
        find: 'return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);',
        put: 'return false;',
      },
    ],
    faults: ['lose the views'],
    rules: ['nodes catch up when faults are over', 'writes go on when faults are over'],
  },
];

const READING: readonly Exhibit[] = [
  {
    name: 'answer a read without the position that was asked for',
    patches: [
      {
        file: 'dist/src/http/consistency.js',
        find: "await waitFor(view, parsePosition(text, 'Atlas-Min-Position'), waitMs);",
        put: '',
      },
    ],
    faults: ['pause a node', 'part a node'],
    rules: ['reads show at least what was asked for', 'reads show the log as of their position'],
  },
  {
    name: 'serve before the view has caught up',
    patches: [
      { file: 'dist/src/http/consistency.js', find: 'if (!view.caughtUp) {', put: 'if (false) {' },
      {
        file: PROJECTOR,
        find: 'for await (const batch of feed) {',
        put: 'for await (const batch of feed) { if (!this.#caughtUp) await this.#options.clock.sleep(300);',
      },
    ],
    faults: ['lose the views'],
    rules: ['a node shows what was there when it started'],
  },
  {
    name: 'send replies from memory that have become old',
    patches: [
      {
        file: 'dist/src/http/hot-reads.js',
        find: 'return kept.position === this.#options.view.position ? kept : undefined;',
        put: 'return kept;',
      },
      {
        file: 'dist/src/http/hot-reads.js',
        find: 'if (reply.status !== 200)',
        put: 'if (reply.status !== 200 && reply.status !== 404)',
      },
      {
        file: 'dist/src/http/hot-reads.js',
        find: 'const position = String(view.position);',
        put: 'const position = String(reply.position);',
      },
    ],
    faults: [],
    rules: ['reads go back on no node'],
  },
  {
    name: 'send the last event again when a follower resumes',
    patches: [
      {
        file: 'dist/src/http/event-routes.js',
        find: "return parsePosition(last, 'Last-Event-ID');",
        put: "return parsePosition(last, 'Last-Event-ID') - 1;",
      },
    ],
    faults: ['kill a node'],
    rules: ['followers see each event once, in order'],
  },
  {
    name: 'step over an event when a follower resumes',
    patches: [
      {
        file: 'dist/src/http/event-routes.js',
        find: "return parsePosition(last, 'Last-Event-ID');",
        put: "return parsePosition(last, 'Last-Event-ID') + 1;",
      },
    ],
    faults: ['kill a node'],
    rules: ['followers see each event once, in order'],
  },
];

const STORING: readonly Exhibit[] = [
  {
    name: 'write an artifact where it is read',
    patches: [
      {
        file: FILES,
        find: "const temporary = join(this.root, 'tmp', randomUUID());",
        put: 'const temporary = target;',
      },
      {
        file: FILES,
        find: "const file = await open(temporary, 'wx', 0o640);",
        put: "const file = await open(temporary, 'w', 0o640);",
      },
      {
        file: FILES,
        find: 'const shown = await show(temporary, target);',
        put: 'const shown = true;',
      },
      { file: FILES, find: 'await rm(temporary, { force: true });', put: '' },
    ],
    faults: ['kill a node in the role writer', 'kill a node in the role all'],
    rules: ['bytes have the digest they are asked by'],
    bytesPercent: 60,
  },
  {
    name: 'do not flush an artifact',
    patches: [
      { file: FILES, find: 'await file.sync();', put: '' },
      { file: FILES, find: 'await syncFolder(dirname(target));', put: '' },
    ],
    faults: ['cut the power'],
    withDisk: true,
    rules: ['bytes have the digest they are asked by'],
    bytesPercent: 60,
  },
];

/** The faults that the harness must find. Each is one that a registry, or something it is built on, has had. */
export const EXHIBITS: readonly Exhibit[] = [...WRITING, ...PROJECTING, ...READING, ...STORING];
