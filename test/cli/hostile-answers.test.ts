import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  runCommandLine,
  type StubAnswer,
  type StubServer,
  stubRegistry,
} from '#test/cli/contract-bed';
import { type TempFolder, tempFolder } from '#test/support/temp';

/** Clears the screen, rings, sets a title, turns the direction of a line, begins a new one. */
const EVIL = 'a\u001b[2J\u0007\u001b]0;t\u0007\u202e\u009b31m\r\nb';
// oxlint-disable-next-line no-control-regex -- they are what must not be there
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

const TIME = '2026-01-31T12:00:00.000Z';
const DIGEST = '0'.repeat(64);
const MANIFEST = {
  dataset_id: EVIL,
  name: EVIL,
  status: 'published',
  schema_fingerprint: EVIL,
  objects: [{ key: EVIL, sha256: DIGEST, bytes: 1 }],
  artifact: { key: EVIL, sha256: DIGEST, bytes: 1 },
  tables: [{ name: EVIL, key: [EVIL] }],
  row_count: 1,
  created_at: EVIL,
  updated_at: EVIL,
};
const RUN = { id: EVIL, job: EVIL, status: 'failed', submitted_at: TIME, message: EVIL };
const KEY = { id: EVIL, name: EVIL, scopes: [EVIL], status: EVIL, expires_at: EVIL };
const ENTRY = { position: 1, time: EVIL, decision: EVIL, actor: EVIL, status: EVIL, bytes: 1 };
const FILE = { sha256: EVIL, kind: EVIL, datasets: [EVIL], bytes: 1 };
const CACHE = { checked_count: 1, damaged_count: 1, bytes: 1, duration_ms: 1, unread: [FILE] };
const EVENT = { position: 1, time: EVIL, type: EVIL, subject: EVIL, actor: EVIL };

/** What a registry answers that wants to harm whoever reads it. */
function answer(path: string): StubAnswer {
  if (path.startsWith('/registry/events'))
    return {
      body: `id: 1\ndata: ${JSON.stringify(EVENT)}\n\n`,
      headers: { 'Content-Type': 'text/event-stream' },
    };
  const bodies: readonly (readonly [RegExp, unknown])[] = [
    [/^\/registry\/datasets\?/, { datasets: [MANIFEST] }],
    [/^\/registry\/history\//, { entries: [ENTRY] }],
    [/^\/registry\/datasets\//, MANIFEST],
    [/^\/registry\/cache\/verify/, { ...CACHE, damaged: [{ ...FILE, quarantined_until: EVIL }] }],
    [
      /^\/registry\/cache\/evict/,
      { evicted: [FILE], kept: [{ ...FILE, because: EVIL }], bytes: 1 },
    ],
    [/\/rows\//, { rows: [{ [EVIL]: EVIL }] }],
    [/^\/registry\/job-runs\?/, { job_runs: [RUN] }],
    [/^\/registry\/job-runs\//, RUN],
    [/^\/registry\/api-keys/, { api_keys: [KEY] }],
    [/\/changelog/, `# ${EVIL}`],
    [/^\/registry\/contracts\/[^/]+$/, { name: EVIL, versions: [] }],
  ];
  return { body: bodies.find(([fits]) => fits.test(path))?.[1] ?? {} };
}

let folder: TempFolder;
let server: StubServer;
let refusing: StubServer;
beforeAll(async () => {
  folder = tempFolder();
  server = await stubRegistry(({ path }) => answer(path));
  refusing = await stubRegistry(() => ({
    status: 403,
    body: { code: 'FORBIDDEN', title: EVIL, detail: EVIL, details: { [EVIL]: EVIL } },
  }));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
  await refusing[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
beforeEach(() => vi.stubEnv('XDG_CONFIG_HOME', folder.path));

const LINES = [
  'dataset get a',
  'dataset list',
  'dataset history a',
  'dataset query a t',
  'job list',
  'job watch a',
  'events watch --from 1 --count 1',
  'key list',
  'cache verify',
  'cache evict --unused',
  'contract changelog a.b',
  'contract versions a.b',
  'token',
];

describe('what a registry answers', () => {
  it.each(LINES)('moves no cursor and rings no bell: %s', async (line) => {
    const { stdout, stderr } = await runCommandLine([...line.split(' '), '--url', server.url]);
    expect(stdout).not.toMatch(RAW);
    expect(stderr).not.toMatch(RAW);
    expect(stdout + stderr).not.toBe('');
  });

  it.each(LINES)('harms nobody where it is an error: %s', async (line) => {
    const args = [...line.split(' '), '--url', refusing.url];
    const { code, stdout, stderr } = await runCommandLine(args);
    expect(stdout + stderr).not.toMatch(RAW);
    expect([code === 0 || code === 1, stdout + stderr]).toEqual([
      true,
      expect.stringContaining('\\u001b[2J'),
    ]);
  });
});
