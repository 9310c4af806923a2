/** How far a version of a job definition or of an action profile has come. */
export const JOB_STAGES = ['draft', 'pending_approval', 'active', 'retired'] as const;
export type JobStage = (typeof JOB_STAGES)[number];

// draft -> pending_approval -> active -> retired; what was never active may be retired at once.
const STEPS: Readonly<Record<JobStage, readonly JobStage[]>> = {
  draft: ['pending_approval', 'retired'],
  pending_approval: ['active', 'draft', 'retired'],
  active: ['retired'],
  retired: [],
};

/** Gives the stages that a version may take next; none for a retired one. */
export function nextJobStages(from: JobStage): readonly JobStage[] {
  return STEPS[from];
}
