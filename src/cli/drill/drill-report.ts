/** How a step or a whole drill went. */
export type DrillOutcome = 'succeeded' | 'failed' | 'stopped';

export interface DrillStep {
  readonly name: string;
  readonly outcome: DrillOutcome;
  /** What was seen, in words. */
  readonly detail: string;
  readonly seconds: number;
}

/** What a drill did and saw. This is the JSON report. */
export interface DrillReport {
  readonly drill: string;
  readonly registryVersion: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly outcome: DrillOutcome;
  readonly steps: readonly DrillStep[];
  readonly figures: readonly {
    readonly name: string;
    readonly value: number;
    readonly unit: string;
  }[];
}

/** Rounds for people: three digits that mean something, all of a large number. */
export function shownFigure(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1_000)
    return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
