import { describe, expect, it } from 'vitest';
import { publishDataset } from '#commands/publish-dataset';
import { type RegisterDataset, registerDataset } from '#commands/register-dataset';
import { withdrawDataset } from '#commands/withdraw-dataset';
import { datasetEvolution } from '#domain/dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import { START } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { KeyedQueue } from '#flow/keyed-queue';
import type { EventLog } from '#log/event-log';
import { logWith } from '#log/log-with';
import {
  blindSource,
  commandContext,
  commandEnvironment,
  freshSource,
  memoryLog,
} from '#test/support/command-env';
import { datasetSubject } from '#test/support/events';
import { forSeeds } from '#test/support/seed';

function request(name: string, fingerprint = 'fp', rowCount = 1): RegisterDataset {
  return { name: parseDatasetName(name), schemaFingerprint: fingerprint, objects: [], rowCount };
}

function commandsOn(log: EventLog, env = commandEnvironment()) {
  return { env, log, source: freshSource(log, 'dataset', datasetEvolution) };
}

describe('runCommand()', () => {
  it('gives a retry the first answer and appends nothing, also after other commands', async () => {
    const log = memoryLog();
    const commands = commandsOn(log);
    const context = commandContext('key-1');
    const first = await registerDataset(commands, context, request('a', 'fp', 1));
    await registerDataset(commands, commandContext(), request('a', 'fp', 2));
    const again = await registerDataset(commands, context, request('a', 'fp', 1));
    expect(again).toMatchObject({ replayed: true, position: first.position });
    expect(again.recorded).toEqual(first.recorded);
    expect(again.recorded?.event.type).toBe('DatasetRegistered');
    expect((await log.head()).last).toBe(2);
  });

  it('refuses a key that was used for another request', async () => {
    const commands = commandsOn(memoryLog());
    await registerDataset(commands, commandContext('key', 'one'), request('a'));
    const reused = registerDataset(commands, commandContext('key', 'two'), request('a'));
    await expect(reused).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      outcome: 'not-applied',
    });
  });

  it('decides again on what the log holds when its view is behind', async () => {
    const log = memoryLog();
    const behind = { ...commandsOn(log), source: blindSource(undefined) };
    const first = await registerDataset(behind, commandContext(), request('a', 'fp', 1));
    const second = await registerDataset(behind, commandContext(), request('a', 'fp', 2));
    expect(second.recorded?.event.type).toBe('DatasetObjectsReplaced');
    expect(second.state?.createdAt).toBe(first.state?.createdAt);
    const other = registerDataset(behind, commandContext(), request('a', 'other'));
    await expect(other).rejects.toMatchObject({ code: 'FINGERPRINT_CONFLICT' });
    expect((await log.head()).last).toBe(2);
  });

  it('tells that nothing is to be done only when the log says so too', async () => {
    const log = memoryLog();
    const name = parseDatasetName('a');
    const object = { key: 'a', sha256: sha256Of('a'), bytes: 1 };
    const fresh = commandsOn(log);
    const publisher = {
      read: async function* () {
        yield Buffer.from('a');
      },
      stat: async () => ({ bytes: 1 }),
    };
    const register = { ...request('a'), objects: [object] };
    await registerDataset(fresh, commandContext(), register);
    const inspect = async () => () => undefined;
    const publish = (commands: typeof fresh) =>
      publishDataset({ ...commands, publisher, inspect }, commandContext(), {
        name,
        artifact: object,
      });
    await publish(fresh);
    const then = await fresh.source.load(DEFAULT_SCOPE, name, commandContext().commandId);
    const stale = { load: async () => then };
    await withdrawDataset(fresh, commandContext(), { name });
    const again = await publish({ ...fresh, source: stale });
    expect(again.recorded?.event.type).toBe('DatasetPublished');
    expect((await log.head()).last).toBe(4);
  });

  it('finds a retry in the log when its view is behind', async () => {
    const log = memoryLog();
    const behind = { ...commandsOn(log), source: blindSource(undefined) };
    const first = await registerDataset(behind, commandContext('key'), request('a'));
    const again = await registerDataset(behind, commandContext('key'), request('a'));
    expect(again).toMatchObject({ replayed: true, position: first.position });
    expect((await log.head()).last).toBe(1);
  });

  it('keeps one dataset id and one registration when 64 writers on two nodes race', async () => {
    await forSeeds(10, async (random) => {
      const log = memoryLog();
      const nodes = [
        commandsOn(log),
        { ...commandsOn(log), source: blindSource(undefined) },
      ] as const;
      const answers = await Promise.all(
        Array.from({ length: 64 }, (_, i) =>
          registerDataset(random.pick(nodes), commandContext(), request('a', 'fp', i)),
        ),
      );
      const types = answers.map((answer) => answer.recorded?.event.type);
      expect(types.filter((type) => type === 'DatasetRegistered')).toHaveLength(1);
      expect(new Set(answers.map((answer) => answer.state?.datasetId)).size).toBe(1);
      expect(new Set(answers.map((answer) => answer.position)).size).toBe(64);
      expect((await log.head()).last).toBe(64);
    });
  });

  it('lets one fingerprint win when many race for a name, and leaves no trace of the others', async () => {
    await forSeeds(10, async () => {
      const log = memoryLog();
      const commands = { ...commandsOn(log), source: blindSource(undefined) };
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          registerDataset(commands, commandContext(), request('a', `fp-${i}`)),
        ),
      );
      expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
      const codes = results.flatMap((r) => (r.status === 'rejected' ? [r.reason.code] : []));
      expect(new Set(codes)).toEqual(new Set(['FINGERPRINT_CONFLICT']));
      expect((await log.head()).last).toBe(1);
    });
  });

  it('answers BUSY when too many commands wait for one name', async () => {
    const queue = new KeyedQueue({ waitingPerKeyMax: 3, waitingMax: 100 });
    const commands = commandsOn(memoryLog(), commandEnvironment({ queue }));
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => registerDataset(commands, commandContext(), request('a'))),
    );
    const codes = results.flatMap((r) => (r.status === 'rejected' ? [r.reason.code] : []));
    expect(codes).toEqual(Array.from({ length: 6 }, () => 'BUSY'));
    expect(queue.waiting).toBe(0);
  });

  it('gives up with CONTENTION after so many conflicts', async () => {
    const log = memoryLog();
    const never = logWith(log, { append: async () => ({ kind: 'conflict', actual: START }) });
    const commands = commandsOn(never, commandEnvironment({ conflictsMax: 3 }));
    const command = registerDataset(commands, commandContext(), request('a'));
    await expect(command).rejects.toMatchObject({ code: 'CONTENTION', outcome: 'not-applied' });
  });
});

describe('an outcome that is not known', () => {
  it('is resolved by repeating the same event id until the log answers', async () => {
    const log = memoryLog();
    const ids: string[] = [];
    const flaky = logWith(log, {
      append: async (subject, expected, event) => {
        ids.push(event.metadata.id);
        const outcome = await log.append(subject, expected, event);
        return ids.length < 4 ? { kind: 'unknown', cause: new Error('lost ack') } : outcome;
      },
    });
    const answer = await registerDataset(commandsOn(flaky), commandContext(), request('a'));
    expect(answer.position).toBe(1);
    expect(new Set(ids).size).toBe(1);
    expect((await log.head()).last).toBe(1);
  });

  it('is reported as unknown when the log stays silent, and the retry finds the event', async () => {
    const log = memoryLog();
    let silent = true;
    const flaky = logWith(log, {
      append: async (subject, expected, event) => {
        const outcome = await log.append(subject, expected, event);
        return silent ? { kind: 'unknown', cause: new Error('timeout') } : outcome;
      },
    });
    const commands = commandsOn(flaky, commandEnvironment({ writeTimeoutMs: 100 }));
    const first = registerDataset(commands, commandContext('key'), request('a'));
    await expect(first).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
    silent = false;
    const again = await registerDataset(commands, commandContext('key'), request('a'));
    expect(again).toMatchObject({ replayed: true, position: 1 });
    expect((await log.head()).last).toBe(1);
  });

  it('is not claimed when the log refuses for sure', async () => {
    const log = memoryLog();
    const { RegistryError } = await import('#domain/errors');
    const away = logWith(log, {
      append: async () => {
        throw new RegistryError('LOG_UNAVAILABLE', 'Cannot reach it', { outcome: 'not-applied' });
      },
    });
    const commands = commandsOn(away, commandEnvironment({ writeTimeoutMs: 100 }));
    const command = registerDataset(commands, commandContext(), request('a'));
    await expect(command).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
      outcome: 'not-applied',
    });
  });

  it('stays unknown when the log goes away after an attempt that got no answer', async () => {
    const log = memoryLog();
    const { RegistryError } = await import('#domain/errors');
    let attempts = 0;
    const away = logWith(log, {
      append: async (subject, expected, event) => {
        attempts += 1;
        if (attempts > 1) throw new RegistryError('LOG_FULL', 'full', { outcome: 'not-applied' });
        await log.append(subject, expected, event);
        return { kind: 'unknown', cause: new Error('timeout') };
      },
    });
    const commands = commandsOn(away, commandEnvironment({ writeTimeoutMs: 100 }));
    const command = registerDataset(commands, commandContext(), request('a'));
    await expect(command).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
  });
});

describe('the hash chain', () => {
  it('links every event of a subject to the one before it', async () => {
    const log = memoryLog();
    const commands = commandsOn(log);
    for (let i = 0; i < 5; i += 1)
      await registerDataset(commands, commandContext(), request('a', 'fp', i));
    const events = await log.readSubject(datasetSubject('a'), START);
    const links = events.map((event) => event.metadata.previousHash);
    expect(links).toEqual([undefined, ...events.slice(0, -1).map((event) => event.hash)]);
  });
});
