/** How far a version of a contract has come. */
export const CONTRACT_STAGES = [
  'draft',
  'pending_approval',
  'approved',
  'deprecated',
  'retired',
] as const;
export type ContractStage = (typeof CONTRACT_STAGES)[number];

// draft -> pending_approval -> approved <-> deprecated -> retired; what nobody relies on may be retired at once.
const STEPS: Readonly<Record<ContractStage, readonly ContractStage[]>> = {
  draft: ['pending_approval', 'retired'],
  pending_approval: ['approved', 'draft', 'retired'],
  approved: ['deprecated'],
  deprecated: ['approved', 'retired'],
  retired: [],
};

/** Gives the stages that a version may take next; none for a retired one. */
export function nextStages(from: ContractStage): readonly ContractStage[] {
  return STEPS[from];
}
