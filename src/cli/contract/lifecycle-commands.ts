import type { Command } from 'commander';
import type { CommandHost } from '#cli/command/command-host';
import { EXIT, runToExit } from '#cli/command/exit-code';
import { printable } from '#cli/command/printable';
import { addTargetOptions, type TargetFlags } from '#cli/command/target-options';
import { ContractRegistry, connectScope } from '#cli/contract/contract-registry';
import { failedJudgement } from '#cli/contract/judgement';
import { humanReport } from '#cli/contract/report/human-report';
import { explain } from '#cli/manual/manual-command';

interface StageFlags extends TargetFlags {
  readonly notes?: string;
  readonly successor?: string;
  readonly sunset?: string;
}

interface PromoteFlags extends TargetFlags {
  readonly to: string;
  readonly notes?: string;
  readonly overrideReason?: string;
}

const STAGE_MANUAL = {
  about: `Versions go from draft through pending_approval to approved, then deprecated and retired. Who has proposed a version
cannot approve it where the registry knows who asks.`,
  examples: [
    'atlas-registry contract stage orders.created v2 approved --notes "reviewed"',
    'atlas-registry contract stage orders.created v1 deprecated --successor v2 --sunset 2026-12-31T00:00:00Z',
  ],
  exits: { [EXIT.refused]: 'refused: a step that is not allowed, or not to you' },
  seeAlso: ['docs/contracts.md'],
};
const PROMOTE_MANUAL = {
  about:
    'The other environment judges it by its own rules and versions, as if it were published there by hand.',
  examples: ['atlas-registry contract promote orders.created v2 --environment dev --to prod'],
  exits: { [EXIT.refused]: 'the other environment refuses it' },
};

/** Adds the commands that move a version on: `stage` and `promote`. */
export function addLifecycleCommands(group: Command, host: CommandHost): void {
  const stage = group
    .command('stage')
    .description('Move a version to another stage.')
    .argument('<name>', 'the contract')
    .argument('<version>', 'such as v2')
    .argument('<stage>', 'draft, pending_approval, approved, deprecated or retired')
    .option('--notes <text>', 'why')
    .option('--successor <version>', 'what to use instead of a deprecated version')
    .option('--sunset <time>', 'when a deprecated version ends, RFC 3339');
  explain(stage, STAGE_MANUAL);
  addTargetOptions(stage).action(
    async (...[name, version, to, flags]: readonly [string, string, string, StageFlags]) =>
      runToExit(host, async (signal) => {
        const { notes, successor, sunset } = flags;
        const registry = new ContractRegistry(connectScope(flags, signal));
        const body = { stage: to, notes, successor, sunset };
        const answer = await registry.setStage(name, version, body);
        const text = `${answer.name} ${answer.version} is ${answer.stage}`;
        host.out.write(
          `${flags.json === true ? printable(JSON.stringify(answer)) : printable(text)}\n`,
        );
        return EXIT.ok;
      }),
  );
  const promote = group
    .command('promote')
    .description('Publish a version of this environment in another one of the same tenant.')
    .argument('<name>', 'the contract')
    .argument('<version>', 'such as v2')
    .requiredOption('--to <environment>', 'where it is published')
    .option('--notes <text>', 'why')
    .option('--override-reason <text>', 'why it may pass where nothing is proved');
  explain(promote, PROMOTE_MANUAL);
  addTargetOptions(promote).action(async (name: string, version: string, flags: PromoteFlags) =>
    runToExit(host, async (signal) => {
      const { to: toEnvironment, notes, overrideReason: reason } = flags;
      const registry = new ContractRegistry(connectScope(flags, signal));
      const override = reason === undefined ? undefined : { reason };
      try {
        const answer = await registry.promote(name, version, { toEnvironment, notes, override });
        const verb = answer.status === 'created' ? 'promoted to' : 'is in';
        const stage = answer.stage === undefined ? '' : `, stage ${answer.stage}`;
        const text = `${answer.name} ${answer.version} ${verb} ${toEnvironment}${stage}`;
        host.out.write(
          `${flags.json === true ? printable(JSON.stringify(answer)) : printable(text)}\n`,
        );
        return EXIT.ok;
      } catch (error) {
        const judgement = failedJudgement(name, error);
        // A refusal of the other environment's gate has the same to tell as one of a publication.
        if (judgement.exitCode !== EXIT.refused) throw error;
        host.err.write(humanReport([judgement], host));
        return EXIT.refused;
      }
    }),
  );
}
