import { CONTRACT_STAGES, nextStages } from '#domain/contract-stage';
import { JOB_RUN_STEPS, JOB_STATUSES } from '#domain/job-run-step';
import { JOB_STAGES, nextJobStages } from '#domain/job-stage';

/** What something can be, and what it can become. */
export type StateMachine = {
  readonly name: string;
  /** Where it can begin. */
  readonly initial: readonly string[];
  /** By each state, those that may follow; none for one that is final. */
  readonly steps: Readonly<Record<string, readonly string[]>>;
};

/** All state machines of the registry, from the tables by which commands decide. */
export const STATE_MACHINES: readonly StateMachine[] = [
  {
    name: 'contract-version',
    initial: ['draft', 'pending_approval', 'approved'],
    steps: Object.fromEntries(CONTRACT_STAGES.map((stage) => [stage, nextStages(stage)])),
  },
  {
    name: 'definition-version',
    initial: ['draft'],
    steps: Object.fromEntries(JOB_STAGES.map((stage) => [stage, nextJobStages(stage)])),
  },
  {
    name: 'job-run',
    initial: ['pending', 'running'],
    steps: Object.fromEntries(JOB_STATUSES.map((status) => [status, JOB_RUN_STEPS[status]])),
  },
];
