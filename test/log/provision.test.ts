import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '#clients/nats';
import { START } from '#domain/position';
import { provisionStreams } from '#log/provision';
import type { StreamName } from '#log/streams';
import { datasetSubject, someEvent } from '#test/support/events';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';
import { forSeeds } from '#test/support/seed';

let nats: TestNats;
let broker: Broker;
/** What provisioning itself makes, so that a test differs from it in one thing. */
const provisioned = new Map<string, StreamConfig>();

beforeAll(async () => {
  await using reference = await startTestNats();
  const { jsm } = await reference.connect();
  for (const name of ['REGISTRY', 'JOBS'])
    provisioned.set(name, (await jsm.streams.info(name)).config);
});
// A server for each test: one that deletes a stream may refuse to make it anew at once.
beforeEach(async () => {
  nats = await startTestNats({ provision: false });
  broker = await nats.connect();
});
afterEach(async () => {
  await nats[Symbol.asyncDispose]();
});

/** What the server keeps of every stream. */
async function streams() {
  const infos = await broker.jsm.streams.list().next();
  return infos
    .map(({ config, state, created }) => ({ config, messages: state.messages, created }))
    .toSorted((a, b) => (a.config.name < b.config.name ? -1 : 1));
}

async function provision(replicas = 1): Promise<void> {
  await provisionStreams(broker.jsm, { replicas });
}

/** Makes a stream that differs, and gives what a start says about it. */
async function refusalOf(
  stream: StreamName,
  change: Partial<StreamConfig>,
  remove: readonly (keyof StreamConfig)[] = [],
): Promise<string> {
  const config = Object.fromEntries(
    Object.entries({ ...provisioned.get(stream), ...change }).filter(
      ([key]) => !remove.includes(key as keyof StreamConfig),
    ),
  ) as StreamConfig;
  const other = provisioned.get(stream === 'JOBS' ? 'REGISTRY' : 'JOBS');
  if (other !== undefined) await broker.jsm.streams.add(other);
  await broker.jsm.streams.add(config);
  const before = await streams();
  let message = 'it was accepted';
  try {
    await provision();
  } catch (error) {
    expect(error).toMatchObject({ code: 'CANNOT_START', details: { stream } });
    message = String(error);
  }
  expect(await streams(), 'a refusal changes nothing').toEqual(before);
  return message;
}

describe('provisionStreams()', () => {
  it('creates both streams so that nothing in them can be lost, changed or removed', async () => {
    await provision();
    const configs = (await streams()).map(({ config }) => config);
    expect(configs.map(({ name, subjects }) => [name, subjects])).toEqual([
      [
        'JOBS',
        [
          'atlas.*.*.job-run.*',
          'atlas.*.*.run-request.*',
          'atlas.*.*.lineage-run.*',
          'atlas.*.*.lineage-document.*',
        ],
      ],
      [
        'REGISTRY',
        [
          'atlas.*.*.dataset.*',
          'atlas.*.*.contract.*',
          'atlas.*.*.contract-policy.*',
          'atlas.*.*.action-profile.*',
          'atlas.*.*.job-definition.*',
          'atlas.*.*.api-key.*',
          'atlas.*.*.webhook.*',
        ],
      ],
    ]);
    for (const config of configs) {
      expect(config).toMatchObject({
        storage: 'file',
        retention: 'limits',
        discard: 'new',
        max_age: 0,
        max_msgs: -1,
        max_msgs_per_subject: -1,
        max_bytes: -1,
        deny_delete: true,
        deny_purge: true,
        num_replicas: 1,
        republish: { src: 'atlas.>', dest: `atlas-tail.${config.name}.>` },
      });
      expect(config.allow_rollup_hdrs).not.toBe(true);
      await expect(broker.jsm.streams.purge(config.name)).rejects.toThrow(/purge/);
    }
  });

  it('accepts what it made at every later start, and leaves the events alone', async () => {
    await provision();
    await openLog(broker).append(datasetSubject('a'), START, someEvent());
    const before = await streams();
    await provision();
    await provision();
    expect(await streams()).toEqual(before);
    expect(before.map(({ messages }) => messages)).toEqual([0, 1]);
  });

  it('makes each stream once when many nodes start at once', async () => {
    await forSeeds(5, async (random) => {
      await using own = await startTestNats({ provision: false });
      const nodes = [await own.connect(), await own.connect(), await own.connect()] as const;
      const starts = Array.from({ length: 12 }, () => random.pick(nodes));
      await Promise.all(starts.map(({ jsm }) => provisionStreams(jsm, { replicas: 1 })));
      const names = await nodes[0].jsm.streams.names().next();
      expect(names.toSorted()).toEqual(['JOBS', 'REGISTRY']);
    });
  });

  it('accepts what an operator may choose: size, direct reads, duplicate window', async () => {
    const free = { max_bytes: 50_000_000, allow_direct: false, duplicate_window: 30e9 };
    expect(await refusalOf('REGISTRY', free)).toBe('it was accepted');
  });
});

describe('provisionStreams() refuses a stream that differs, says how, and changes nothing', () => {
  const { Interest, Workqueue } = RetentionPolicy;
  const window = { duplicate_window: 60e9 };
  const purgeable = { deny_purge: false };
  const cases: readonly (readonly [string, Partial<StreamConfig>, RegExp])[] = [
    ['retention', { retention: Interest }, /retention is "interest" \(want "limits"\)/],
    ['retention', { retention: Workqueue }, /retention is "workqueue" \(want "limits"\)/],
    ['discard', { discard: DiscardPolicy.Old }, /discard is "old" \(want "new"\)/],
    ['storage', { storage: StorageType.Memory }, /storage is "memory" \(want "file"\)/],
    ['max_age', { max_age: 3_600e9, ...window }, /max_age is 3600000000000 \(want 0\)/],
    ['max_msgs', { max_msgs: 1_000 }, /max_msgs is 1000 \(want -1\)/],
    ['max_msgs_per_subject', { max_msgs_per_subject: 5 }, /max_msgs_per_subject is 5 \(want -1\)/],
    ['deny_delete', { deny_delete: false }, /deny_delete is false \(want true\)/],
    ['deny_purge', purgeable, /deny_purge is false \(want true\)/],
    [
      'rollup',
      { allow_rollup_hdrs: true, ...purgeable },
      /allow_rollup_hdrs is true \(want false\)/,
    ],
    [
      'subjects, more',
      {
        subjects: [
          'atlas.*.*.dataset.*',
          'atlas.*.*.contract.*',
          'atlas.*.*.contract-policy.*',
          'more.>',
        ],
      },
      /subjects is .*more.* \(want \["atlas.*contract.*","atlas.*dataset.*"\]\)/,
    ],
    ['subjects, others', { subjects: ['atlas.*.*.dataset'] }, /subjects is .* \(want .*contract/],
    [
      'republish elsewhere',
      { republish: { src: 'atlas.>', dest: 'elsewhere.>' } },
      /republish is .*elsewhere.* \(want .*atlas-tail.REGISTRY/,
    ],
    ['no_ack', { no_ack: true }, /no_ack is true \(want false\)/],
    ['max_msg_size', { max_msg_size: 1_000 }, /max_msg_size is 1000 \(want -1\)/],
    ['expiry by message', { allow_msg_ttl: true }, /allow_msg_ttl is set \(want it unset\)/],
    [
      'subject_transform',
      { subject_transform: { src: 'atlas.>', dest: 'atlas.>' } },
      /subject_transform is set \(want it unset\)/,
    ],
    ['sources', { sources: [{ name: 'JOBS' }] }, /sources is set \(want it unset\)/],
  ];
  it.each(cases)('%s', async (_name, change, reason) => {
    const refusal = await refusalOf('REGISTRY', change);
    expect(refusal).toMatch(/^RegistryError: Cannot use stream "REGISTRY": /);
    expect(refusal).toMatch(reason);
  });

  it('no republish', async () => {
    const refusal = await refusalOf('REGISTRY', {}, ['republish']);
    expect(refusal).toMatch(/republish is false \(want \{"src":"atlas\.>"/);
  });

  it('a mirror of another stream', async () => {
    const remove = ['subjects', 'republish'] as const;
    const refusal = await refusalOf('REGISTRY', { mirror: { name: 'JOBS' } }, remove);
    expect(refusal).toMatch(/mirror is set \(want it unset\)/);
  });

  it('acknowledged before it is on disk', async () => {
    const change = { persist_mode: 'async' } as Partial<StreamConfig>;
    expect(await refusalOf('REGISTRY', change)).toMatch(/persist_mode is "async"/);
  });

  it('sealed: it takes no events', async () => {
    await provision();
    const { config } = await broker.jsm.streams.info('REGISTRY');
    const sealed = { ...config, sealed: true };
    await broker.jsm.streams.update('REGISTRY', sealed);
    await expect(provision()).rejects.toThrow(/sealed is set/);
  });

  it('another number of replicas', async () => {
    await provision(1);
    const before = await streams();
    await expect(provision(3)).rejects.toThrow(/num_replicas is 1 \(want 3\)/);
    expect(await streams()).toEqual(before);
  });

  it('JOBS as strictly as REGISTRY', async () => {
    const refusal = await refusalOf('JOBS', { retention: Workqueue, deny_delete: false });
    expect(refusal).toMatch(
      /Cannot use stream "JOBS": retention is "workqueue" .*; deny_delete is false/,
    );
  });

  it('its subjects belong to another stream', async () => {
    await broker.jsm.streams.add({ name: 'OTHER', subjects: ['atlas.*.*.dataset.*'] });
    await expect(provision()).rejects.toThrow(/Cannot create stream "REGISTRY": .*overlap/);
    expect((await streams()).map(({ config }) => config.name)).toEqual(['OTHER']);
  });

  it('adds the kinds of a newer version to a stream that is right otherwise, and keeps what it holds', async () => {
    const registry = provisioned.get('REGISTRY');
    if (registry === undefined) throw new TypeError('no stream');
    const older = ['atlas.*.*.dataset.*', 'atlas.*.*.contract.*'];
    await broker.jsm.streams.add({ ...registry, subjects: older });
    const log = openLog(broker);
    await log.append(datasetSubject('kept'), START, someEvent());
    log.close();
    await provision();
    const { config, state } = await broker.jsm.streams.info('REGISTRY');
    expect(config).toEqual(registry);
    expect(state.messages).toBe(1);
  });
});
