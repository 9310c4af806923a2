import { describe, expect, it } from 'vitest';
import type { ContractCommands, PublishContract } from '#commands/publish-contract';
import { setCompatibilityMode } from '#commands/set-compatibility-mode';
import type { CompatibilityMode } from '#domain/contract-gate';
import { parseContractName } from '#domain/contract-name';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { commandContext, memoryLog } from '#test/support/command-env';
import { contractCommandsOn, fakeGate, schemaOf } from '#test/support/contracts';
import { codeOf, contractName, contractOf, publicationOf, publish } from '#test/support/publishing';

async function setMode(commands: ContractCommands, mode: CompatibilityMode): Promise<void> {
  await setCompatibilityMode(commands, commandContext(), { name: contractName, mode });
}

describe('publishContract()', () => {
  it('computes versions from what changes, and keeps what the gate has said in the event', async () => {
    const commands = contractCommandsOn(memoryLog());
    const versions: string[] = [];
    for (const title of ['1.0.0', '1.0.1', '1.1.0', '2.0.0'])
      versions.push((await publish(commands, contractOf(title))).published.version);
    expect(versions).toEqual(['1.0.0', '1.0.1', '1.1.0', '2.0.0']);
    const data = publicationOf(await publish(commands, contractOf('2.1.0')));
    expect(data).toMatchObject({
      bundle: { name: contractName, version: '2.1.0', jsonSchema: schemaOf('2.1.0') },
      publisher: 'tester',
      stage: 'approved',
      gate: { mode: 'BACKWARD', level: 'minor', comparedWith: ['2.0.0'], changesOmitted: 0 },
    });
    expect(data.gate?.changes).toEqual([
      {
        rule: 'title-changed',
        part: 'jsonSchema',
        message: 'Title went from "2.0.0" to "2.1.0"',
        breaks: [],
        isBreaking: false,
        isFeature: true,
      },
    ]);
  });

  it('publishes a version once: the same content changes nothing, other content is refused', async () => {
    const log = memoryLog();
    const commands = contractCommandsOn(log);
    const first = await publish(commands, contractOf('1.0.0', { v: '1.0.0' }));
    const spaced = { ...contractOf('', { v: '1.0.0' }), jsonSchema: '{\n "title" : "1.0.0" }' };
    const same = await publish(commands, spaced);
    expect(same).toMatchObject({ recorded: undefined, published: { version: '1.0.0' } });
    expect(same.published.publishedAt).toBe(first.recorded?.time);
    const other = publish(commands, contractOf('1.0.1', { v: '1.0.0' }));
    await expect(other).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      outcome: 'not-applied',
      details: { have: first.published.fingerprint },
    });
    expect((await log.head()).last).toBe(1);
  });

  it('answers the highest version when its content comes again without a version', async () => {
    const log = memoryLog();
    const commands = contractCommandsOn(log);
    await publish(commands, contractOf('1.0.0'));
    await publish(commands, contractOf('1.1.0'));
    const again = await publish(commands, contractOf('1.1.0'));
    expect(again).toMatchObject({ recorded: undefined, published: { version: '1.1.0' } });
    // What only an older version says is a new version again.
    expect((await publish(commands, contractOf('1.0.0'))).published.version).toBe('1.2.0');
  });

  it('refuses a version that promises too much, naming the right one and what broke', async () => {
    const commands = contractCommandsOn(memoryLog());
    await publish(commands, contractOf('1.0.0'));
    await expect(publish(commands, contractOf('2.0.0', { v: '1.1.0' }))).rejects.toMatchObject({
      code: 'INCOMPATIBLE',
      outcome: 'not-applied',
      details: {
        version: '1.1.0',
        want: '2.0.0',
        mode: 'BACKWARD',
        level: 'major',
        comparisons: [{ version: '1.0.0', isCompatible: false }],
        comparisonsOmitted: 0,
      },
    });
    const right = await publish(commands, contractOf('2.0.0', { v: '2.0.0' }));
    expect(publicationOf(right).gate?.level).toBe('major');
  });

  it('refuses content with faults, also where the schema is no JSON, with every fault', async () => {
    const log = memoryLog();
    const commands = contractCommandsOn(log);
    for (const jsonSchema of [schemaOf('bad'), '{', '\uD800', '"\\uD800"']) {
      const answer = publish(commands, { name: contractName, jsonSchema });
      await expect(answer, jsonSchema).rejects.toMatchObject({
        code: 'INVALID_SCHEMA',
        details: { faults: [{ rule: 'bad', message: 'It is bad' }], warnings: [] },
      });
    }
    expect((await log.head()).last).toBe(0);
  });

  it('refuses by itself what no gate finds fault with and cannot be read', async () => {
    const silent = {
      faults: [],
      warnings: [],
      comparisons: [],
      level: 'none',
      isCutShort: false,
    } as const;
    const commands = contractCommandsOn(memoryLog(), { gate: { judge: async () => silent } });
    expect(await codeOf(publish(commands, { name: contractName, jsonSchema: '{' }))).toBe(
      'INVALID_SCHEMA',
    );
  });

  it('holds the mode of the contract, then of the scope, then of the registry', async () => {
    const seen: string[] = [];
    const gate = fakeGate();
    const commands = contractCommandsOn(memoryLog(), {
      gate,
      modes: { defaultMode: async () => 'FORWARD' },
    });
    const modeOfLast = () => seen.push(gate.jobs.at(-1)?.mode ?? 'none');
    await publish(commands, contractOf('1.0.0'));
    modeOfLast();
    await setMode(commands, 'FULL');
    await publish(commands, contractOf('1.0.1'));
    modeOfLast();
    const modes = { defaultMode: async () => undefined };
    await publish({ ...commands, modes }, { ...contractOf('1.0.0'), name: parseContractName('x') });
    modeOfLast();
    expect(seen).toEqual(['FORWARD', 'FULL', 'BACKWARD']);
  });

  it('compares with every release of the line in a transitive mode', async () => {
    const gate = fakeGate();
    const commands = contractCommandsOn(memoryLog(), { gate });
    await setMode(commands, 'NONE');
    // Back to what 1.0.0 was, over something that breaks it.
    for (const [title, v] of [
      ['1.0.0', '1.0.0'],
      ['2.0.0', '1.1.0'],
      ['2.0.1', '1.1.1'],
    ] as const)
      await publish(commands, contractOf(title, { v }));
    await setMode(commands, 'BACKWARD_TRANSITIVE');
    await expect(publish(commands, contractOf('2.0.2', { v: '1.1.2' }))).rejects.toMatchObject({
      code: 'INCOMPATIBLE',
      details: { want: '2.0.0', comparisons: [{ version: '1.0.0' }] },
    });
    expect(gate.jobs.at(-1)?.predecessors.map(({ version }) => version)).toEqual([
      '1.1.1',
      '1.1.0',
      '1.0.0',
    ]);
    await setMode(commands, 'BACKWARD');
    expect((await publish(commands, contractOf('2.0.2'))).published.version).toBe('1.1.2');
  });

  it('records an override that was needed with its reason, and no other', async () => {
    const commands = contractCommandsOn(memoryLog());
    const override = { reason: 'I have looked' };
    const first = await publish(commands, contractOf('?', { override }));
    expect(publicationOf(first).gate).not.toHaveProperty('override');
    const plain = contractOf('?', { description: 'd', v: '1.1.0' });
    expect(await codeOf(publish(commands, plain))).toBe('INCOMPATIBLE');
    const vouched = await publish(commands, { ...plain, override });
    expect(publicationOf(vouched).gate).toMatchObject({ level: 'minor', override });
  });

  it('lets no override pass what is proved to be incompatible', async () => {
    const commands = contractCommandsOn(memoryLog());
    await publish(commands, contractOf('1.0.0'));
    const forced = contractOf('2.0.0', { v: '1.1.0', override: { reason: 'please' } });
    expect(await codeOf(publish(commands, forced))).toBe('INCOMPATIBLE');
  });

  it('halts on a predecessor whose content is not what its event says', async () => {
    const log = memoryLog();
    const commands = contractCommandsOn(log);
    await publish(commands, contractOf('1.0.0'));
    const { aggregate } = await commands.source.load(
      DEFAULT_SCOPE,
      contractName,
      commandContext().commandId,
    );
    // As a view gives it: without content.
    const versions = new Map(
      [...aggregate.state.versions].map(([key, { bundle: _bundle, ...rest }]) => [key, rest]),
    );
    const loaded = { aggregate: { ...aggregate, state: { versions, mode: undefined } } };
    const source = { load: async () => ({ ...loaded, remembered: undefined }) };
    const fine = await publish({ ...commands, source }, contractOf('1.0.1'));
    expect(fine.published.version).toBe('1.0.1');
    const wrong = {
      ...commands,
      source,
      contents: { find: async () => undefined },
    };
    expect(await codeOf(publish(wrong, contractOf('1.5.0', { v: '9.0.0' })))).toBe('CORRUPT_EVENT');
  });
});

describe('the first stage of a version', () => {
  const prod = parseScope('default', 'prod');
  const stageIn = async (scope: typeof prod, stage?: PublishContract['stage']) => {
    const commands = contractCommandsOn(memoryLog());
    const wanted = stage === undefined ? contractOf('1') : contractOf('1', { stage });
    const answer = await publish(commands, wanted, { ...commandContext(), scope });
    return answer.published.stage;
  };

  it('is approved, and awaiting approval in production; either may begin as a draft', async () => {
    expect(await stageIn(DEFAULT_SCOPE)).toBe('approved');
    expect(await stageIn(prod)).toBe('pending_approval');
    for (const scope of [DEFAULT_SCOPE, prod]) {
      expect(await stageIn(scope, 'draft')).toBe('draft');
      expect(await stageIn(scope, 'pending_approval')).toBe('pending_approval');
    }
    expect(await stageIn(DEFAULT_SCOPE, 'approved')).toBe('approved');
  });

  it('is never approved in production, and nowhere deprecated or retired', async () => {
    expect(await codeOf(stageIn(prod, 'approved'))).toBe('ILLEGAL_TRANSITION');
    for (const scope of [DEFAULT_SCOPE, prod]) {
      for (const stage of ['deprecated', 'retired'] as const)
        expect(await codeOf(stageIn(scope, stage))).toBe('ILLEGAL_TRANSITION');
    }
  });
});

describe('a check that runs out of time', () => {
  it('publishes nothing and is to be tried again: no version hangs on how busy a node is', async () => {
    const log = memoryLog();
    const late = {
      faults: [],
      warnings: [],
      comparisons: [],
      level: 'none',
      isCutShort: true,
    } as const;
    const commands = contractCommandsOn(log, { gate: { judge: async () => late } });
    const sent = publish(commands, { name: contractName, jsonSchema: schemaOf('1.0.0') });
    expect(await codeOf(sent)).toBe('OVERLOADED');
    expect((await log.head()).last).toBe(0);
  });
});
