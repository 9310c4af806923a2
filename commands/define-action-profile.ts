import { append, reject } from '#commands/decision';
import type { ActionProfileCommands } from '#commands/job-ports';
import { type DefinitionPlan, planDefinition } from '#commands/plan-definition';
import { type CommandAnswer, type CommandContext, runCommand } from '#commands/run-command';
import {
  type ActionProfile,
  type ActionProfileEvent,
  type ActionProfileState,
  actionProfileEvolution,
  readActionProfile,
} from '#domain/action-profile';
import type { ContractVersion } from '#domain/contract-name';
import {
  type ActionProfileId,
  type DefinedVersion,
  definitionFingerprint,
  definitionOf,
} from '#domain/definition';

/** One version of an action profile, as its author sends it. */
export interface DefineActionProfile {
  readonly id: ActionProfileId;
  /** Absent: the next patch, and no new one where the highest says the same. */
  readonly version?: ContractVersion;
  /** JSON that `readActionProfile` takes. */
  readonly content: unknown;
}

/** What a definition of a profile has come to. */
export type ActionProfileAnswer = CommandAnswer<ActionProfileState, ActionProfileEvent> & {
  /** The version as it stands now. */
  readonly defined: DefinedVersion<ActionProfile>;
};

/**
 * Carries out the definition of a version, which begins as a draft. Two authors of the next version get one each.
 * @throws INVALID_REQUEST with every fault and its path, VERSION_CONFLICT, and what `runCommand` throws
 */
export async function defineActionProfile(
  commands: Pick<ActionProfileCommands, 'env' | 'log' | 'source'>,
  context: CommandContext,
  { id, version, content }: DefineActionProfile,
): Promise<ActionProfileAnswer> {
  const read = readActionProfile(content);
  const fingerprint = definitionFingerprint(read);
  let plan: DefinitionPlan | undefined;
  const answer = await runCommand(commands.env, context, {
    kind: 'action-profile',
    id,
    log: commands.log,
    source: commands.source,
    evolution: actionProfileEvolution,
    decide: (state) => {
      plan = planDefinition(state, { noun: 'action profile', id, version, fingerprint });
      if (plan.kind === 'refused') return reject(plan.error);
      if (plan.kind === 'existing') return { kind: 'unchanged' };
      const definition = definitionOf(id, plan.version, read);
      return append({
        type: 'ActionProfileDefined',
        data: { definition, author: context.actor },
      });
    },
  });
  const event = answer.recorded?.event;
  const told = event?.type === 'ActionProfileDefined' ? event.data.definition : plan;
  const defined =
    told === undefined || !('version' in told)
      ? undefined
      : answer.state.versions.get(told.version);
  if (defined === undefined) throw new TypeError('A definition was answered without its version');
  return { ...answer, defined };
}
