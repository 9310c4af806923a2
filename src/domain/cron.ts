import { quote, RegistryError } from '#domain/errors';

/** A schedule in five fields, read. Days of the week count from Sunday as 0. */
export interface CronExpression {
  /** Ascending, as are the others. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly daysOfWeek: ReadonlySet<number>;
  /** Whether one of the two kinds of days is enough: so when neither field begins with `*` (POSIX crontab). */
  readonly isEitherDay: boolean;
}

interface Field {
  readonly noun: string;
  readonly min: number;
  readonly max: number;
  /** Names from `min` on, in upper case. */
  readonly names: readonly string[];
}

const FIELDS: readonly Field[] = [
  { noun: 'minute', min: 0, max: 59, names: [] },
  { noun: 'hour', min: 0, max: 23, names: [] },
  { noun: 'day of month', min: 1, max: 31, names: [] },
  {
    noun: 'month',
    min: 1,
    max: 12,
    names: 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' '),
  },
  // Sunday is 0 and 7, so that a range may end with it.
  { noun: 'day of week', min: 0, max: 7, names: 'SUN MON TUE WED THU FRI SAT'.split(' ') },
];

/** The longest text that is read. */
const CRON_LENGTH_MAX = 255;
const ITEM = /^(?:\*|(?<from>[0-9A-Za-z]+)(?:-(?<to>[0-9A-Za-z]+))?)(?:\/(?<step>[0-9]{1,2}))?$/;
const MONTH_DAYS_MAX = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Parses minute, hour, day of month, month and day of week: numbers, three-letter names, `*`, ranges, steps over `*` or a
 * range, and lists of these. No seconds, no `@daily`, no `L`, `W`, `#` or `?`.
 * @throws INVALID_REQUEST for all else, and for days that no year has
 */
export function parseCron(text: string): CronExpression {
  if (text.length > CRON_LENGTH_MAX) throw invalid(text, `it has ${text.length} characters`);
  const parts = text.split(' ');
  if (parts.length !== FIELDS.length) throw invalid(text, `it has ${parts.length} fields`);
  const [minutes = [], hours = [], days = [], months = [], weekDays = []] = FIELDS.map(
    (field, index) => readField(text, field, parts[index] ?? ''),
  );
  const isRestricted = (index: number): boolean => parts[index]?.startsWith('*') === false;
  const isEitherDay = isRestricted(2) && isRestricted(4);
  const isPossible = months.some((month) =>
    days.some((day) => day <= (MONTH_DAYS_MAX[month - 1] ?? 0)),
  );
  if (!isPossible && !isEitherDay) throw invalid(text, 'it names days that no year has');
  return {
    minutes,
    hours,
    daysOfMonth: new Set(days),
    months: new Set(months),
    daysOfWeek: new Set(weekDays.map((day) => day % 7)),
    isEitherDay,
  };
}

function readField(text: string, field: Field, part: string): readonly number[] {
  const found = new Set<number>();
  for (const item of part.split(',')) {
    for (const value of readItem(text, field, item)) found.add(value);
  }
  return [...found].toSorted((a, b) => a - b);
}

function readItem(text: string, field: Field, item: string): readonly number[] {
  const { from, to, step } = ITEM.exec(item)?.groups ?? {};
  const isList = from === undefined || to !== undefined;
  const first = from === undefined ? field.min : valueOf(field, from);
  const last = from === undefined ? field.max : valueOf(field, to ?? from);
  const by = step === undefined ? 1 : Number(step);
  const isRead = ITEM.test(item) && first !== undefined && last !== undefined;
  if (!isRead || first > last || by < 1 || (step !== undefined && !isList)) {
    throw invalid(text, `${field.noun} ${quote(item)} is not one`, field);
  }
  const count = Math.floor((last - first) / by) + 1;
  return Array.from({ length: count }, (_, index) => first + index * by);
}

function valueOf({ min, max, names }: Field, text: string): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  if (named >= 0) return named + min;
  const value = /^[0-9]{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

function invalid(text: string, is: string, field?: Field): RegistryError {
  const want =
    field === undefined
      ? 'minute, hour, day of month, month and day of week, with one space between two'
      : `${field.min} to ${field.max}${field.names.length === 0 ? '' : `, ${field.names[0]} to ${field.names.at(-1)}`}, "*", ascending ranges "a-b", steps "*/n" or "a-b/n", joined by ","`;
  return new RegistryError(
    'INVALID_REQUEST',
    `Cannot use schedule ${quote(text)}: ${is} (want ${want})`,
    { details: { field: 'cron' }, outcome: 'not-applied' },
  );
}
