import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeActionProfileStage, USERS_NAMED_MAX } from '#commands/change-action-profile-stage';
import { changeJobStage } from '#commands/change-job-stage';
import { append } from '#commands/decision';
import { defineJob } from '#commands/define-job';
import type { ProfileUse, ProfileUsers } from '#commands/job-ports';
import { type CommandContext, runCommand } from '#commands/run-command';
import { type ContractEvent, contractEvolution } from '#domain/contract';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import { parseActionProfileId } from '#domain/definition';
import { sha256Of } from '#domain/digest';
import { jobDefinitionEvolution } from '#domain/job-definition';
import type { JobStage } from '#domain/job-stage';
import { NEWEST } from '#domain/position';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { blindSource, commandContext, freshSource } from '#test/support/command-env';
import { type JobBed, openJobBed, UP } from '#test/support/job-bed';
import { jobId, jobOf } from '#test/support/jobs';
import { codeOf } from '#test/support/publishing';

let bed: JobBed;
beforeEach(() => {
  bed = openJobBed();
});
afterEach(() => {
  bed[Symbol.dispose]();
});

const version = parseContractVersion('1.0.0');
const latest = (id: string) => ({ id, version: 'latest' });

const stepping = async (to: JobStage, context?: CommandContext) =>
  await changeJobStage(bed.jobs, context ?? commandContext(), { id: jobId, version, to });

const retiring = async (id: string, number = '1.0.0') =>
  await changeActionProfileStage(bed.profiles, commandContext(), {
    id: parseActionProfileId(id),
    version: parseContractVersion(number),
    to: 'retired',
  });

/** Publishes a version of a contract in a stage, without the gate. */
async function contract(name: string, number: string, stage: ContractStage): Promise<void> {
  const bundle = {
    name: parseContractName(name),
    version: parseContractVersion(number),
    fingerprint: sha256Of(name),
  };
  await runCommand(bed.jobs.env, commandContext(), {
    kind: 'contract',
    id: name,
    log: bed.log,
    source: freshSource(bed.log, 'contract', contractEvolution),
    evolution: contractEvolution,
    decide: () => append<ContractEvent>({ type: 'ContractPublished', data: { bundle, stage } }),
  });
  await bed.catchUp();
}

describe('changeJobStage()', () => {
  it('carries a version through its whole life, with notes', async () => {
    await bed.job(jobId, {}, ...UP, 'retired');
    const found = bed.reader.jobDefinitions.find(DEFAULT_SCOPE, { id: jobId, version }, NEWEST);
    expect(found).toMatchObject({ stage: 'retired', staged: { notes: 'now retired' } });
  });

  it('activates what refers to an approved contract and to active profiles', async () => {
    await contract('order.placed', '1.0.0', 'approved');
    await bed.profile('store', {}, ...UP);
    const uses = { onSuccess: [{ id: 'store', version: '1.0.0' }], onFailure: [latest('store')] };
    for (const number of ['1.0.0', 'latest'])
      await bed.job(
        `j.${number === 'latest' ? 'b' : 'a'}`,
        {
          ...uses,
          contract: { name: 'order.placed', version: number },
        },
        ...UP,
      );
  });

  it('refuses to activate what refers to something else, and says all that is missing', async () => {
    await contract('order.placed', '1.0.0', 'draft');
    await bed.profile('pending', {}, 'pending_approval');
    await bed.profile('gone', {}, ...UP, 'retired');
    await bed.profile('store', {}, ...UP);
    await bed.job(
      jobId,
      {
        contract: { name: 'order.placed', version: '1.0.0' },
        onSuccess: [latest('store'), { id: 'store', version: '9.0.0' }],
        onFailure: [{ id: 'pending', version: '1.0.0' }, latest('pending')],
        onAnomaly: [{ id: 'gone', version: '1.0.0' }, latest('never')],
      },
      'pending_approval',
    );
    const profile = { kind: 'action-profile' };
    await expect(stepping('active')).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      outcome: 'not-applied',
      message:
        'Cannot move job definition "orders.check" version "1.0.0" to active: contract "order.placed" version "1.0.0" is draft and 5 more are missing (want an approved contract and active action profiles)',
      details: {
        missing: [
          { kind: 'contract', name: 'order.placed', version: '1.0.0', stage: 'draft' },
          { ...profile, name: 'store', version: '9.0.0' },
          { ...profile, name: 'pending', version: '1.0.0', stage: 'pending_approval' },
          { ...profile, name: 'pending', version: 'latest' },
          { ...profile, name: 'gone', version: '1.0.0', stage: 'retired' },
          { ...profile, name: 'never', version: 'latest' },
        ],
      },
    });
    await stepping('draft');
  });

  it('refuses a contract in every stage but approved', async () => {
    for (const stage of ['draft', 'pending_approval', 'deprecated', 'retired'] as const) {
      await contract(`c.${stage}`, '1.0.0', stage);
      const wanted = { name: `c.${stage}`, version: '1.0.0' };
      const id = `j.${stage}`;
      expect(await codeOf(bed.job(id, { contract: wanted }, ...UP)), stage).toBe(
        'ILLEGAL_TRANSITION',
      );
      const newest = { name: `c.${stage}`, version: 'latest' };
      expect(await codeOf(bed.job(id, { contract: newest }, ...UP))).toBe('ILLEGAL_TRANSITION');
    }
  });

  it('sees nothing of other scopes', async () => {
    await bed.profile('store', {}, ...UP);
    const scope = parseScope('acme', 'dev');
    const context = () => ({ ...commandContext(), scope });
    const content = jobOf({ onSuccess: [latest('store')] });
    await defineJob(bed.jobs, context(), { id: jobId, content });
    await bed.catchUp();
    await stepping('pending_approval', context());
    expect(await codeOf(stepping('active', context()))).toBe('ILLEGAL_TRANSITION');
    expect(await codeOf(stepping('retired'))).toBe('NOT_FOUND');
  });

  it('lets nobody activate their own version in production', async () => {
    const as = (actor: string) => ({
      ...commandContext(),
      scope: parseScope('default', 'prod'),
      actor,
    });
    await defineJob(bed.jobs, as('ada'), { id: jobId, content: jobOf() });
    await bed.catchUp();
    await stepping('pending_approval', as('ada'));
    expect(await codeOf(stepping('active', as('ada')))).toBe('SELF_APPROVAL');
    const { state } = await stepping('active', as('bob'));
    expect(state.versions.get(version)?.stage).toBe('active');
  });

  it('knows content and author from the log when its view shows nothing', async () => {
    const source = blindSource(jobDefinitionEvolution.initial);
    const blind = { ...bed.jobs, source };
    await bed.job(jobId, { onSuccess: [latest('never')] }, 'pending_approval');
    const step = changeJobStage(blind, commandContext(), { id: jobId, version, to: 'active' });
    await expect(step).rejects.toMatchObject({ details: { missing: [{ name: 'never' }] } });
  });

  it('gives a retry the first answer, although the step is illegal by now', async () => {
    await bed.job(jobId, {}, 'pending_approval');
    const first = await stepping('active', commandContext('key'));
    await stepping('retired');
    await bed.catchUp();
    const again = await stepping('active', commandContext('key'));
    expect(again).toMatchObject({ replayed: true, position: first.position });
  });

  it('lets one of two racing steps win where both cannot be', async () => {
    await bed.job(jobId, {}, 'pending_approval');
    const codes = await Promise.all([codeOf(stepping('draft')), codeOf(stepping('active'))]);
    expect(codes.toSorted()).toEqual(['ILLEGAL_TRANSITION', 'done']);
  });
});

describe('changeActionProfileStage()', () => {
  it('refuses to retire what an active definition names by its version, with the list', async () => {
    await bed.profile('store', {}, ...UP);
    const pinned = { id: 'store', version: '1.0.0' };
    await bed.job('j.b', { onSuccess: [pinned] }, ...UP);
    await bed.job('j.a', { onFailure: [pinned], onAnomaly: [pinned] }, ...UP);
    await bed.job('j.draft', { onSuccess: [pinned] });
    await expect(retiring('store')).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      message:
        'Cannot move action profile "store" version "1.0.0" to retired: 2 active job definitions use it, the first is "j.a" version "1.0.0" (want them retired first)',
      details: {
        users: [
          { id: 'j.a', version: '1.0.0', refersTo: '1.0.0' },
          { id: 'j.b', version: '1.0.0', refersTo: '1.0.0' },
        ],
      },
    });
    await bed.moved('j.a', '1.0.0', 'retired');
    await bed.moved('j.b', '1.0.0', 'retired');
    expect(await codeOf(retiring('store'))).toBe('done');
  });

  it('asks for so many users, and says when there may be more', async () => {
    await bed.profile('store', {}, ...UP);
    const asked: ProfileUse[] = [];
    const activeUsers: ProfileUsers['activeUsers'] = async (_scope, use) => {
      asked.push(use);
      return Array.from({ length: use.limit }, (_, i) => ({
        id: `j.n${i}`,
        version,
        refersTo: version,
      }));
    };
    const commands = { ...bed.profiles, users: { activeUsers } };
    const step = { id: parseActionProfileId('store'), version, to: 'retired' } as const;
    await expect(changeActionProfileStage(commands, commandContext(), step)).rejects.toThrow(
      `to retired: at least ${USERS_NAMED_MAX} active job definitions use it`,
    );
    expect(asked).toEqual([{ id: 'store', versions: [version, 'latest'], limit: USERS_NAMED_MAX }]);
  });

  it('refuses to retire the last active version of what is used as latest, and no other', async () => {
    await bed.profile('store', {}, ...UP);
    await bed.job('j.a', { onSuccess: [latest('store')] }, ...UP);
    expect(await codeOf(retiring('store'))).toBe('ILLEGAL_TRANSITION');
    await bed.profile('store', { name: 'second' }, ...UP);
    expect(await codeOf(retiring('store', '1.0.0'))).toBe('done');
    await bed.catchUp();
    expect(await codeOf(retiring('store', '1.0.1'))).toBe('ILLEGAL_TRANSITION');
    await bed.profile('store', { name: 'third' });
    expect(await codeOf(retiring('store', '1.0.2'))).toBe('done');
  });
});
