import type { ContractChecks } from '#commands/check-contract';
import { openContractGate } from '#compose/contract-gate';
import type { Setup } from '#compose/setup';
import type { Views } from '#compose/views';
import { NEWEST } from '#domain/position';

/** Gives what judges contracts: the gate, and what the node's own view knows of versions and modes. */
export function openContractChecks(setup: Setup, { catalog }: Views): ContractChecks {
  const { config } = setup;
  // Asked for each time: another object after the view was opened anew.
  const contracts = () => catalog.reader.contracts;
  return {
    gate: openContractGate(setup),
    source: { load: async (...at) => contracts().states.load(...at) },
    contents: {
      find: async (scope, name, version) => contracts().find(scope, { name, version }, NEWEST),
    },
    modes: { defaultMode: async (scope) => contracts().states.defaultMode(scope, NEWEST) },
    rules: {
      defaultMode: config.compatibilityMode,
      productionEnvironments: new Set(config.productionEnvironments),
      assertsFormats: config.assertsFormats,
      stepsMax: config.gateStepsMax,
      comparisonsMax: config.gateComparisonsMax,
    },
  };
}
