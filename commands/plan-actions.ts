import type { JobDefinitions, WantedVersion } from '#commands/job-ports';
import type { Action } from '#domain/action-parameters';
import type { ContractVersion } from '#domain/contract-name';
import type { ActionProfileId } from '#domain/definition';
import { quote, RegistryError } from '#domain/errors';
import type { PlannedAction } from '#domain/job-action';
import type { JobDefinition, WantedProfile } from '#domain/job-definition';
import type { JobRun, JobRunStart } from '#domain/job-run';
import type { JobOutcome } from '#domain/job-run-step';
import type { Scope } from '#domain/scope';
import { type Findings, findingsFrom } from '#domain/severity';

/** How a run ended, as far as it decides what is done then. */
export interface PlannedFor {
  readonly outcome: JobOutcome;
  readonly findings?: Findings;
}

/** Who knows what is to be done when a run ends. */
export interface ActionPlanner {
  /** Lists the actions in their order; none where nobody asked for any. @throws NOT_READY where the catalog is behind */
  plan(scope: Scope, run: JobRun, end: PlannedFor): Promise<readonly PlannedAction[]>;
}

/** An active version of an action profile. */
export interface ActiveProfile {
  readonly version: ContractVersion;
  readonly actions: readonly Action[];
}

/** What the planner asks. */
export interface PlannerPorts {
  readonly definitions: Pick<JobDefinitions, 'find'>;
  readonly profiles: {
    /** Finds a version that is active, of `latest` the highest one. @throws NOT_READY for a profile that is not known */
    findActive(
      scope: Scope,
      id: ActionProfileId,
      version: WantedVersion,
    ): Promise<ActiveProfile | undefined>;
  };
}

/**
 * Plans by the definition that a run was started with: on success, on failure, and, beside success, on findings below its
 * threshold. A profile without an active version is planned as what it is, so that somebody sees it.
 */
export function actionPlanner({ definitions, profiles }: PlannerPorts): ActionPlanner {
  return {
    async plan(scope, run, end) {
      if (run.definition === undefined) return [];
      const definition = await definitionOfRun(definitions, scope, run.definition);
      const planned: PlannedAction[] = [];
      for (const wanted of wantedProfiles(definition, end)) {
        const active = await profiles.findActive(scope, wanted.id, wanted.version);
        planned.push(...(active === undefined ? [unusable(wanted)] : actionsOf(wanted.id, active)));
      }
      return planned;
    },
  };
}

/**
 * Finds the definition that a run was submitted by. It was active then: where it is not known, the catalog is behind.
 * @throws NOT_READY
 */
export async function definitionOfRun(
  definitions: PlannerPorts['definitions'],
  scope: Scope,
  { id, version }: NonNullable<JobRunStart['definition']>,
): Promise<JobDefinition> {
  const found = await definitions.find(scope, id, version);
  if (found !== undefined) return found;
  throw new RegistryError(
    'NOT_READY',
    `Cannot plan by job definition ${quote(id)} version ${quote(version)}: the catalog of this node does not show it yet (want the same request later)`,
    { details: { id, version }, outcome: 'not-applied', retryAfterSeconds: 1 },
  );
}

/** Says which profiles apply to an end; each once. */
export function wantedProfiles(
  { onSuccess, onFailure, onAnomaly }: JobDefinition,
  { outcome, findings = {} }: PlannedFor,
): readonly WantedProfile[] {
  switch (outcome) {
    case 'succeeded': {
      const all = findingsFrom(findings, 'info') === 0 ? onSuccess : [...onSuccess, ...onAnomaly];
      return [...new Map(all.map((one) => [`${one.id}@${one.version}`, one])).values()];
    }
    case 'failed':
      return onFailure;
    case 'cancelled':
    case 'skipped':
      return [];
    default:
      return outcome satisfies never;
  }
}

function actionsOf(
  id: ActionProfileId,
  { version, actions }: ActiveProfile,
): readonly PlannedAction[] {
  return actions.map(({ type }, index) => ({ profile: { id, version }, index, type }));
}

function unusable({ id, version }: WantedProfile): PlannedAction {
  const problem = `Cannot use action profile "${id}" version "${version}": it is not active (want an active version)`;
  return { profile: { id, version }, index: 0, problem };
}
