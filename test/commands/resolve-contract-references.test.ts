import { describe, expect, it } from 'vitest';
import type { ContractCommands } from '#commands/publish-contract';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import { parseScope } from '#domain/scope';
import { commandContext, memoryLog } from '#test/support/command-env';
import { contractCommandsOn, fakeGate, schemaOf } from '#test/support/contracts';
import { codeOf, contractOf, publish } from '#test/support/publishing';

describe('references', () => {
  const other = parseContractName('other');
  const one = parseContractVersion('1.0.0');
  const reference = { uri: 'urn:other', name: other, version: one };

  it('are given to the gate with all that they lead to', async () => {
    const gate = fakeGate();
    const commands = contractCommandsOn(memoryLog(), { gate });
    const base = parseContractName('base');
    await publish(commands, { ...contractOf('1'), name: base });
    const far = { uri: 'urn:base', name: base, version: one };
    await publish(commands, { ...contractOf('2', { references: [far] }), name: other });
    await publish(commands, contractOf('3', { references: [reference] }));
    expect(gate.jobs.at(-1)?.candidate.references).toEqual([
      { uri: 'urn:other', jsonSchema: schemaOf('2') },
      { uri: 'urn:base', jsonSchema: schemaOf('1') },
    ]);
    await publish(commands, contractOf('3.1', { references: [reference] }));
    expect(gate.jobs.at(-1)?.predecessors[0]?.content.references).toHaveLength(2);
  });

  it('that are not published, or only in another scope, are a fault', async () => {
    const commands = contractCommandsOn(memoryLog());
    const elsewhere = { ...commandContext(), scope: parseScope('acme', 'dev') };
    await publish(commands, { ...contractOf('1'), name: other }, elsewhere);
    const answer = publish(commands, contractOf('3', { references: [reference] }));
    await expect(answer).rejects.toMatchObject({
      code: 'INVALID_SCHEMA',
      details: { faults: [{ rule: 'reference-missing', part: 'references' }] },
    });
  });

  it('to a version that is retired are a fault, and were none when they were published before', async () => {
    const commands = contractCommandsOn(memoryLog());
    const { contents } = commands;
    await publish(commands, { ...contractOf('1'), name: other });
    await publish(commands, contractOf('3', { references: [reference] }));
    const retired: ContractCommands = {
      ...commands,
      contents: {
        find: async (...at) => {
          const found = await contents.find(...at);
          return found === undefined ? undefined : { ...found, stage: 'retired' };
        },
      },
    };
    const again = contractOf('3.1', { references: [reference] });
    expect(await codeOf(publish(retired, again))).toBe('INVALID_SCHEMA');
    expect((await publish(retired, contractOf('3.1'))).published.version).toBe('1.1.0');
  });

  it('that give two contracts one URI are a fault', async () => {
    const commands = contractCommandsOn(memoryLog());
    const [a, b, c] = ['a', 'b', 'c'].map(parseContractName);
    if (a === undefined || b === undefined || c === undefined) throw new Error('no names');
    for (const each of [a, b]) await publish(commands, { ...contractOf('1'), name: each });
    const hidden = { uri: 'urn:x', name: a, version: one };
    await publish(commands, { ...contractOf('2', { references: [hidden] }), name: c });
    const references = [
      { uri: 'urn:c', name: c, version: one },
      { uri: 'urn:x', name: b, version: one },
    ];
    await expect(publish(commands, contractOf('3', { references }))).rejects.toMatchObject({
      details: { faults: [{ rule: 'reference-ambiguous' }] },
    });
  });
});
