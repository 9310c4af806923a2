import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { headers as natsHeaders } from 'nats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '#clients/nats';
import type { Api, ApiAnswer } from '#test/support/api';
import { startTestNats, type TestNats } from '#test/support/nats';
import { type RegistryProcess, startProcess } from '#test/support/process';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');
const ANCHOR_SOON = { ATLAS_AUDIT_ANCHOR_SECONDS: '1' };
let folder: TempFolder;
const started: AsyncDisposable[] = [];

beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

interface Verified {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `atlas-registry audit verify` as a user does. */
async function verify(
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<Verified> {
  const settings = { PATH: process.env['PATH'] ?? '', ATLAS_DATA_DIR: folder.path, ...env };
  return await new Promise((resolve) => {
    const options = { env: settings, timeout: 60_000 };
    execFile(process.execPath, [MAIN, 'audit', 'verify', ...args], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

function serve(env: Record<string, string> = {}): RegistryProcess {
  const process = startProcess(folder.path, { ...ANCHOR_SOON, ...env });
  started.push(process);
  return process;
}

async function stop(registry: RegistryProcess): Promise<void> {
  registry.child.kill('SIGTERM');
  expect(await registry.exit).toBe(0);
}

async function startedAgain(): Promise<RegistryProcess> {
  const registry = serve();
  await registry.ready();
  return registry;
}

async function register(api: Api, name: string): Promise<ApiAnswer> {
  return await api.post('/registry/datasets', { name, schema_fingerprint: 'fp' });
}

/** Waits until the newest events are anchored. */
async function anchored(env: Record<string, string> = {}): Promise<void> {
  await eventually('the log to be anchored', async () => {
    const { out } = await verify(env, ['--json', '--stream', 'registry']);
    const [{ last, places }] = JSON.parse(out).reports;
    return places[0].anchored === last;
  });
}

/** The registry's own checks: it says that it must not write, and why. */
async function expectFrozen(url: string, reason: RegExp): Promise<void> {
  await eventually('writes to be frozen', async () => {
    const body = JSON.stringify({ name: 'more', schema_fingerprint: 'fp' });
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${url}/registry/datasets`, { method: 'POST', body, headers });
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    return answer.status === 503 && code === 'FROZEN' && reason.test(detail);
  });
}

/** A server whose administrator we are, and what a registry needs to use it. */
async function ownBroker(): Promise<{
  nats: TestNats;
  admin: Broker;
  env: Record<string, string>;
}> {
  const nats = await startTestNats({ provision: false });
  started.push(nats);
  const { url, token } = nats.server;
  return {
    nats,
    admin: await nats.connect(),
    env: { NATS_URL: url.replace('//', `//${token}@`) },
  };
}

describe('tampering is found by `audit verify` and by the checks of the nodes', () => {
  it('an event that an administrator publishes past the registry', async () => {
    const { admin, env } = await ownBroker();
    const api = await serve(env).ready();
    await register(api, 'a');
    await register(api, 'b');
    await anchored(env);
    expect(await verify(env)).toMatchObject({ code: 0, out: expect.stringMatching(/Sound/) });
    const stored = await admin.jsm.streams.getMessage('REGISTRY', { seq: 1 });
    if (stored === null) throw new Error('There is no event 1');
    // Everything as the registry writes it, but nobody asked for it.
    const forged = copyOf(stored, (name, value) => (/id$/i.test(name) ? `${value}-2` : value));
    await admin.js.publish(stored.subject, stored.data, { headers: forged });
    await expectFrozen(api.url, /event 3 .*an event was changed, removed or inserted/i);
    const found = await verify(env);
    expect(found.code).toBe(1);
    expect(found.out).toMatch(
      /Event 3 does not follow the one before it: DatasetRegistered of atlas/,
    );
    expect(found.out).toMatch(/Not sound/);
  });

  it('an event that was changed, with every hash behind it made to fit', async () => {
    const { admin, env } = await ownBroker();
    const first = serve(env);
    const api = await first.ready();
    for (const name of ['a', 'b', 'c']) await register(api, name);
    await api.post('/registry/datasets/b/withdraw', { reason: 'wrong' });
    await anchored(env);
    await stop(first);
    await makeAnew(admin.jsm, admin, (stored) => {
      const text = stored.string().replace('"fp"', '"other"');
      return stored.seq === 2 ? text : stored.string();
    });
    const { code, out } = await verify(env);
    expect(code).toBe(1);
    expect(out).toMatch(
      /Event 2 was changed: DatasetRegistered of atlas\.default\.dev\.dataset\.b/,
    );
    expect(out).toMatch(/The stream was made anew/);
    const again = serve(env);
    await eventually('its checks', () =>
      /not the log that the view was built from/.test(again.stdout() + again.stderr()),
    );
  });

  it('an event that was deleted', async () => {
    const { admin, env } = await ownBroker();
    const first = serve(env);
    const api = await first.ready();
    for (const name of ['a', 'b', 'c', 'd']) await register(api, name);
    await anchored(env);
    await expect(admin.jsm.streams.deleteMessage('REGISTRY', 2)).rejects.toThrow(/delete/);
    await stop(first);
    await makeAnew(admin.jsm, admin, (stored) => stored.string(), { deny_delete: false });
    await admin.jsm.streams.deleteMessage('REGISTRY', 2);
    const { code, out } = await verify(env);
    expect(code).toBe(1);
    expect(out).toMatch(/Event 2 is removed/);
    // A stream from which events can be deleted is not used at all.
    const refused = serve(env);
    expect(await refused.exit).toBe(1);
    expect(refused.stderr()).toMatch(/deny_delete is false \(want true\)/);
  });

  it('an old backup that was restored', async () => {
    const nats = join(folder.path, 'nats');
    const backup = join(folder.path, 'backup');
    const first = serve();
    for (const name of ['a', 'b']) await register(await first.ready(), name);
    await stop(first);
    cpSync(nats, backup, { recursive: true });
    const second = serve();
    const api = await second.ready();
    for (const name of ['c', 'd', 'e']) await register(api, name);
    await stop(second);
    expect((await verify({})).code).toBe(0);
    rmSync(nats, { recursive: true });
    cpSync(backup, nats, { recursive: true });
    const found = await verify({});
    expect(found.code).toBe(1);
    expect(found.out).toMatch(/Events 3 to 5 are missing at the end: the log is an older one/);
    const third = serve();
    await eventually('its checks', () =>
      /its last position is 2 \(want at least 5\)/.test(third.stdout() + third.stderr()),
    );
    // While it runs, too.
    expect((await verify({})).code).toBe(1);
  });
});

describe('atlas-registry audit verify', () => {
  it('says what it cannot use, and exits with 2', async () => {
    const nothing = await verify({ ATLAS_DATA_DIR: join(folder.path, 'nothing') });
    expect(nothing).toMatchObject({ code: 2, out: '' });
    expect(nothing.err).toMatch(/Cannot use audit key|no registry has run there/);
    expect((await verify({}, ['--stream', 'other'])).code).toBe(2);
    expect((await verify({}, ['--public-key', '/nowhere'])).code).toBe(2);
  });

  it('does not call sound what no anchor proves, and tells of anchors that were removed', async () => {
    const registry = serve();
    await register(await registry.ready(), 'a');
    await anchored();
    await stop(registry);
    rmSync(join(folder.path, 'store', 'audit'), { recursive: true });
    const removed = await verify({});
    expect(removed).toMatchObject({ code: 1, out: expect.stringMatching(/1 were there/) });
    const nowhere = await verify({ ATLAS_AUDIT_ANCHORS: 'none' });
    expect(nowhere).toMatchObject({ code: 3, out: expect.stringMatching(/Not proved: REGISTRY/) });
  });

  it('keeps the public key when the private one cannot be read, and writes it again when it is lost', async () => {
    const first = serve();
    await register(await first.ready(), 'a');
    await anchored();
    await stop(first);
    const [own, kept] = [join(folder.path, 'audit-key.pem'), join(folder.path, 'kept.pem')];
    const publicPath = join(folder.path, 'audit-key.pub.pem');
    const publicPem = readFileSync(publicPath, 'utf8');
    renameSync(own, kept);
    mkdirSync(own);
    const refused = serve();
    expect(await refused.exit).toBe(1);
    expect(refused.stderr()).toMatch(/Cannot use audit key .*it cannot be read/);
    expect(readFileSync(publicPath, 'utf8')).toBe(publicPem);
    rmSync(own, { recursive: true });
    renameSync(kept, own);
    rmSync(publicPath);
    await stop(await startedAgain());
    expect(readFileSync(publicPath, 'utf8')).toBe(publicPem);
    expect((await verify({})).code).toBe(0);
  });

  it('prints a report that machines can read, and explains itself', async () => {
    const registry = serve();
    await register(await registry.ready(), 'a');
    await anchored();
    const { code, out } = await verify({}, ['--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out).reports).toMatchObject([
      { stream: 'REGISTRY', events: 1, last: 1, findings: [], places: [{ place: 'store' }] },
      { stream: 'JOBS', events: 0 },
    ]);
    const help = await verify({}, ['--help']);
    expect(help.code).toBe(0);
    expect(help.out).toMatch(/^EXIT CODES$/m);
  });
});

type Change = (name: string, value: string) => string;

/** The headers of a message, changed. */
function copyOf(stored: StoredMsg, change: Change = (_, value) => value) {
  const copy = natsHeaders();
  for (const [name, values] of stored.header) {
    // What the registry expects of the stream; whoever goes past it expects nothing.
    if (!name.startsWith('Nats-Expected')) copy.set(name, change(name, values[0] ?? ''));
  }
  return copy;
}

/**
 * Deletes the stream and makes it anew under the same name, with other bodies; every event follows the one before it, as the
 * codec writes it.
 */
async function makeAnew(
  jsm: JetStreamManager,
  { js }: Broker,
  bodyOf: (stored: StoredMsg) => string,
  config: object = {},
): Promise<void> {
  const info = await jsm.streams.info('REGISTRY');
  const messages: StoredMsg[] = [];
  for (let seq = 1; seq <= info.state.last_seq; seq += 1) {
    const stored = await jsm.streams.getMessage('REGISTRY', { seq });
    if (stored !== null) messages.push(stored);
  }
  await jsm.streams.delete('REGISTRY');
  await jsm.streams.add({ ...info.config, ...config });
  const heads = new Map<string, string>();
  for (const stored of messages) {
    const body = bodyOf(stored);
    const previous = heads.get(stored.subject) ?? '';
    const copy = copyOf(stored, (name, value) => (name === 'ce-prevhash' ? previous : value));
    await js.publish(stored.subject, body, { headers: copy });
    const of = (name: string): string => stored.header.get(name);
    const request = of('ce-requestid') === '' ? '' : `request ${of('ce-requestid')}\n`;
    const head = `${previous}\n${stored.subject}\n${of('ce-id')}\n${of('ce-type')}\n${of('ce-dataversion')}\n${of('ce-time')}\n${of('ce-commandid')}\n${of('ce-requesthash')}\n${of('ce-actor')}\n${request}`;
    heads.set(stored.subject, createHash('sha256').update(`${head}${body}`).digest('hex'));
  }
}
