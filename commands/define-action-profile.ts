import { type DefineCommands, type DefinedAnswer, defineVersion } from '#commands/define-version';
import type { CommandContext } from '#commands/run-command';
import {
  type ActionProfile,
  type ActionProfileEvent,
  actionProfileEvolution,
  readActionProfile,
} from '#domain/action-profile';
import type { ContractVersion } from '#domain/contract-name';
import { type ActionProfileId, definitionFingerprint, definitionOf } from '#domain/definition';

/** One version of an action profile, as its author sends it. */
export interface DefineActionProfile {
  readonly id: ActionProfileId;
  /** Absent: the next patch, and no new one where the highest says the same. */
  readonly version?: ContractVersion;
  /** JSON that `readActionProfile` takes. */
  readonly content: unknown;
}

/** What a definition of a profile has come to. */
export type ActionProfileAnswer = DefinedAnswer<ActionProfile, ActionProfileEvent>;

/**
 * Carries out the definition of a version, see `defineVersion`.
 * @throws INVALID_REQUEST with every fault and its path, VERSION_CONFLICT, and what `runCommand` throws
 */
export async function defineActionProfile(
  commands: DefineCommands<ActionProfile>,
  context: CommandContext,
  { id, version, content }: DefineActionProfile,
): Promise<ActionProfileAnswer> {
  const read = readActionProfile(content);
  return await defineVersion(commands, context, {
    kind: 'action-profile',
    noun: 'action profile',
    id,
    version,
    fingerprint: definitionFingerprint(read),
    evolution: actionProfileEvolution,
    eventOf: (of): ActionProfileEvent => ({
      type: 'ActionProfileDefined',
      data: { definition: definitionOf(id, of, read), author: context.actor },
    }),
    definedBy: (event) =>
      event.type === 'ActionProfileDefined' ? event.data.definition.version : undefined,
  });
}
