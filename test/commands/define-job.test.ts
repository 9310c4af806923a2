import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeActionProfileStage } from '#commands/change-action-profile-stage';
import { defineActionProfile } from '#commands/define-action-profile';
import { defineJob } from '#commands/define-job';
import type { CommandContext } from '#commands/run-command';
import { actionProfileEvolution } from '#domain/action-profile';
import { parseContractVersion } from '#domain/contract-name';
import { definitionFingerprint } from '#domain/definition';
import { jobDefinitionEvolution, readJobDefinition } from '#domain/job-definition';
import { DEFAULT_SCOPE } from '#domain/scope';
import type { EventLog } from '#log/event-log';
import { blindSource, commandContext, freshSource, memoryLog } from '#test/support/command-env';
import {
  jobCommandsOn,
  jobId,
  jobOf,
  profileCommandsOn,
  profileId,
  profileOf,
} from '#test/support/jobs';
import { codeOf } from '#test/support/publishing';
import { forSeeds } from '#test/support/seed';

const v = parseContractVersion;

/** One way to define a version: by its title and number. */
type Define = (
  title: string,
  version?: string,
  context?: CommandContext,
) => ReturnType<typeof defineJob | typeof defineActionProfile>;

interface Kind {
  readonly on: (log: EventLog, isBlind?: boolean) => Define;
}

const numbered = (version: string | undefined) =>
  version === undefined ? {} : { version: v(version) };

const kinds: readonly (readonly [string, Kind])[] = [
  [
    'defineJob()',
    {
      on: (log, isBlind = false) => {
        const source = blindSource(jobDefinitionEvolution.initial);
        const commands = jobCommandsOn(log, isBlind ? { source } : {});
        return async (name, version, context = commandContext()) =>
          await defineJob(commands, context, {
            id: jobId,
            content: jobOf({ name }),
            ...numbered(version),
          });
      },
    },
  ],
  [
    'defineActionProfile()',
    {
      on: (log, isBlind = false) => {
        const source = blindSource(actionProfileEvolution.initial);
        const commands = profileCommandsOn(log, isBlind ? { source } : {});
        return async (name, version, context = commandContext()) =>
          await defineActionProfile(commands, context, {
            id: profileId,
            content: profileOf({ name }),
            ...numbered(version),
          });
      },
    },
  ],
];

describe.each(kinds)('%s', (_name, { on }) => {
  const versionOf = async (work: ReturnType<Define>) => (await work).defined.version;

  it('numbers what nobody has numbered: 1.0.0, then the next patch behind the highest', async () => {
    const define = on(memoryLog());
    expect(await versionOf(define('a'))).toBe('1.0.0');
    expect(await versionOf(define('b'))).toBe('1.0.1');
    expect(await versionOf(define('c', '1.10.0'))).toBe('1.10.0');
    expect(await versionOf(define('d', '1.9.0'))).toBe('1.9.0');
    expect(await versionOf(define('e'))).toBe('1.10.1');
    expect(await versionOf(define('f', '2.0.0-rc.1'))).toBe('2.0.0-rc.1');
    expect(await versionOf(define('g'))).toBe('2.0.0');
    expect(await versionOf(define('h', 'v7'))).toBe('v7');
    expect(await versionOf(define('i'))).toBe('v8');
  });

  it('adds a draft with its author and fingerprint', async () => {
    const log = memoryLog();
    const { defined, recorded, position } = await on(log)('a');
    expect(defined).toMatchObject({ version: '1.0.0', stage: 'draft', author: 'tester' });
    expect(recorded?.event.data).toMatchObject({
      author: 'tester',
      definition: { version: '1.0.0', name: 'a', fingerprint: defined.fingerprint },
    });
    expect(position).toBe(1);
  });

  it('changes nothing when the same comes again, with its number or without', async () => {
    const log = memoryLog();
    const define = on(log);
    await define('a');
    for (const version of [undefined, '1.0.0']) {
      const again = await define('a', version);
      expect(again.recorded).toBeUndefined();
      expect(again.defined.version).toBe('1.0.0');
    }
    await define('b');
    expect(await versionOf(define('a', '1.0.0'))).toBe('1.0.0');
    expect((await log.head()).last).toBe(2);
    expect(await versionOf(define('a'))).toBe('1.0.2');
  });

  it('refuses other content under a number that is there, whatever its view shows', async () => {
    for (const isBlind of [false, true]) {
      const define = on(memoryLog(), isBlind);
      const { fingerprint } = (await define('a', '1.0.0')).defined;
      await expect(define('b', '1.0.0')).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
        outcome: 'not-applied',
        details: { version: '1.0.0', defined: fingerprint },
      });
    }
  });

  it('gives a retry the first answer, also after newer versions, and no other request', async () => {
    const define = on(memoryLog());
    const context = commandContext('key');
    const first = await define('a', undefined, context);
    await define('b');
    const again = await define('a', undefined, context);
    expect(again).toMatchObject({ replayed: true, position: first.position });
    expect(again.defined).toEqual(first.defined);
    const other = define('a', undefined, commandContext('key', 'other'));
    expect(await codeOf(other)).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('gives authors who race for the next version one each', async () => {
    await forSeeds(10, async (random) => {
      const log = memoryLog();
      const nodes = [on(log), on(log, true)] as const;
      const all = Array.from({ length: 12 }, (_, i) => versionOf(random.pick(nodes)(`n${i}`)));
      const want = Array.from({ length: 12 }, (_, i) => `1.0.${i}`);
      expect(new Set(await Promise.all(all))).toEqual(new Set(want));
      expect((await log.head()).last).toBe(12);
    });
  });

  it('lets one of those win who race for one number, and gives the others a conflict', async () => {
    await forSeeds(10, async (random) => {
      const log = memoryLog();
      const nodes = [on(log), on(log, true)] as const;
      const codes = await Promise.all(
        Array.from({ length: 12 }, (_, i) => codeOf(random.pick(nodes)(`n${i}`, '1.0.0'))),
      );
      expect(codes.toSorted()).toEqual([...Array(11).fill('VERSION_CONFLICT'), 'done']);
      expect((await log.head()).last).toBe(1);
    });
  });

  it('adds one version when many race with the same content', async () => {
    await forSeeds(5, async (random) => {
      const log = memoryLog();
      const nodes = [on(log), on(log, true)] as const;
      const all = Array.from({ length: 12 }, () => versionOf(random.pick(nodes)('a')));
      expect(new Set(await Promise.all(all))).toEqual(new Set(['1.0.0']));
      expect((await log.head()).last).toBe(1);
    });
  });

  it('refuses a number beyond the last one as what it is', async () => {
    const define = on(memoryLog());
    await define('a', '1.0.999999999');
    expect(await codeOf(define('b'))).toBe('INVALID_NAME');
  });
});

describe('the content of a definition', () => {
  it('is taken or refused by a RegistryError, whatever it is, and what was taken is in the log', async () => {
    const log = memoryLog();
    const commands = jobCommandsOn(log);
    const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true });
    const text = fc.string({ unit: 'binary' });
    const key = fc.stringMatching(/^[a-z0-9][a-z0-9._/-]{0,9}$/);
    const parts = { description: text, metadata: fc.dictionary(key, text), tags: fc.array(key) };
    const nearly = fc.record(parts, { requiredKeys: [] }).map(jobOf);
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(nearly, fc.record({ ...parts, name: text }).map(jobOf), anything),
        async (content) => {
          const before = (await log.head()).last;
          const code = await codeOf(defineJob(commands, commandContext(), { id: jobId, content }));
          expect(code).toMatch(/^(done|INVALID_REQUEST)$/);
          if (code === 'done') taken += 1;
          else expect((await log.head()).last).toBe(before);
        },
      ),
      { numRuns: 400 },
    );
    expect(taken).toBeGreaterThan(20);
    const last = await freshSource(log, 'job-definition', jobDefinitionEvolution).load(
      DEFAULT_SCOPE,
      jobId,
      commandContext().commandId,
    );
    expect(last.aggregate.state.versions.size).toBe((await log.head()).last);
  });

  it('is written to the log in its one form, and nothing is written of a faulty one', async () => {
    const log = memoryLog();
    const commands = jobCommandsOn(log);
    const faulty = defineJob(commands, commandContext(), { id: jobId, content: { name: 1 } });
    await expect(faulty).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { faults: [{ path: '/name' }, { path: '/kind' }, { path: '/trigger' }] },
    });
    expect((await log.head()).last).toBe(0);
    const content = jobOf({ tags: ['b', 'a'] });
    const { recorded } = await defineJob(commands, commandContext(), { id: jobId, content });
    const read = readJobDefinition(content);
    const fingerprint = definitionFingerprint(read);
    const definition = { ...read, id: jobId, version: '1.0.0', fingerprint };
    expect(recorded?.event.data).toEqual({ definition, author: 'tester' });
  });

  it('makes a new version after the highest was retired, although it says the same', async () => {
    const log = memoryLog();
    const commands = profileCommandsOn(log);
    const content = profileOf();
    const first = await defineActionProfile(commands, commandContext(), { id: profileId, content });
    const { version } = first.defined;
    const step = { id: profileId, version, to: 'retired' } as const;
    await changeActionProfileStage(commands, commandContext(), step);
    const again = await defineActionProfile(commands, commandContext(), { id: profileId, content });
    expect(again.defined).toMatchObject({ version: '1.0.1', stage: 'draft' });
  });
});
