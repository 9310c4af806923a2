import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeContractStage } from '#commands/change-contract-stage';
import { promoteContract } from '#commands/promote-contract';
import { setCompatibilityMode } from '#commands/set-compatibility-mode';
import { setDefaultCompatibilityMode } from '#commands/set-default-compatibility-mode';
import { parseContractVersion } from '#domain/contract-name';
import { sha256Of } from '#domain/digest';
import { NEWEST, START, toPosition } from '#domain/position';
import { DEFAULT_SCOPE, parseEnvironment, parseScope } from '#domain/scope';
import { subjectOf } from '#log/subjects';
import { type ContractBed, openContractBed } from '#test/support/catalog-bed';
import { commandContext } from '#test/support/command-env';
import { contractCommandsOn, schemaOf } from '#test/support/contracts';
import { someEvent } from '#test/support/events';
import { contractName, contractOf, publish } from '#test/support/publishing';

let bed: ContractBed;
beforeEach(() => {
  bed = openContractBed();
});
afterEach(() => {
  bed[Symbol.dispose]();
});

const v = parseContractVersion;

function stageAt(version: string, position: number): string | undefined {
  const id = { name: contractName, version: v(version) };
  return bed.contracts.find(DEFAULT_SCOPE, id, toPosition(position))?.stage;
}

describe('a version in the catalog', () => {
  it('has the stage of every position, and says which step brought it there', async () => {
    await bed.published(contractOf('1.0.0'), contractOf('1.1.0', { stage: 'draft' }));
    await bed.moved('1.1.0', 'pending_approval', 'approved', 'deprecated');
    const stages = [0, 1, 2, 3, 4, 5, 99].map((position) => stageAt('1.1.0', position));
    expect(stages).toEqual([
      undefined,
      undefined,
      'draft',
      'pending_approval',
      'approved',
      'deprecated',
      'deprecated',
    ]);
    expect(stageAt('1.0.0', 99)).toBe('approved');
    const id = { name: contractName, version: v('1.1.0') };
    expect(bed.contracts.find(DEFAULT_SCOPE, id, toPosition(4))).toMatchObject({
      position: 2,
      publisher: 'tester',
      staged: { position: 4, actor: 'tester', notes: 'now approved' },
      gate: { level: 'minor', comparedWith: ['1.0.0'] },
    });
    expect(bed.contracts.find(DEFAULT_SCOPE, id, toPosition(2))?.staged).toEqual({
      position: 2,
      time: expect.any(String),
      actor: 'tester',
    });
  });

  it('shows successor and sunset as long as it is deprecated', async () => {
    await bed.published(contractOf('1.0.0'), contractOf('2.0.0'));
    const id = { name: contractName, version: v('1.0.0') };
    const parting = { successor: '2.0.0', sunset: '2999-01-01T00:00:00.000Z' };
    const step = { ...id, to: 'deprecated', ...parting } as const;
    await changeContractStage(bed.commands, commandContext(), step);
    await bed.catchUp();
    expect(bed.contracts.find(DEFAULT_SCOPE, id, NEWEST)?.staged).toMatchObject(parting);
    await bed.moved('1.0.0', 'approved');
    expect(bed.contracts.find(DEFAULT_SCOPE, id, NEWEST)?.staged).not.toHaveProperty('sunset');
  });

  it('keeps the whole content, and where it was promoted from', async () => {
    const wit = [{ path: 'a.wit', text: 'package a:b;' }];
    const rest = { wit, descriptor: { a: [1, null] }, labels: { team: 'ü "x"' } };
    await bed.published(contractOf('1.0.0', rest));
    const scope = parseScope('default', 'stage');
    await promoteContract(
      bed.commands,
      { ...commandContext(), scope },
      { name: contractName, version: v('1.0.0'), fromEnvironment: parseEnvironment('dev') },
    );
    await bed.catchUp();
    const id = { name: contractName, version: v('1.0.0') };
    const found = bed.contracts.find(scope, id, NEWEST);
    expect(found?.promotion).toEqual({
      fromEnvironment: 'dev',
      fromPosition: 1,
      publisher: 'tester',
    });
    expect(found?.bundle).toEqual(bed.contracts.find(DEFAULT_SCOPE, id, NEWEST)?.bundle);
    expect(found?.bundle).toMatchObject(rest);
  });

  it('that was published by an event with a bundle alone is approved, by whoever sent it', async () => {
    const id = { name: contractName, version: v('v1') };
    const bundle = { ...id, description: 'old', fingerprint: sha256Of('{"description":"old"}') };
    const old = someEvent({ type: 'ContractPublished', data: { bundle }, actor: 'ada' });
    const subject = subjectOf({ scope: DEFAULT_SCOPE, kind: 'contract', id: contractName });
    await bed.log.append(subject, START, old);
    await bed.catchUp();
    expect(bed.contracts.find(DEFAULT_SCOPE, id, NEWEST)).toEqual({
      bundle,
      createdAt: old.metadata.time,
      position: 1,
      publisher: 'ada',
      gate: undefined,
      promotion: undefined,
      stage: 'approved',
      staged: { position: 1, time: old.metadata.time, actor: 'ada' },
      deprecated: undefined,
    });
    expect(
      bed.contracts.history(DEFAULT_SCOPE, { name: contractName, limit: 9, asOf: NEWEST }),
    ).toEqual([expect.objectContaining({ version: 'v1', level: undefined, gate: undefined })]);
    expect((await publish(bed.commands, contractOf('1'))).published.version).toBe('v2');
  });
});

describe('the state that decisions get', () => {
  it('is that of the log, without the content', async () => {
    await setCompatibilityMode(bed.commands, commandContext(), {
      name: contractName,
      mode: 'FULL',
    });
    await bed.published(contractOf('1.0.0'), contractOf('1.0.1'));
    await bed.moved('1.0.0', 'deprecated');
    const fresh = contractCommandsOn(bed.log).source;
    const at = [DEFAULT_SCOPE, contractName, commandContext().commandId] as const;
    const [view, folded] = await Promise.all([bed.commands.source.load(...at), fresh.load(...at)]);
    expect(view.aggregate).toMatchObject({ revision: 4, hash: folded.aggregate.hash });
    expect(view.aggregate.state.mode).toBe('FULL');
    const versions = [...folded.aggregate.state.versions].map(
      ([version, { bundle: _bundle, ...rest }]) => [version, rest],
    );
    expect([...view.aggregate.state.versions]).toEqual(versions);
  });

  it('is that of the log for a promoted version too, so that its first publisher does not approve it', async () => {
    const scope = parseScope('default', 'prod');
    const as = (actor: string) => ({ ...commandContext(), scope, actor });
    await publish(bed.commands, contractOf('1.0.0'), { ...commandContext(), actor: 'ada' });
    await bed.catchUp();
    await promoteContract(bed.commands, as('bob'), {
      name: contractName,
      version: v('1.0.0'),
      fromEnvironment: parseEnvironment('dev'),
    });
    await bed.catchUp();
    const at = [scope, contractName, commandContext().commandId] as const;
    const [view, folded] = await Promise.all([
      bed.commands.source.load(...at),
      contractCommandsOn(bed.log).source.load(...at),
    ]);
    const people = { publisher: 'bob', alsoPublishedBy: 'ada' };
    for (const { aggregate } of [view, folded])
      expect(aggregate.state.versions.get(v('1.0.0'))).toMatchObject(people);
    const approve = { name: contractName, version: v('1.0.0'), to: 'approved' } as const;
    for (const actor of ['ada', 'ADA', 'bob', 'Bob'])
      await expect(
        changeContractStage(bed.commands, as(actor), approve),
        actor,
      ).rejects.toMatchObject({ code: 'SELF_APPROVAL' });
    const { state } = await changeContractStage(bed.commands, as('grace'), approve);
    expect(state.versions.get(v('1.0.0'))?.stage).toBe('approved');
  });

  it('is enough to decide on: content comes from the catalog', async () => {
    await bed.published(contractOf('1.0.0'), contractOf('1.0.1'), contractOf('2.0.0'));
    const answer = await publish(bed.commands, contractOf('2.1.0'));
    expect(answer.published.version).toBe('2.1.0');
  });

  it('names the publisher, who may not approve it in production', async () => {
    const scope = parseScope('default', 'prod');
    const as = (actor: string) => ({ ...commandContext(), scope, actor });
    await publish(bed.commands, contractOf('1.0.0'), as('ada'));
    await bed.catchUp();
    const approve = { name: contractName, version: v('1.0.0'), to: 'approved' } as const;
    const own = changeContractStage(bed.commands, as('ada'), approve);
    await expect(own).rejects.toMatchObject({ code: 'SELF_APPROVAL' });
    const { state } = await changeContractStage(bed.commands, as('bob'), approve);
    expect(state.versions.get(v('1.0.0'))?.stage).toBe('approved');
  });

  it('holds thousands of versions', async () => {
    const subject = subjectOf({ scope: DEFAULT_SCOPE, kind: 'contract', id: contractName });
    const jsonSchema = schemaOf('x'.repeat(1_000));
    let revision = START;
    let previousHash: Parameters<typeof someEvent>[0] = {};
    for (let i = 0; i < 2_000; i += 1) {
      const bundle = { name: contractName, version: v(`1.${i}.0`), jsonSchema };
      const data = { bundle: { ...bundle, fingerprint: sha256Of(`${i}`) } };
      await bed.log.append(
        subject,
        revision,
        someEvent({ ...previousHash, type: 'ContractPublished', data }),
      );
      const [last] = await bed.log.readSubject(subject, revision);
      if (last === undefined) throw new Error('it is not there');
      revision = last.position;
      previousHash = { previousHash: last.hash };
    }
    await bed.catchUp();
    const startMs = performance.now();
    const { aggregate } = await bed.commands.source.load(
      DEFAULT_SCOPE,
      contractName,
      commandContext().commandId,
    );
    console.info(`2,000 versions loaded in ${(performance.now() - startMs).toFixed(1)} ms`);
    expect(aggregate.state.versions.size).toBe(2_000);
  });
});

describe('modes', () => {
  it('of a contract and of a scope are those of every position', async () => {
    const name = contractName;
    const { states } = bed.contracts;
    const policies = { env: bed.commands.env, log: bed.log, source: states.policies };
    await setCompatibilityMode(bed.commands, commandContext(), { name, mode: 'FULL' });
    await setDefaultCompatibilityMode(policies, commandContext(), { mode: 'NONE' });
    await bed.catchUp();
    await setCompatibilityMode(bed.commands, commandContext(), { name, mode: undefined });
    await setDefaultCompatibilityMode(policies, commandContext(), { mode: 'FORWARD' });
    await bed.catchUp();
    const seen = [0, 1, 2, 3, 4].map((at) => [
      states.mode(DEFAULT_SCOPE, name, toPosition(at)),
      states.defaultMode(DEFAULT_SCOPE, toPosition(at)),
    ]);
    expect(seen).toEqual([
      [undefined, undefined],
      ['FULL', undefined],
      ['FULL', 'NONE'],
      [undefined, 'NONE'],
      [undefined, 'FORWARD'],
    ]);
    expect(states.defaultMode(parseScope('default', 'prod'), NEWEST)).toBeUndefined();
    const at = [DEFAULT_SCOPE, 'compatibility', commandContext().commandId] as const;
    expect((await states.policies.load(...at)).aggregate).toMatchObject({
      state: { defaultMode: 'FORWARD' },
      revision: 4,
    });
  });

  it('that a contract has before its first version do not make it appear in lists', async () => {
    await setCompatibilityMode(bed.commands, commandContext(), {
      name: contractName,
      mode: 'FULL',
    });
    await bed.catchUp();
    expect(bed.contracts.list(DEFAULT_SCOPE, { after: undefined, limit: 9, asOf: NEWEST })).toEqual(
      [],
    );
    expect(bed.contracts.versions(DEFAULT_SCOPE, contractName, NEWEST)).toEqual([]);
    expect(bed.contracts.latest(DEFAULT_SCOPE, contractName, NEWEST)).toBeUndefined();
  });
});

describe('latest()', () => {
  it('is the highest approved version, and a pre-release only without any release', async () => {
    const draft = { stage: 'draft' } as const;
    await bed.published(
      contractOf('1', { v: '1.0.0-rc.1' }),
      contractOf('1.0', { v: '1.0.0-rc.2', ...draft }),
      contractOf('1.0.0', { v: '0.9.0' }),
      contractOf('2', { v: '2.0.0-rc.1' }),
      contractOf('2.0', { v: '1.9.0' }),
      contractOf('2.0.0', { v: '1.10.0' }),
    );
    const latest = (position: number) =>
      bed.contracts.latest(DEFAULT_SCOPE, contractName, toPosition(position))?.bundle.version;
    const seen = [0, 1, 2, 3, 4, 5, 6].map(latest);
    const rc = '1.0.0-rc.1';
    expect(seen).toEqual([undefined, rc, rc, '0.9.0', '0.9.0', '1.9.0', '1.10.0']);
    await bed.moved('1.10.0', 'deprecated');
    expect(latest(7)).toBe('1.9.0');
    expect(latest(6)).toBe('1.10.0');
  });
});
