import { describe, expect, it } from 'vitest';
import { checkContract } from '#commands/check-contract';
import type { PublishContract } from '#commands/publish-contract';
import { DEFAULT_SCOPE } from '#domain/scope';
import { memoryLog } from '#test/support/command-env';
import { contractCommandsOn, someRules } from '#test/support/contracts';
import { contractOf, publish } from '#test/support/publishing';
import { forSeeds } from '#test/support/seed';

describe('checkContract()', () => {
  it('says what publishing would come to, and writes nothing', async () => {
    const log = memoryLog();
    const commands = contractCommandsOn(log);
    await publish(commands, contractOf('1.0.0'));
    const check = async (command: PublishContract) =>
      await checkContract(commands, DEFAULT_SCOPE, command);
    expect(await check(contractOf('1.1.0'))).toMatchObject({
      outcome: 'publish',
      wouldPublish: true,
      version: '1.1.0',
      revision: 1,
      gate: { level: 'minor', comparedWith: ['1.0.0'] },
      report: { comparisons: [{ version: '1.0.0' }] },
    });
    expect(await check(contractOf('1.0.0'))).toEqual({
      outcome: 'existing',
      wouldPublish: false,
      version: '1.0.0',
      revision: 1,
    });
    expect(await check(contractOf('2.0.0', { v: '1.5.0' }))).toMatchObject({
      outcome: 'refused',
      wouldPublish: false,
      want: '2.0.0',
      refusal: { code: 'INCOMPATIBLE' },
      report: { level: 'major' },
    });
    expect(await check(contractOf('bad'))).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'INVALID_SCHEMA' },
      report: { faults: [{ rule: 'bad' }] },
    });
    expect((await log.head()).last).toBe(1);
  });

  it('agrees with the publication that follows it', async () => {
    await forSeeds(10, async (random) => {
      const commands = contractCommandsOn(memoryLog());
      for (let i = 0; i < 15; i += 1) {
        const title = random.pick(['1.0.0', '1.0.1', '1.1.0', '2.0.0', '?', 'bad']);
        const chosen = random.pick([undefined, '1.0.0', '1.1.0', '2.0.0', 'v3']);
        const command = contractOf(title, chosen === undefined ? {} : { v: chosen });
        const check = await checkContract(commands, DEFAULT_SCOPE, command);
        const outcome = await publish(commands, command).then(
          (answer) => answer.published.version,
          (error: { code: string }) => error.code,
        );
        expect(check.outcome === 'refused' ? check.refusal.code : check.version).toBe(outcome);
      }
    });
  });

  it('refuses a stage that a version may not begin in', async () => {
    const rules = { ...someRules, productionEnvironments: new Set(['dev']) };
    const commands = contractCommandsOn(memoryLog(), { rules });
    const check = await checkContract(
      commands,
      DEFAULT_SCOPE,
      contractOf('1', { stage: 'approved' }),
    );
    expect(check).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'ILLEGAL_TRANSITION', details: { legal: ['pending_approval', 'draft'] } },
    });
  });
});
