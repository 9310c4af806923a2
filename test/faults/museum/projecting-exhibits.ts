import type { Exhibit } from '#test/faults/museum/exhibit';

const PROJECTOR = 'dist/projections/projector.js';
const WRITER = 'dist/projections/catalog/writer.js';

/** Faults of how views follow the log. */
export const PROJECTING_EXHIBITS: readonly Exhibit[] = [
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
      {
        file: 'dist/projections/log-continuity.js',
        find: 'if (position !== expected) {',
        put: 'if (false) {',
      },
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
        find: 'const writes = batch.flatMap((message) => contractWrites(message, this.#options.valueBytesMax));',
        put: 'const writes = batch.slice(0, 1).flatMap((message) => contractWrites(message, this.#options.valueBytesMax));',
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
