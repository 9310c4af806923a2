import { append, type Decision, reject } from '#commands/decision';
import type { ActionProfileCommands, WantedVersion } from '#commands/job-ports';
import { planJobStage, refuseStep, stageAsker, type WantedStage } from '#commands/plan-job-stage';
import { type CommandAnswer, type CommandContext, runCommand } from '#commands/run-command';
import {
  type ActionProfileEvent,
  type ActionProfileState,
  actionProfileEvolution,
} from '#domain/action-profile';
import type { ContractVersion } from '#domain/contract-name';
import type { ActionProfileId, JobStageChange } from '#domain/definition';
import { quote } from '#domain/errors';
import type { JobStage } from '#domain/job-stage';

/** A step of one version of an action profile to another stage. */
export interface ChangeActionProfileStage {
  readonly id: ActionProfileId;
  readonly version: ContractVersion;
  readonly to: JobStage;
  readonly notes?: string;
}

/** How many users a refusal names. */
export const USERS_NAMED_MAX = 100;

/**
 * Carries out a step of a profile.
 * @throws NOT_FOUND, ILLEGAL_TRANSITION with the legal steps, or with the active job definitions that still use a profile
 *   which is to be retired, SELF_APPROVAL, INVALID_REQUEST for notes that are too long, and what `runCommand` throws
 */
export async function changeActionProfileStage(
  commands: ActionProfileCommands,
  context: CommandContext,
  command: ChangeActionProfileStage,
): Promise<CommandAnswer<ActionProfileState, ActionProfileEvent>> {
  const wanted: WantedStage = { noun: 'action profile', ...command };
  const asker = stageAsker(commands.rules, context);
  return await runCommand(commands.env, context, {
    kind: 'action-profile',
    id: command.id,
    log: commands.log,
    source: commands.source,
    evolution: actionProfileEvolution,
    decide: async (state): Promise<Decision<ActionProfileEvent>> => {
      const plan = planJobStage(state, wanted, asker);
      if (plan.kind === 'unchanged') return plan;
      if (plan.kind === 'refused') return reject(plan.error);
      if (plan.change.to === 'retired') {
        const versions = namesLost(state, plan.change);
        const use = { id: command.id, versions, limit: USERS_NAMED_MAX };
        const users = await commands.users.activeUsers(context.scope, use);
        const [first] = users;
        if (first !== undefined) {
          const is = `${users.length === USERS_NAMED_MAX ? 'at least ' : ''}${users.length} active job definitions use it, the first is ${quote(first.id)} version ${quote(first.version)} (want them retired first)`;
          return reject(refuseStep(wanted, is, { users }));
        }
      }
      return append({ type: 'ActionProfileStageChanged', data: plan.change });
    },
  });
}

/** Gives the names by which nothing would be found any more: `latest` when no other version is active. */
function namesLost(
  { versions }: ActionProfileState,
  { version, from }: JobStageChange,
): readonly WantedVersion[] {
  const others = [...versions.values()].some(
    (one) => one.version !== version && one.stage === 'active',
  );
  return from === 'active' && !others ? [version, 'latest'] : [version];
}
