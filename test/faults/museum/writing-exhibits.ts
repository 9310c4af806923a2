import type { Exhibit } from '#test/faults/museum/exhibit';

const LOG = 'dist/src/log/jetstream-log.js';
const COMMAND = 'dist/commands/run-command.js';
const SILENCE =
  "return { kind: 'unknown', cause: new Error('The broker did not answer in time') };";

/** Faults of how commands append. */
export const WRITING_EXHIBITS: readonly Exhibit[] = [
  {
    name: 'append without an expected revision',
    patches: [
      {
        file: 'dist/src/log/append-channel.js',
        find: 'block.append(EXPECTED[expectedOf], String(expected));',
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
