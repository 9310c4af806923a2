import type { JobRules } from '#commands/job-ports';
import type { CommandContext } from '#commands/run-command';
import type { ContractVersion } from '#domain/contract-name';
import type { Definition, DefinitionState, JobStageChange } from '#domain/definition';
import { quote, RegistryError } from '#domain/errors';
import { type JobStage, nextJobStages } from '#domain/job-stage';

/** A step of one version to another stage. */
export interface WantedStage {
  /** As errors name it. */
  readonly noun: 'action profile' | 'job definition';
  readonly id: string;
  readonly version: ContractVersion;
  readonly to: JobStage;
  readonly notes?: string;
}

/** Who asks for a step, and where. */
export interface StageAsker {
  readonly actor: string;
  readonly isProduction: boolean;
}

/** What a step comes to, given the versions that are there. */
export type StagePlan =
  | { readonly kind: 'step'; readonly change: JobStageChange }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly error: RegistryError };

/** The longest notes of one step. */
export const STAGE_NOTES_MAX = 2_000;

/** Tells who asks for a step by a command. */
export function stageAsker(
  { productionEnvironments }: JobRules,
  context: CommandContext,
): StageAsker {
  const isProduction = productionEnvironments.has(context.scope.environment);
  return { actor: context.actor, isProduction };
}

/** Plans a step by the table of stages. In production nobody activates what they have defined. */
export function planJobStage<D extends Definition>(
  { versions }: DefinitionState<D>,
  wanted: WantedStage,
  by: StageAsker,
): StagePlan {
  const { version, to, notes } = wanted;
  const known = versions.get(version);
  if (known === undefined) return refused('NOT_FOUND', wanted, notThere);
  if (notes !== undefined && (notes.length > STAGE_NOTES_MAX || !notes.isWellFormed()))
    return refused('INVALID_REQUEST', wanted, wrongNotes(notes));
  const { stage: from, author } = known;
  if (from === to) return { kind: 'unchanged' };
  const legal = nextJobStages(from);
  if (!legal.includes(to)) {
    const want = legal.length === 0 ? 'a new version' : legal.join(' or ');
    const details = { from, legal };
    return refused('ILLEGAL_TRANSITION', wanted, { is: `it is ${from} (want ${want})`, details });
  }
  if (to === 'active' && by.isProduction && by.actor === author) {
    const is = `${quote(author)} defined it (want the approval of somebody else)`;
    return refused('SELF_APPROVAL', wanted, { is, details: { author } });
  }
  return {
    kind: 'step',
    change: { version, from, to, ...(notes === undefined ? {} : { notes }) },
  };
}

/** Says why a step that the table allows is refused all the same. */
export function refuseStep(
  wanted: WantedStage,
  is: string,
  details: Readonly<Record<string, unknown>>,
): RegistryError {
  return stageError('ILLEGAL_TRANSITION', wanted, { is, details });
}

interface Reason {
  readonly is: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const notThere: Reason = {
  is: 'it is not defined in this tenant and environment (want a defined version)',
};

function wrongNotes(notes: string): Reason {
  return {
    is: `its notes have ${notes.length} characters (want at most ${STAGE_NOTES_MAX} of well-formed text)`,
  };
}

type StageRefusal = 'NOT_FOUND' | 'INVALID_REQUEST' | 'ILLEGAL_TRANSITION' | 'SELF_APPROVAL';

function refused(code: StageRefusal, wanted: WantedStage, reason: Reason): StagePlan {
  return { kind: 'refused', error: stageError(code, wanted, reason) };
}

function stageError(
  code: StageRefusal,
  { noun, id, version, to }: WantedStage,
  { is, details }: Reason,
): RegistryError {
  return new RegistryError(
    code,
    `Cannot move ${noun} ${quote(id)} version ${quote(version)} to ${to}: ${is}`,
    { details: { id, version, to, ...details }, outcome: 'not-applied' },
  );
}
