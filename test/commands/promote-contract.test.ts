import { describe, expect, it } from 'vitest';
import { changeContractStage } from '#commands/change-contract-stage';
import { promoteContract } from '#commands/promote-contract';
import { type ContractCommands, publishContract } from '#commands/publish-contract';
import { setDefaultCompatibilityMode } from '#commands/set-default-compatibility-mode';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import { contractPolicyEvolution } from '#domain/contract-policy';
import { parseEnvironment, parseScope } from '#domain/scope';
import { commandContext, freshSource, memoryLog } from '#test/support/command-env';
import { contractCommandsOn, fakeGate, schemaOf } from '#test/support/contracts';

const name = parseContractName('a.b');
const version = parseContractVersion('1.0.0');
const dev = parseScope('acme', 'dev');
const prod = parseScope('acme', 'prod');
const fromEnvironment = parseEnvironment('dev');
const labels = { team: 'a' };

function inScope(scope: typeof dev, key?: string) {
  return { ...commandContext(key), scope };
}

async function publishIn(
  commands: ContractCommands,
  scope: typeof dev,
  { v = '1.0.0', title = '1.0.0' } = {},
) {
  return await publishContract(commands, inScope(scope), {
    name,
    version: parseContractVersion(v),
    description: 'What it is',
    jsonSchema: schemaOf(title),
    labels,
  });
}

async function promote(commands: ContractCommands, rest: object = {}, key?: string) {
  const command = { name, version, fromEnvironment, ...rest };
  return await promoteContract(commands, inScope(prod, key), command);
}

describe('promoteContract()', () => {
  it('publishes the same content with the same digest, and says where it came from', async () => {
    const log = memoryLog();
    const commands = contractCommandsOn(log);
    await publishIn(commands, prod, { v: '0.1.0', title: '0' });
    const source = await publishIn(commands, dev);
    const answer = await promote(commands, { notes: 'for the release' });
    expect(answer.published).toMatchObject({
      fingerprint: source.published.fingerprint,
      stage: 'pending_approval',
    });
    expect(answer.recorded?.event.data).toMatchObject({
      bundle: { name, version, jsonSchema: schemaOf('1.0.0'), labels },
      promotion: {
        fromEnvironment: 'dev',
        fromPosition: 2,
        publisher: 'tester',
        notes: 'for the release',
      },
      gate: { comparedWith: ['0.1.0'], level: 'major' },
    });
    const again = await promote(commands);
    expect(again).toMatchObject({ recorded: undefined, published: answer.published });
    expect((await log.head()).last).toBe(3);
  });

  it('passes the gate with the versions and the mode of where it goes', async () => {
    const log = memoryLog();
    const gate = fakeGate();
    const commands = contractCommandsOn(log, { gate });
    const source = freshSource(log, 'contract-policy', contractPolicyEvolution);
    const policies = { env: commands.env, log, source };
    await setDefaultCompatibilityMode(policies, inScope(prod), { mode: 'FULL' });
    await publishIn(commands, dev);
    await publishIn(commands, prod, { v: '0.9.0', title: '1.1.0' });
    expect(await promote(commands)).toMatchObject({ published: { version } });
    expect(gate.jobs.at(-1)).toMatchObject({
      mode: 'FULL',
      predecessors: [{ version: '0.9.0' }],
    });
    const later = parseContractVersion('1.1.0');
    await publishIn(commands, dev, { v: '1.1.0', title: '1.5.0' });
    await expect(promote(commands, { version: later })).rejects.toMatchObject({
      code: 'INCOMPATIBLE',
      details: { mode: 'FULL', want: '2.0.0' },
    });
  });

  it('refuses what is not there, or not approved there', async () => {
    const commands = contractCommandsOn(memoryLog());
    await expect(promote(commands)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    // Another tenant has it, which is no source.
    await publishIn(commands, parseScope('other', 'dev'));
    await expect(promote(commands)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const draft = { name, version, jsonSchema: schemaOf('1'), stage: 'draft' } as const;
    await publishContract(commands, inScope(dev), draft);
    const step = async (to: 'pending_approval' | 'approved' | 'deprecated' | 'retired') =>
      await changeContractStage(commands, inScope(dev), { name, version, to });
    const refused = { code: 'ILLEGAL_TRANSITION', details: { from: 'draft' } };
    await expect(promote(commands)).rejects.toMatchObject(refused);
    await step('pending_approval');
    await expect(promote(commands)).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    await step('approved');
    await step('deprecated');
    expect((await promote(commands)).published.version).toBe(version);
    await step('retired');
    await expect(promote(commands)).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
  });

  it('refuses other content under the same version', async () => {
    const commands = contractCommandsOn(memoryLog());
    await publishIn(commands, dev);
    await publishIn(commands, prod, { title: '1.0.1' });
    await expect(promote(commands)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  });

  it('refuses to go where it comes from, and to be approved in production at once', async () => {
    const commands = contractCommandsOn(memoryLog());
    await publishIn(commands, dev);
    const same = promote(commands, { fromEnvironment: parseEnvironment('prod') });
    await expect(same).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    const approved = promote(commands, { stage: 'approved' });
    await expect(approved).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
  });

  it('lets neither who published nor who promoted approve in production', async () => {
    const log = memoryLog();
    const commands = contractCommandsOn(log);
    const as = (actor: string, scope: typeof dev) => ({ ...inScope(scope), actor });
    const content = { name, version, jsonSchema: schemaOf('1') };
    await publishContract(commands, as('ada', dev), content);
    const wanted = { name, version, fromEnvironment };
    const { published } = await promoteContract(commands, as('bob', prod), wanted);
    expect(published).toMatchObject({ publisher: 'bob', alsoPublishedBy: 'ada' });
    const approve = { name, version, to: 'approved' } as const;
    for (const actor of ['ada', 'Ada', 'bob', 'BOB'])
      await expect(
        changeContractStage(commands, as(actor, prod), approve),
        actor,
      ).rejects.toMatchObject({ code: 'SELF_APPROVAL', outcome: 'not-applied' });
    expect((await log.head()).last).toBe(2);
    const { state } = await changeContractStage(commands, as('carol', prod), approve);
    expect(state.versions.get(version)?.stage).toBe('approved');
  });

  it('wants what it refers to where it goes', async () => {
    const commands = contractCommandsOn(memoryLog());
    const base = parseContractName('base');
    const content = { version, jsonSchema: schemaOf('1') };
    await publishContract(commands, inScope(dev), { ...content, name: base });
    const references = [{ uri: 'urn:base', name: base, version }];
    await publishContract(commands, inScope(dev), { ...content, name, references });
    await expect(promote(commands)).rejects.toMatchObject({ code: 'INVALID_SCHEMA' });
    await promoteContract(commands, inScope(prod), { name: base, version, fromEnvironment });
    expect((await promote(commands)).published.version).toBe(version);
  });

  it('gives a retry the first answer, although the source is retired by now', async () => {
    const commands = contractCommandsOn(memoryLog());
    await publishIn(commands, dev);
    const first = await promote(commands, {}, 'key');
    for (const to of ['deprecated', 'retired'] as const)
      await changeContractStage(commands, inScope(dev), { name, version, to });
    const again = await promote(commands, {}, 'key');
    expect(again).toMatchObject({ replayed: true, position: first.position });
  });
});
