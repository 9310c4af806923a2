import type { Json } from '#domain/canonical-json';
import type { JobTrigger } from '#domain/job-trigger';

/** Something that happened elsewhere and may start runs. */
export interface ExternalEvent {
  readonly source: string;
  /** Unique within its source. */
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly data: Json;
}

/** Tells whether a trigger waits for an event. What its filter leaves out lets every event pass; all else has to hold. */
export function isTriggeredBy(trigger: JobTrigger, event: ExternalEvent): boolean {
  if (trigger.type !== 'EXTERNAL_EVENT' || trigger.source !== event.source) return false;
  const { eventType, subjectPrefix, where } = trigger.filter;
  if (eventType !== undefined && eventType !== event.type) return false;
  if (subjectPrefix !== undefined && !(event.subject ?? '').startsWith(subjectPrefix)) return false;
  return where.every(({ path, equals }) => valueAt(event.data, path) === equals);
}

/** Gives what a JSON pointer (RFC 6901) names; `undefined` where it names nothing. */
function valueAt(document: Json, pointer: string): Json | undefined {
  const tokens = pointer.split('/').slice(1);
  return tokens.reduce<Json | undefined>((at, token) => {
    if (typeof at !== 'object' || at === null) return undefined;
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) return /^(?:0|[1-9]\d{0,9})$/.test(name) ? at[Number(name)] : undefined;
    return Object.hasOwn(at, name) ? (at as Readonly<Record<string, Json>>)[name] : undefined;
  }, document);
}
