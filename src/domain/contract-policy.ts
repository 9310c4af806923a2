import type { Evolution } from '#domain/aggregate';
import type { CompatibilityMode } from '#domain/contract-gate';
import { unknownEventType } from '#domain/upcast';

/** The id of the one policy that a scope has. */
export const CONTRACT_POLICY_ID = 'compatibility';

/** What holds for all contracts of a scope. */
export interface ContractPolicyState {
  readonly defaultMode: CompatibilityMode | undefined;
}

export type ContractPolicyEvent = {
  readonly type: 'DefaultCompatibilityModeSet';
  /** `null`: back to the default of the registry. */
  readonly data: { readonly mode: CompatibilityMode | null };
};

/** How the policy of a scope changes: the last word counts. */
export const contractPolicyEvolution: Evolution<ContractPolicyState, ContractPolicyEvent> = {
  initial: { defaultMode: undefined },
  evolve(_, event) {
    return { defaultMode: event.data.mode ?? undefined };
  },
  parse(event) {
    if (event.type !== 'DefaultCompatibilityModeSet') {
      throw unknownEventType('contract-policy', event.type);
    }
    return event as unknown as ContractPolicyEvent;
  },
};
