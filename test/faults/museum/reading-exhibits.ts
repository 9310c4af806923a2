import type { Exhibit } from '#test/faults/museum/exhibit';

const PROJECTOR = 'dist/projections/projector.js';

/** Faults of how nodes answer. */
export const READING_EXHIBITS: readonly Exhibit[] = [
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
