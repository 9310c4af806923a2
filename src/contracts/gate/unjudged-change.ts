import type { ContractChange } from '#contracts/gate/gate-report';

/** Names a difference whose weight is open still: only the mode decides whether it breaks something that is protected. */
export type UnjudgedChange = Omit<ContractChange, 'isBreaking'>;
