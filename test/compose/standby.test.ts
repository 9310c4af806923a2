import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PromoteOptions } from '#cli/standby-port';
import { START } from '#domain/position';
import { newId } from '#flow/new-id';
import { decodeEnvelope } from '#log/codec';
import type { AppendOutcome, StoredMessage } from '#log/event-log';
import type { JetStreamLog } from '#log/jetstream-log';
import { provisionStreams } from '#log/provision';
import { fencedSubject, standbySubject } from '#log/side';
import { datasetSubject, someEvent } from '#test/support/events';
import { registration } from '#test/support/registration';
import { startTestRegistry } from '#test/support/registry';
import { runCommand } from '#test/support/run-command';
import { openStandbyBed, type StandbyBed } from '#test/support/standby-bed';
import { eventually } from '#test/support/wait';

const SEED = 31;
const AWAY = { NATS_URL: 'nats://127.0.0.1:9' };
const { signal } = new AbortController();
const CAREFUL: PromoteOptions = { acceptLoss: false, withoutFence: false, signal };

let bed: StandbyBed;
beforeEach(async () => {
  bed = await openStandbyBed();
});
afterEach(async () => bed[Symbol.asyncDispose]());

/** Publishes past the registry. */
async function rawPublish(to: 'primary' | 'standby', subject: string): Promise<string> {
  const { nc } = bed[to].broker;
  const answer = nc.request(subject, 'raw', { timeout: 2_000 }).then((msg) => msg.string());
  return await answer.catch(String);
}

/** Everything that a stream holds, bodies elsewhere left there. */
async function storedIn(log: JetStreamLog): Promise<readonly StoredMessage[]> {
  const { last: upTo } = await log.head();
  const messages: StoredMessage[] = [];
  for await (const batch of log.readStored({ after: START, upTo, batchMax: 500, signal }))
    messages.push(...batch);
  return messages;
}

function known(message: StoredMessage): object {
  const { position, subject, recordedAtMs, data } = message;
  const text = Buffer.from(data).toString('utf8');
  return { position, subject, recordedAtMs, text, ...decodeEnvelope(message) };
}

async function append(log: JetStreamLog, name: string): Promise<AppendOutcome> {
  return await log.append(datasetSubject(name), START, someEvent());
}

/** Appends one event after the other until one is refused. */
function writing(log: JetStreamLog) {
  const acknowledged = new Set<string>();
  const refused = (async (): Promise<unknown> => {
    for (let index = 0; ; index += 1) {
      const name = `w/${index}`;
      const outcome = await append(log, name).catch((error: unknown) => error);
      if (outcome instanceof Error) return outcome;
      if ((outcome as AppendOutcome).kind === 'appended') acknowledged.add(datasetSubject(name));
    }
  })();
  return { acknowledged, refused };
}

describe('a standby', () => {
  it('holds the same events at the same positions, with hashes and times of storing, also after interruptions', async () => {
    await bed.primary.write(300, SEED);
    await bed.inStep();
    await bed.primary.write(200, SEED + 1);
    await bed.inStep(() => bed.standby.nats.kill());
    for (const stream of ['REGISTRY', 'JOBS'] as const) {
      const stored = await storedIn(bed.primary.logs[stream]);
      const copied = await storedIn(bed.standby.logs[stream]);
      expect(stored.length).toBeGreaterThan(200);
      expect(copied.map(known)).toEqual(stored.map(known));
    }
  });

  it('takes no appends before it is promoted, and lets no node start on it', async () => {
    await bed.inStep();
    const subject = datasetSubject('d');
    expect(await rawPublish('standby', subject)).toMatch(/no responders/i);
    await expect(provisionStreams(bed.standby.broker.jsm, { replicas: 1 })).rejects.toThrow(
      /it is a standby that copies another/,
    );
  });

  it('that holds another log is refused, as is the log of a registry', async () => {
    await using other = await openStandbyBed({ provisionStandby: true });
    const onto = (env: Readonly<Record<string, string>>) => ({
      ATLAS_STANDBY_NATS_URL: String(env['NATS_URL']),
    });
    const follow = { signal, onStanding: () => undefined };
    await expect(bed.open(onto(bed.env))).rejects.toThrow(/it is the same as NATS_URL/);
    const registry = await bed.open(onto(other.standby.env));
    await expect(registry.follow(follow)).rejects.toThrow(/log of a registry of its own/);
    await bed.inStep();
    const wrong = await other.open(onto(bed.standby.env));
    await expect(wrong.follow(follow)).rejects.toThrow(/is the standby of the log created/);
    await expect(wrong.promote(CAREFUL)).rejects.toThrow(/is the standby of the log created/);
  });

  it('into which somebody else wrote is not written on', async () => {
    await bed.primary.write(20, SEED);
    await bed.inStep();
    const { last } = await bed.standby.logs.REGISTRY.head();
    const subject = standbySubject('REGISTRY', datasetSubject('foreign'));
    expect(await rawPublish('standby', subject)).toContain(`"seq":${last + 1}`);
    await bed.primary.write(20, SEED + 1);
    const opened = await bed.open();
    await expect(opened.follow({ signal, onStanding: () => undefined })).rejects.toThrow(
      /holds another event at position/,
    );
    expect((await opened.standing()).streams[0]?.fault).toMatch(/holds another event/);
    await expect(opened.promote(CAREFUL)).rejects.toThrow(/nothing was promoted/);
    expect((await append(bed.primary.logs.REGISTRY, 'goes/on/there')).kind).toBe('appended');
    const report = await opened.promote({ ...CAREFUL, acceptLoss: true });
    expect(report).toMatchObject({ isFenced: true, isWhole: false });
    expect(await rawPublish('primary', datasetSubject('late'))).toMatch(/no responders/i);
  });
});

describe('standby promote', () => {
  it('loses no acknowledged write while writes go on, and the old side takes none behind it', async () => {
    await bed.primary.write(50, SEED);
    await bed.inStep();
    const { acknowledged, refused } = writing(bed.primary.logs.REGISTRY);
    await eventually('one is acknowledged', () => acknowledged.size > 0);
    // A second one that copies, as there is beside a promotion.
    const follower = await bed.open();
    const following = follower.follow({ signal, onStanding: () => undefined }).catch(String);
    const report = await (await bed.open()).promote(CAREFUL);
    expect(report).toMatchObject({ isFenced: true, isWhole: true, trouble: undefined });
    expect(await following).toMatch(/it was promoted/);
    expect(await refused).toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'not-applied' });
    const kept = await storedIn(bed.standby.logs.REGISTRY);
    const subjects = new Set(kept.map((one) => one.subject));
    expect(acknowledged.size).toBeGreaterThan(0);
    expect([...acknowledged].filter((subject) => !subjects.has(subject))).toEqual([]);
    expect(await rawPublish('primary', datasetSubject('late'))).toMatch(/no responders/i);
    const [old, now] = [bed.primary.logs.REGISTRY, bed.standby.logs.REGISTRY];
    expect((await now.head()).created).toBe((await old.head()).created);
    await expect(provisionStreams(bed.primary.broker.jsm, { replicas: 1 })).rejects.toThrow(
      /it takes no appends since/,
    );
    await provisionStreams(bed.standby.broker.jsm, { replicas: 1 });
    const appended = await append(now, 'on/the/standby');
    expect(appended.kind).toBe('appended');
  });

  it('without a primary is refused and changes nothing, and goes on with --accept-loss as another log', async () => {
    await bed.primary.write(30, SEED);
    await bed.inStep();
    const away = await bed.open(AWAY);
    await expect(away.promote(CAREFUL)).rejects.toThrow(/nothing was promoted.*--accept-loss/);
    expect(await rawPublish('standby', datasetSubject('d'))).toMatch(/no responders/i);
    const report = await away.promote({ ...CAREFUL, acceptLoss: true });
    expect(report).toMatchObject({ isFenced: false, isWhole: false, mark: { number: 1 } });
    const again = await away.promote(CAREFUL);
    expect(again).toMatchObject({ wasPromoted: true, mark: { number: 1 } });
    const before = await bed.primary.logs.REGISTRY.head();
    const after = await bed.standby.logs.REGISTRY.head();
    expect(after.created).not.toBe(before.created);
    expect(after.last).toBe(before.last);
    await expect(
      (await bed.open()).follow({ signal, onStanding: () => undefined }),
    ).rejects.toThrow(/it was promoted/);
  });

  it('without a primary and without a store for the mark is refused', async () => {
    await bed.inStep();
    const nowhere = { ...AWAY, ATLAS_STORE_FOLDER: '/dev/null/store' };
    const away = await bed.open(nowhere);
    const options = { ...CAREFUL, acceptLoss: true };
    await expect(away.promote(options)).rejects.toThrow(/Cannot fence the old side/);
    const report = await away.promote({ ...options, withoutFence: true });
    expect(report.mark.number).toBeUndefined();
  });

  it('without loss lets a node go on with its views on the other side', async () => {
    const shared = { ATLAS_DATA_DIR: bed.primary.folder, ATLAS_AUDIT_ANCHORS: 'store' };
    const on = (side: 'primary' | 'standby') => ({
      ...shared,
      NATS_URL: String(bed[side].env['NATS_URL']),
    });
    {
      await using before = await startTestRegistry(on('primary'));
      const { status } = await before.api.post('/registry/datasets', registration('kept'));
      expect(status).toBe(201);
    }
    await bed.inStep();
    await (await bed.open()).promote(CAREFUL);
    await using after = await startTestRegistry(on('standby'));
    expect((await after.api.get('/registry/datasets/kept')).status).toBe(200);
    const { status, json } = await after.api.post('/registry/datasets', registration('new'));
    expect([status, json.detail]).toEqual([201, undefined]);
    expect(after.registry.health().filter(({ ready }) => !ready)).toEqual([]);
  });

  it('leaves a node on the old side that does not see the store refusing writes as not applied', async () => {
    const NATS_URL = String(bed.primary.env['NATS_URL']);
    await using node = await startTestRegistry({ NATS_URL, ATLAS_WRITE_TIMEOUT_MS: '1500' });
    await bed.inStep();
    await (await bed.open()).promote(CAREFUL);
    const refused = await node.api.post('/registry/datasets', registration('late'));
    expect(refused.status).toBe(503);
    expect(refused.json).toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'not-applied' });
    expect((await bed.primary.logs.REGISTRY.head()).last).toBe(0);
  });

  it('freezes nodes on an old side that could not be reached, by the mark in their store', async () => {
    const store = { ATLAS_STORE_FOLDER: `${bed.primary.folder}/shared` };
    const NATS_URL = String(bed.primary.env['NATS_URL']);
    const env = { NATS_URL, ATLAS_LOG_CHECK_MS: '500', ATLAS_LOG_LEVEL: 'silent', ...store };
    await using node = await startTestRegistry(env);
    await bed.inStep();
    const away = await bed.open({ ...AWAY, ...store });
    await away.promote({ ...CAREFUL, acceptLoss: true });
    await eventually('the node is frozen', async () => {
      const refused = await node.api.post('/registry/datasets', registration(`late/${newId()}`));
      expect(refused.json).toMatchObject({ code: 'FROZEN' });
      return /another side was promoted/.test(String(refused.json.detail));
    });
    const { last } = await bed.primary.logs.REGISTRY.head();
    await node.api.post('/registry/datasets', registration('later'));
    expect((await bed.primary.logs.REGISTRY.head()).last).toBe(last);
  });
});

describe('standby status', () => {
  it('exits with 0 in step, 1 behind and 3 when it cannot tell', async () => {
    const run = async (args: readonly string[], env = {}) => {
      const command = runCommand(['standby', ...args], { ...bed.env, ...env });
      return { exit: await command.exit, text: command.text() };
    };
    expect((await run(['status'])).exit).toBe(3);
    await bed.inStep();
    expect(await run(['status', '--json'])).toMatchObject({ exit: 0 });
    await bed.primary.write(10, SEED);
    const behind = await run(['status', '--max-lag', '0']);
    expect(behind).toMatchObject({ exit: 1 });
    expect(behind.text).toMatch(/events behind, the oldest since/);
    expect(await run(['status'], AWAY)).toMatchObject({ exit: 3 });
    const asked = await run(['promote']);
    expect(asked).toMatchObject({ exit: 1 });
    expect(asked.text).toMatch(/Nothing was changed/);
    expect(await run(['promote', '--yes'])).toMatchObject({ exit: 0 });
    expect(await rawPublish('primary', fencedSubject('REGISTRY'))).toBeDefined();
  });
});
