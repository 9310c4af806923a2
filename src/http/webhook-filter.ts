import { RegistryError } from '#domain/errors';
import { KINDS, type Kind } from '#domain/event';
import { EVENT_TYPES } from '#domain/event-types';
import type { WebhookFilter, WebhookStream } from '#domain/webhook';
import { streamHolds } from '#projections/event-feed';

/** @throws INVALID_REQUEST for a kind or a type of which the stream never has an event */
export function checkFilter({ kinds, types }: WebhookFilter, stream: WebhookStream): void {
  const ofStream = KINDS.filter((kind) => streamHolds(stream, kind));
  const kind = kinds?.find((one) => !ofStream.includes(one));
  if (kind !== undefined) throw noneOf('kind', kind, stream);
  const known: ReadonlySet<string> = new Set(ofStream.flatMap(typesOf));
  const type = types?.find((one) => !known.has(one));
  if (type !== undefined) throw noneOf('type', type, stream);
}

function typesOf(kind: Kind): readonly string[] {
  return EVENT_TYPES[kind];
}

function noneOf(what: 'kind' | 'type', value: string, stream: WebhookStream): RegistryError {
  return new RegistryError(
    'INVALID_REQUEST',
    `Cannot send events of ${what} "${value}": stream "${stream}" has none (want the other stream, or another ${what})`,
    { details: { [what]: value, stream }, outcome: 'not-applied' },
  );
}
