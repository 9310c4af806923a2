import { describe, expect, it } from 'vitest';
import { decideSetCompatibilityMode, setCompatibilityMode } from '#commands/set-compatibility-mode';
import {
  decideSetDefaultCompatibilityMode,
  setDefaultCompatibilityMode,
} from '#commands/set-default-compatibility-mode';
import { contractEvolution } from '#domain/contract';
import { COMPATIBILITY_MODES } from '#domain/contract-gate';
import { parseContractName } from '#domain/contract-name';
import { contractPolicyEvolution } from '#domain/contract-policy';
import { commandContext, freshSource, memoryLog } from '#test/support/command-env';
import { contractCommandsOn } from '#test/support/contracts';

describe('the mode of a contract', () => {
  it('is set to any mode and back; what is so already changes nothing', () => {
    const { initial } = contractEvolution;
    expect(decideSetCompatibilityMode(initial, { mode: undefined })).toEqual({ kind: 'unchanged' });
    for (const mode of COMPATIBILITY_MODES) {
      const event = { type: 'CompatibilityModeSet', data: { mode } } as const;
      expect(decideSetCompatibilityMode(initial, { mode })).toEqual({ kind: 'append', event });
      const state = contractEvolution.evolve(initial, event, '');
      expect(decideSetCompatibilityMode(state, { mode })).toEqual({ kind: 'unchanged' });
      expect(decideSetCompatibilityMode(state, { mode: undefined })).toMatchObject({
        event: { data: { mode: null } },
      });
    }
  });

  it('may be set before the first version, on the subject of the contract', async () => {
    const log = memoryLog();
    const name = parseContractName('a.b');
    const commands = contractCommandsOn(log);
    await setCompatibilityMode(commands, commandContext(), { name, mode: 'FULL' });
    const same = await setCompatibilityMode(commands, commandContext(), { name, mode: 'FULL' });
    expect(same).toMatchObject({ recorded: undefined, state: { mode: 'FULL' }, position: 1 });
    expect((await log.head()).last).toBe(1);
  });
});

describe('the mode of a scope', () => {
  it('is set to any mode and back; what is so already changes nothing', () => {
    const { initial } = contractPolicyEvolution;
    const decide = decideSetDefaultCompatibilityMode;
    expect(decide(initial, { mode: undefined })).toEqual({ kind: 'unchanged' });
    for (const mode of COMPATIBILITY_MODES) {
      const state = { defaultMode: mode };
      expect(decide(initial, { mode })).toMatchObject({ event: { data: { mode } } });
      expect(decide(state, { mode })).toEqual({ kind: 'unchanged' });
      expect(decide(state, { mode: undefined })).toMatchObject({ event: { data: { mode: null } } });
    }
  });

  it('is one aggregate for a scope, and gives a retry the first answer', async () => {
    const log = memoryLog();
    const source = freshSource(log, 'contract-policy', contractPolicyEvolution);
    const policies = { env: contractCommandsOn(log).env, log, source };
    const context = commandContext('key');
    const first = await setDefaultCompatibilityMode(policies, context, { mode: 'FULL' });
    await setDefaultCompatibilityMode(policies, commandContext(), { mode: 'NONE' });
    const again = await setDefaultCompatibilityMode(policies, context, { mode: 'FULL' });
    expect(again).toMatchObject({ replayed: true, position: first.position });
    expect((await log.head()).last).toBe(2);
  });
});
