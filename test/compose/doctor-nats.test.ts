import { describe, expect, it } from 'vitest';
import { connectBroker } from '#clients/nats';
import { mayPublish } from '#compose/doctor/nats-user';
import { provision } from '#compose/provision';
import { readConfig } from '#ops/config/read-config';
import { ailments, examine, startConfiguredNats } from '#test/support/doctor-bed';
import { startTestNats } from '#test/support/nats';
import { startNatsWithRoles } from '#test/support/nats-roles';
import { tempFolder } from '#test/support/temp';

const CONFINED =
  'authorization { users: [{ user: registry, password: right, permissions: { publish: { deny: "atlas-tail.>" } } }] }';

/** Settings of a node whose artifacts other nodes see, so that nothing but NATS is wrong. */
function nodeOf(url: string, store: string): Record<string, string> {
  return { NATS_URL: url, ATLAS_STORE_FOLDER: store };
}

describe('the doctor says what to do about', () => {
  it('a NATS with another password, and nothing about one that is right', async () => {
    using store = tempFolder();
    await using nats = await startConfiguredNats(CONFINED);
    const right = nodeOf(`nats://registry:right@${nats.address}`, store.path);
    const monitors = [nats.monitor];
    expect(ailments(await examine(right, { monitors }))).toEqual([]);
    await provision(readConfig(right));
    expect(ailments(await examine(right, { monitors }))).toEqual([]);
    const wrong = nodeOf(`nats://registry:wrong@${nats.address}`, store.path);
    const [first, ...rest] = ailments(await examine(wrong));
    expect(first).toMatch(
      /^problem nats: .*Authorization Violation.* → want a running server: check NATS_URL/,
    );
    expect(first).not.toContain('wrong@');
    expect(rest).toEqual([]);
  });

  it('a NATS without JetStream', async () => {
    await using nats = await startTestNats({ jetstream: false, provision: false });
    const url = nats.server.url.replace('//', `//${nats.server.token}@`);
    using store = tempFolder();
    const [first] = ailments(await examine(nodeOf(url, store.path), { timeoutMs: 8_000 }));
    expect(first).toMatch(
      /^problem nats: .*JetStream does not answer.* → want a server started with JetStream/,
    );
  });

  it('a NATS that loses acknowledged events with the power, takes small messages, and lets its user forge the tail', async () => {
    using store = tempFolder();
    const text = 'max_payload: 100KB\nauthorization { users: [{ user: a, password: b }] }';
    await using nats = await startConfiguredNats(text, 'sync_interval: 2m');
    const env = nodeOf(`nats://a:b@${nats.address}`, store.path);
    expect(ailments(await examine(env, { monitors: [nats.monitor] }))).toEqual([
      expect.stringMatching(/^warning nats: .*max_payload.* → set max_payload: 1MB/),
      expect.stringMatching(/^problem nats disk: .* not on disk yet → set jetstream/),
      expect.stringMatching(/^warning nats user: "a" may publish to atlas-tail\.>/),
    ]);
    const [, unseen] = ailments(await examine(env));
    expect(unseen).toMatch(/^warning nats disk: .* is not seen from here → .*--nats-monitor/);
  });

  it('a stream that ages its events, or has another number of copies', async () => {
    using store = tempFolder();
    await using nats = await startConfiguredNats(CONFINED);
    const env = nodeOf(`nats://registry:right@${nats.address}`, store.path);
    await provision(readConfig(env));
    const url = env['NATS_URL'] ?? '';
    const broker = await connectBroker({ url, name: 'test', connectTimeoutMs: 5_000 });
    const { config } = await broker.jsm.streams.info('JOBS');
    await broker.jsm.streams.update('JOBS', { ...config, max_age: 3_600e9 });
    await broker.close();
    const monitors = [nats.monitor];
    expect(ailments(await examine(env, { monitors }))).toEqual([
      'problem stream JOBS: max_age is 3600000000000 (want 0) → mend it with the nats command line (nats stream edit), or use another account',
    ]);
    const three = ailments(await examine({ ...env, ATLAS_STREAM_REPLICAS: '3' }, { monitors }));
    expect(three[0]).toContain('problem stream REGISTRY: num_replicas is 1 (want 3)');
  });

  it('a user that may not do the work of its role, and finds each role confined as deploy/nats has it', async () => {
    await using nats = await startNatsWithRoles();
    using store = tempFolder();
    const shared = { ATLAS_STORE_FOLDER: store.path };
    await provision(readConfig(nats.env('provisioner')));
    for (const role of ['writer', 'projector', 'reader', 'all'] as const) {
      const env = { ...nats.env(role), ...shared, ATLAS_ROLE: role };
      const found = ailments(await examine(env));
      const others = found.filter((one) => !/nats disk|warning tls|can be read by every/.test(one));
      expect(others, role).toEqual([]);
    }
    const asWriter = { ...nats.env('reader'), ...shared, ATLAS_ROLE: 'writer' };
    const found = ailments(await examine(asWriter, { timeoutMs: 6_000 }));
    expect(found).toContainEqual(
      expect.stringMatching(
        /^problem stream REGISTRY: it takes no append: .*→ give this user the permissions/,
      ),
    );
  });
});

describe('mayPublish()', () => {
  it('reads permissions as the server does: what is denied stays denied, and none allow everything', () => {
    expect(mayPublish(undefined, 'a.b')).toBe(true);
    expect(mayPublish({ deny: ['a.>'] }, 'a.b')).toBe(false);
    expect(mayPublish({ deny: ['a.>'] }, 'a')).toBe(true);
    expect(mayPublish({ allow: ['x.*'] }, 'a.b')).toBe(false);
    expect(mayPublish({ allow: ['*.b'], deny: ['b.>'] }, 'a.b')).toBe(true);
    expect(mayPublish({ allow: ['a.b.c'] }, 'a.b')).toBe(false);
  });
});
