import type { ContractContent, GateComparison, GateReport } from '#contracts/gate/gate-report';
import { runGate } from '#contracts/gate/run-gate';
import type { Json } from '#domain/canonical-json';
import type { CompatibilityMode } from '#domain/contract-gate';

/** Gives the content of a contract that is one JSON Schema. */
export function ofSchema(schema: Json): ContractContent {
  return { jsonSchema: JSON.stringify(schema) };
}

/** Gives the content of a contract that is one WIT text. */
export function ofWit(text: string): ContractContent {
  return { wit: [{ path: 'a.wit', text }] };
}

export interface GateSetting {
  readonly mode?: CompatibilityMode;
  readonly assertsFormats?: boolean;
  readonly stepsMax?: number;
}

/** Judges a contract against one older version of it. */
export function judge(
  older: ContractContent,
  candidate: ContractContent,
  { mode = 'BACKWARD', assertsFormats = true, stepsMax = 200_000 }: GateSetting = {},
): GateReport {
  const predecessors = [{ version: '1.0.0', content: older }];
  return runGate({ candidate, predecessors, mode, assertsFormats, stepsMax, isExplained: true });
}

/** Judges two contracts without faults, and gives their comparison. */
export function compared(
  older: ContractContent,
  candidate: ContractContent,
  setting?: GateSetting,
): GateComparison {
  const { faults, comparisons } = judge(older, candidate, setting);
  const [comparison] = comparisons;
  if (comparison === undefined) throw new Error(JSON.stringify(faults));
  return comparison;
}

/** Tells a comparison as `level backward forward`, and each change as `rule [what it breaks]`, `!` where that counts. */
export function told({ level, backward, forward, changes }: GateComparison): readonly string[] {
  return [
    `${level} ${backward.kind} ${forward.kind}`,
    ...changes.map(({ rule, breaks, isBreaking, isFeature }) => {
      const mark = isBreaking ? '!' : isFeature ? '+' : '';
      return `${mark}${rule} [${breaks.join()}]`;
    }),
  ];
}
