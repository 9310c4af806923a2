import { parseCron } from '#domain/cron';
import {
  complete,
  describeValue,
  optional,
  type Part,
  readChoice,
  readList,
  readObject,
  readParsed,
  readText,
} from '#domain/definition-reader';
import { parseTimeZone, type TimeZone } from '#domain/time-zone';

export const TRIGGER_TYPES = ['MANUAL', 'SCHEDULED', 'EXTERNAL_EVENT'] as const;

/** A value that an event must have at a place in its data. */
export type EventCondition = {
  /** A JSON pointer (RFC 6901). */
  readonly path: string;
  readonly equals: string | number | boolean | null;
};

/** Which events of a source start a run. What is absent lets every event pass; all else has to hold. */
export type EventFilter = {
  readonly eventType?: string;
  readonly subjectPrefix?: string;
  readonly where: readonly EventCondition[];
};

/** What starts runs of a job. */
export type JobTrigger =
  | { readonly type: 'MANUAL' }
  /** Five fields, see `parseCron`; read in the time zone, see `nextOccurrence`. */
  | { readonly type: 'SCHEDULED'; readonly cron: string; readonly timeZone: TimeZone }
  | { readonly type: 'EXTERNAL_EVENT'; readonly source: string; readonly filter: EventFilter };

/** The most conditions of one filter. */
export const CONDITIONS_MAX = 20;
const SOURCE_MAX = 255;
const POINTER_MAX = 255;
const EQUALS_MAX = 1_000;
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/u;

/** Reads a trigger: each type has members of its own. */
export function readTrigger(part: Part): JobTrigger | undefined {
  const members = readObject(part, ['type', 'cron', 'timeZone', 'source', 'filter']);
  if (members === undefined) return undefined;
  const { cron, timeZone, source, filter } = members;
  const type = readChoice(members.type, TRIGGER_TYPES);
  switch (type) {
    case undefined:
      return undefined;
    case 'MANUAL':
      refuse(type, [cron, timeZone, source, filter]);
      return { type };
    case 'SCHEDULED':
      refuse(type, [source, filter]);
      return complete(
        {
          type,
          cron: readParsed(cron, checkedCron),
          timeZone: readParsed(timeZone, parseTimeZone),
        },
        {},
      );
    case 'EXTERNAL_EVENT':
      refuse(type, [cron, timeZone]);
      return complete(
        { type, source: readText(source, { lengthMax: SOURCE_MAX }), filter: readFilter(filter) },
        {},
      );
    default:
      return type satisfies never;
  }
}

function checkedCron(text: string): string {
  parseCron(text);
  return text;
}

function refuse(type: string, parts: readonly Part[]): void {
  for (const { value, path, faults } of parts) {
    if (value !== undefined) faults.add(path, `is not known for trigger ${type} (want it absent)`);
  }
}

function readFilter({ value = {}, ...at }: Part): EventFilter | undefined {
  const members = readObject({ value, ...at }, ['eventType', 'subjectPrefix', 'where']);
  if (members === undefined) return undefined;
  const { eventType, subjectPrefix } = members;
  const rule = { countMax: CONDITIONS_MAX, keyOf: ({ path }: EventCondition) => path };
  return complete(
    { where: readList(members.where, rule, readCondition) },
    {
      eventType: optional(eventType, (one) => readText(one, { lengthMax: SOURCE_MAX })),
      subjectPrefix: optional(subjectPrefix, (one) => readText(one, { lengthMax: SOURCE_MAX })),
    },
  );
}

function readCondition(part: Part): EventCondition | undefined {
  const members = readObject(part, ['path', 'equals']);
  if (members === undefined) return undefined;
  const path = readText(members.path, {
    lengthMin: 0,
    lengthMax: POINTER_MAX,
    pattern: POINTER,
    wanted: `a JSON pointer of at most ${POINTER_MAX} characters, such as "/dataset/name"`,
  });
  return complete({ path, equals: readScalar(members.equals) }, {});
}

function readScalar(part: Part): EventCondition['equals'] | undefined {
  const { value, path, faults } = part;
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string')
    return readText(part, { lengthMin: 0, lengthMax: EQUALS_MAX, isMultiline: true });
  faults.add(
    path,
    `is ${describeValue(value)} (want a text, a finite number, true, false or null)`,
  );
  return undefined;
}
