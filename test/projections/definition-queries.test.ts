import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineActionProfile } from '#commands/define-action-profile';
import { defineJob } from '#commands/define-job';
import { actionProfileEvolution } from '#domain/action-profile';
import { parseContractVersion } from '#domain/contract-name';
import {
  type JobDefinitionId,
  parseActionProfileId,
  parseJobDefinitionId,
} from '#domain/definition';
import { jobDefinitionEvolution } from '#domain/job-definition';
import { NEWEST, toPosition } from '#domain/position';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { subjectOf } from '#log/subjects';
import { commandContext, freshSource } from '#test/support/command-env';
import { HOSTILE } from '#test/support/hostile';
import { type JobBed, openJobBed, UP } from '#test/support/job-bed';
import { everyAction, jobId, jobOf, profileId, profileOf } from '#test/support/jobs';

let bed: JobBed;
beforeEach(() => {
  bed = openJobBed();
});
afterEach(() => {
  bed[Symbol.dispose]();
});

const v = parseContractVersion;
const acme = parseScope('acme', 'dev');

describe('a version in the catalog', () => {
  it('has the stage of every position, and says which step brought it there', async () => {
    await bed.job(jobId, { tags: ['b', 'a'], metadata: { a: 'ü "x"\u2028' } }, ...UP, 'retired');
    const at = (position: number) =>
      bed.reader.jobDefinitions.find(
        DEFAULT_SCOPE,
        { id: jobId, version: v('1.0.0') },
        toPosition(position),
      );
    const stages = [0, 1, 2, 3, 4, 99].map((position) => at(position)?.stage);
    expect(stages).toEqual([
      undefined,
      'draft',
      'pending_approval',
      'active',
      'retired',
      'retired',
    ]);
    expect(at(3)).toMatchObject({
      position: 1,
      author: 'tester',
      definition: { id: jobId, version: '1.0.0', tags: ['a', 'b'], metadata: { a: 'ü "x"\u2028' } },
      staged: { position: 3, actor: 'tester', notes: 'now active' },
    });
    expect(at(1)?.staged).toEqual({ position: 1, time: expect.any(String), actor: 'tester' });
  });

  it('keeps every action as it was defined', async () => {
    await bed.profile(profileId, { actions: everyAction });
    const wanted = { id: profileId, version: v('1.0.0') };
    const found = bed.reader.actionProfiles.find(DEFAULT_SCOPE, wanted, NEWEST);
    const [recorded] = await bed.log.readSubject(
      subjectOf({
        scope: DEFAULT_SCOPE,
        kind: 'action-profile',
        id: profileId,
      }),
      toPosition(0),
    );
    expect({ definition: found?.definition, author: found?.author }).toEqual(recorded?.event.data);
    expect(found?.definition.actions).toHaveLength(everyAction.length);
  });

  it('is latest when it is the highest active one, a release before any pre-release', async () => {
    const define = async (version: string, name: string) =>
      await defineJob(bed.jobs, commandContext(), {
        id: jobId,
        version: v(version),
        content: jobOf({ name }),
      });
    for (const version of ['2.0.0-rc.1', '1.9.0', '1.10.0', '3.0.0'])
      await define(version, version);
    await bed.catchUp();
    const latest = () => bed.reader.jobDefinitions.latestVersion(DEFAULT_SCOPE, jobId, NEWEST);
    expect(latest()).toBeUndefined();
    await bed.moved(jobId, '2.0.0-rc.1', ...UP);
    expect(latest()).toBe('2.0.0-rc.1');
    await bed.moved(jobId, '1.9.0', ...UP);
    expect(latest()).toBe('1.9.0');
    await bed.moved(jobId, '1.10.0', ...UP);
    const before = (await bed.log.head()).last;
    expect(latest()).toBe('1.10.0');
    await bed.moved(jobId, '1.10.0', 'retired');
    expect(latest()).toBe('1.9.0');
    const wanted = { id: jobId, version: 'latest' } as const;
    const find = (position: number) =>
      bed.reader.jobDefinitions.find(DEFAULT_SCOPE, wanted, toPosition(position));
    expect(find(before)?.definition.version).toBe('1.10.0');
    expect(find(before + 1)?.definition.version).toBe('1.9.0');
    expect(find(3)).toBeUndefined();
  });

  it('cannot be seen from another scope or as another kind, nor guessed', async () => {
    await bed.job('same', {}, ...UP);
    await bed.profile('same', {}, ...UP);
    const { jobDefinitions, actionProfiles, uses } = bed.reader;
    const id = parseJobDefinitionId('same');
    for (const version of [v('1.0.0'), 'latest'] as const)
      expect(jobDefinitions.find(acme, { id, version }, NEWEST)).toBeUndefined();
    const page = { after: undefined, limit: 9, asOf: NEWEST };
    expect(jobDefinitions.list(acme, page)).toEqual([]);
    expect(uses.dependants(acme, { ...page, kind: 'contract', name: 'same' })).toEqual([]);
    expect(jobDefinitions.list(DEFAULT_SCOPE, page)).toHaveLength(1);
    const [profile] = actionProfiles.list(DEFAULT_SCOPE, page);
    expect(profile?.name).toBe('Alerts');
    const hostile = HOSTILE as readonly JobDefinitionId[];
    for (const text of hostile)
      expect(jobDefinitions.find(DEFAULT_SCOPE, { id: text, version: 'latest' }, NEWEST)).toBe(
        undefined,
      );
  });

  it('loads for decisions as the log has it, without the content', async () => {
    await bed.job(jobId, {}, ...UP);
    await bed.job(jobId, { name: 'second' }, 'pending_approval');
    await bed.profile(profileId, {}, 'retired');
    const context = commandContext('key');
    const content = jobOf({ name: 'third' });
    await defineJob(bed.jobs, context, { id: jobId, content });
    await bed.catchUp();
    const at = [DEFAULT_SCOPE, jobId, context.commandId] as const;
    const folded = await freshSource(bed.log, 'job-definition', jobDefinitionEvolution).load(...at);
    const loaded = await bed.reader.jobDefinitions.states.load(...at);
    expect(loaded.remembered).toEqual(folded.remembered);
    expect(loaded.remembered?.revision).toBe(folded.aggregate.revision);
    const without = [...folded.aggregate.state.versions].map(([version, known]) => {
      const { definition, ...rest } = known;
      expect(definition?.version).toBe(version);
      return [version, rest];
    });
    expect([...loaded.aggregate.state.versions]).toEqual(without);
    expect(loaded.aggregate).toMatchObject({
      revision: folded.aggregate.revision,
      hash: folded.aggregate.hash,
    });
    const profile = [DEFAULT_SCOPE, profileId, context.commandId] as const;
    const source = freshSource(bed.log, 'action-profile', actionProfileEvolution);
    const { aggregate } = await source.load(...profile);
    const seen = await bed.reader.actionProfiles.states.load(...profile);
    expect(seen.aggregate).toMatchObject({ revision: aggregate.revision, hash: aggregate.hash });
    expect([...seen.aggregate.state.versions.values()]).toMatchObject([{ stage: 'retired' }]);
  });
});

describe('two tenants that do the same', () => {
  it('each see what they have done, and nothing of the other', async () => {
    const step = fc.record({
      isAcme: fc.boolean(),
      isJob: fc.boolean(),
      id: fc.constantFrom('a', 'b'),
      name: fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        using own = openJobBed();
        const seen = new Map<string, Set<string>>();
        for (const { isAcme, isJob, id, name } of steps) {
          const scope = isAcme ? acme : DEFAULT_SCOPE;
          const context = { ...commandContext(), scope };
          const { defined } = isJob
            ? await defineJob(own.jobs, context, {
                id: parseJobDefinitionId(id),
                content: jobOf({ name }),
              })
            : await defineActionProfile(own.profiles, context, {
                id: parseActionProfileId(id),
                content: profileOf({ name }),
              });
          const key = `${scope.tenant} ${isJob}`;
          seen.set(key, (seen.get(key) ?? new Set()).add(`${id} ${defined.version} ${name}`));
          await own.catchUp();
        }
        for (const scope of [acme, DEFAULT_SCOPE]) {
          for (const isJob of [true, false]) {
            const queries = isJob ? own.reader.jobDefinitions : own.reader.actionProfiles;
            const rows = queries
              .list(scope, { after: undefined, limit: 99, asOf: NEWEST })
              .map(({ id, version, name }) => `${id} ${version} ${name}`);
            expect(new Set(rows)).toEqual(seen.get(`${scope.tenant} ${isJob}`) ?? new Set());
          }
        }
      }),
      { numRuns: 15 },
    );
  });
});
