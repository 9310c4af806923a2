import { jsonLine } from '#cli/command/printable';
import type { Judgement } from '#cli/contract/judgement';

/** Writes what became of contracts as JSON: everything that the registry said, without the contents that were sent. */
export function jsonReport(judgements: readonly Judgement[], exitCode: number): string {
  const contracts = judgements.map(({ input, comparisons, ...facts }) => ({
    ...facts,
    files: {
      schema: input?.schema?.path,
      wit: [...(input?.wit.values() ?? [])].map(({ path }) => path),
      descriptor: input?.descriptor?.path,
    },
    comparisons: comparisons.map(({ versions, changes, changesOmitted, comparison }) => ({
      ...comparison,
      versions,
      changes,
      changesOmitted,
    })),
  }));
  return jsonLine({ exitCode, contracts });
}
