/** What a drill has come to. */
export interface DrillSummary {
  readonly id: string;
  readonly drill: string;
  readonly registry_version: string;
  readonly started_at: string;
  readonly seconds: number;
  readonly outcome: string;
  readonly figures: readonly DrillFigure[];
  readonly step_count: number;
  readonly failed_step_count: number;
}

export interface DrillFigure {
  readonly name: string;
  /** `null`: it was not measured. */
  readonly value: number | null;
  readonly unit: string;
}

/** The whole report. */
export interface DrillReport extends DrillSummary {
  readonly steps: readonly {
    readonly name: string;
    readonly outcome: string;
    /** Absent where tokens are asked for. */
    readonly detail?: string;
    readonly seconds: number;
  }[];
}

/** Writes a figure for people: three digits that mean something, all of a large number. */
export function figureText({ value, unit }: DrillFigure): string {
  if (value === null) return 'not measured';
  const isLarge = Number.isInteger(value) || Math.abs(value) >= 1_000;
  const text = isLarge
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
  return `${text} ${unit}`;
}
