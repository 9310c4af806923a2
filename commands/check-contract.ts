import { firstStage } from '#commands/first-contract-stage';
import { PublicationPlanner, type PublicationPorts } from '#commands/plan-publication';
import { candidateOf, type PublishContract } from '#commands/publish-contract';
import type { GateReport } from '#contracts/gate/gate-report';
import type { AggregateSource } from '#domain/aggregate';
import type { ContractState } from '#domain/contract';
import type { RecordedGate } from '#domain/contract-gate';
import type { ContractVersion } from '#domain/contract-name';
import type { RegistryError } from '#domain/errors';
import type { CommandId } from '#domain/event';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';

/** What checking needs: no log, because nothing is written. */
export interface ContractChecks extends PublicationPorts {
  readonly source: AggregateSource<ContractState>;
}

/** What publishing would come to. */
export type ContractCheck = {
  /** The position of the newest event of the contract that was looked at. */
  readonly revision: Position;
  readonly wouldPublish: boolean;
  /** What the gate found; absent when it was not asked. */
  readonly report?: GateReport;
} & (
  | { readonly outcome: 'existing'; readonly version: ContractVersion }
  | { readonly outcome: 'publish'; readonly version: ContractVersion; readonly gate: RecordedGate }
  | {
      readonly outcome: 'refused';
      readonly refusal: RegistryError;
      /** The smallest right version, where the wanted one promises too much. */
      readonly want?: ContractVersion;
    }
);

// Nobody sends a command under this id: the view is asked for the state alone.
const NO_COMMAND = '' as CommandId;

/**
 * Says what publishing would come to and writes nothing. It looks at the node's own view, which may be behind the log; the
 * publication itself decides anew.
 * @throws INVALID_REQUEST for malformed parts, and what the ports throw
 */
export async function checkContract(
  checks: ContractChecks,
  scope: Scope,
  command: PublishContract,
): Promise<ContractCheck> {
  const candidate = { ...candidateOf(command), isExplained: true };
  const { aggregate } = await checks.source.load(scope, candidate.name, NO_COMMAND);
  const { state, revision } = aggregate;
  const plan = await new PublicationPlanner(checks, scope, candidate).plan(state);
  switch (plan.kind) {
    case 'existing':
      return { revision, wouldPublish: false, outcome: 'existing', version: plan.version };
    case 'publish': {
      const { bundle, gate, report } = plan;
      const isProduction = checks.rules.productionEnvironments.has(scope.environment);
      const stage = firstStage(candidate.name, command.stage, isProduction);
      if (typeof stage !== 'string')
        return { revision, wouldPublish: false, report, outcome: 'refused', refusal: stage };
      const { version } = bundle;
      return { revision, wouldPublish: true, report, outcome: 'publish', version, gate };
    }
    case 'refused': {
      const { error: refusal, report, want } = plan;
      return {
        revision,
        wouldPublish: false,
        ...(report === undefined ? {} : { report }),
        outcome: 'refused',
        refusal,
        ...(want === undefined ? {} : { want }),
      };
    }
    default:
      return plan satisfies never;
  }
}
