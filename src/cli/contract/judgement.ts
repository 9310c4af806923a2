import { ResponseError } from '#api-client/errors';
import { describeError, EXIT, type ExitCode, exitCodeOf } from '#cli/command/exit-code';
import {
  type ChangeAnswer,
  type CheckAnswer,
  type ComparisonAnswer,
  type FaultAnswer,
  refusalSchema,
} from '#cli/contract/answers';
import type { ContractInput } from '#cli/contract/contract-input';
import type { ContractRegistry } from '#cli/contract/contract-registry';

/**
 * What became of one contract. `accepted`: it would be published. `refused`: the registry says no, and why. `failed`: it was
 * not judged, because of its files or of the registry.
 */
export type Outcome = 'accepted' | 'created' | 'existing' | 'refused' | 'failed';

/** What a comparison says that is shown. */
export interface ShownComparison {
  /** The older versions. */
  readonly versions: readonly string[];
  readonly changes: readonly ChangeAnswer[];
  readonly changesOmitted: number;
  /** The whole of it; absent where the registry only lists the changes. */
  readonly comparison?: ComparisonAnswer;
}

/** What became of one contract, and everything that is to be said of it. */
export interface Judgement {
  readonly name: string;
  readonly outcome: Outcome;
  readonly exitCode: ExitCode;
  /** Absent where its files could not be read. */
  readonly input: ContractInput | undefined;
  /** The version that was asked for, or that it gets. */
  readonly version?: string | undefined;
  /** The version that would be right. */
  readonly want?: string | undefined;
  readonly level?: string | undefined;
  readonly mode?: string | undefined;
  readonly stage?: string | undefined;
  readonly digest?: string | undefined;
  /** The code of the registry's refusal. */
  readonly code?: string | undefined;
  /** One sentence. */
  readonly reason?: string | undefined;
  readonly faults: readonly FaultAnswer[];
  readonly warnings: readonly FaultAnswer[];
  readonly comparisons: readonly ShownComparison[];
}

/** Asks a registry what it would do with a contract. Never throws: what fails is part of the judgement. */
export async function checkContract(
  registry: ContractRegistry,
  input: ContractInput,
): Promise<Judgement> {
  try {
    const { comparisons, ...answer } = await registry.check(input.name, input.body);
    return {
      name: input.name,
      input,
      ...outcomeOf(answer),
      version: answer.version,
      want: answer.want,
      level: answer.level,
      mode: answer.mode,
      reason: answer.reason,
      faults: answer.faults,
      warnings: answer.warnings,
      comparisons: comparisons.map(shown),
    };
  } catch (error) {
    return failedJudgement(input.name, error, input);
  }
}

function outcomeOf({
  wouldPublish,
  isThere,
}: Pick<CheckAnswer, 'wouldPublish' | 'isThere'>): Pick<Judgement, 'outcome' | 'exitCode'> {
  if (isThere) return { outcome: 'existing', exitCode: EXIT.ok };
  if (wouldPublish) return { outcome: 'accepted', exitCode: EXIT.ok };
  return { outcome: 'refused', exitCode: EXIT.refused };
}

/** Publishes a contract. Never throws: what fails is part of the judgement. */
export async function publishContract(
  registry: ContractRegistry,
  input: ContractInput,
): Promise<Judgement> {
  try {
    const { status, changelog, ...answer } = await registry.publish(input.name, input.body);
    const changes = status === 'existing' ? undefined : changelog;
    const { version, level, mode, stage, digest } = answer;
    return {
      name: input.name,
      input,
      outcome: status,
      exitCode: EXIT.ok,
      version,
      level,
      mode,
      stage,
      digest,
      faults: [],
      warnings: [],
      comparisons:
        changes === undefined || changes.comparedWith.length === 0
          ? []
          : [{ ...changes, versions: changes.comparedWith }],
    };
  } catch (error) {
    return failedJudgement(input.name, error, input);
  }
}

/** Makes the judgement for what went wrong with one contract. */
export function failedJudgement(name: string, error: unknown, input?: ContractInput): Judgement {
  const exitCode = exitCodeOf(error);
  const details = refusalOf(error);
  return {
    name,
    input,
    outcome: exitCode === EXIT.refused ? 'refused' : 'failed',
    exitCode,
    code: error instanceof ResponseError ? error.problem.code : undefined,
    reason: describeError(error),
    version: details?.version,
    want: details?.want,
    level: details?.level,
    mode: details?.mode,
    faults: details?.faults ?? [],
    warnings: details?.warnings ?? [],
    comparisons: (details?.comparisons ?? []).map(shown),
  };
}

/** Prepares a comparison to be shown. */
export function shown(comparison: ComparisonAnswer): ShownComparison {
  const { version, changes, changesOmitted } = comparison;
  return { versions: [version], changes, changesOmitted, comparison };
}

function refusalOf(error: unknown) {
  if (!(error instanceof ResponseError)) return undefined;
  const { problem } = error;
  const details = 'details' in problem ? problem.details : undefined;
  const parsed = refusalSchema.safeParse({
    ...problem,
    ...(typeof details === 'object' ? details : {}),
  });
  return parsed.success ? parsed.data : undefined;
}
