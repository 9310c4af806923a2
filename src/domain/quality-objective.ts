import { METRIC_TEXT } from '#domain/column-contract';
import {
  complete,
  optional,
  type Part,
  readList,
  readNumber,
  readObject,
  readText,
  readWholeNumber,
} from '#domain/definition-reader';

/** What is promised of a dataset over a period. */
export type QualityObjective = {
  readonly metric: string;
  /** A ratio from 0 to 1, but for metrics whose name ends with a unit. */
  readonly target: number;
  readonly periodDays: number;
};

/** The most objectives of one dataset. */
export const OBJECTIVES_MAX = 100;
const PERIOD_DAYS = { min: 1, max: 3_660 };
const PERIOD_DAYS_DEFAULT = 30;
// Without a sign or a capital before it, `account` would end with a unit.
const ENDS_WITH_UNIT =
  /(?:^|[._-])(?:bytes|count|days|hours|minutes|ms|rows|seconds)$|(?:Bytes|Count|Days|Hours|Minutes|Ms|Rows|Seconds)$/;

/** Reads the objectives of a dataset, one for each metric and period. */
export function readObjectives(part: Part): readonly QualityObjective[] {
  const rule = {
    countMax: OBJECTIVES_MAX,
    keyOf: ({ metric, periodDays }: QualityObjective) => `${metric} ${periodDays}`,
  };
  return readList(part, rule, (one) => {
    const members = readObject(one, ['metric', 'target', 'periodDays']);
    if (members === undefined) return undefined;
    const metric = readText(members.metric, METRIC_TEXT);
    const isRatio = metric === undefined || !ENDS_WITH_UNIT.test(metric);
    const target = readNumber(members.target, isRatio ? { min: 0, max: 1 } : { min: 0 });
    const periodDays =
      optional(members.periodDays, (of) => readWholeNumber(of, PERIOD_DAYS)) ?? PERIOD_DAYS_DEFAULT;
    return complete({ metric, target, periodDays }, {});
  });
}
