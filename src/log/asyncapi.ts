import { z } from 'zod';
import type { Kind } from '#domain/event';
import { EVENT_TYPES, type EventType } from '#domain/event-types';
import { EVENT_HEADERS, EVENT_SCHEMAS } from '#log/event-schemas';
import { STREAMS, type StreamName } from '#log/streams';
import { kindFilter } from '#log/subjects';

/** A JSON object of the document. */
export type AsyncApiPart = { readonly [name: string]: unknown };

const WHAT: Readonly<Record<Kind, string>> = {
  dataset: 'What happens to one dataset. The id is its name',
  contract: 'What happens to one contract. The id is its name',
  'contract-policy': 'What holds for all contracts of an environment',
  'action-profile': 'What happens to one action profile',
  'job-definition': 'What happens to one job definition',
  'api-key': 'What happens to one API key',
  webhook: 'What happens to one webhook',
  'job-run': 'What happens to one run of a job',
  'run-request': 'What a submission with an idempotency key was resolved to',
  'lineage-run': 'What OpenLineage says of one run',
  'lineage-document': 'What OpenLineage says of one job or dataset',
};

/**
 * Makes the AsyncAPI 3.0 document of the events in the log: from the subjects, the streams and the schemas that the registry
 * itself has, so that it cannot say anything else.
 */
export function asyncApiDocument(version: string): AsyncApiPart {
  const schemas = schemasOf({ ...EVENT_SCHEMAS, EventHeaders: EVENT_HEADERS });
  const types = Object.values(EVENT_TYPES).flat();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Atlas Registry events',
      version,
      description:
        'Every change is one event in one of two JetStream streams, as a CloudEvent in binary mode. Consumers may only subscribe. Unknown members and headers are to be passed over.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      broker: {
        host: '{host}',
        protocol: 'nats',
        description: 'NATS with JetStream: NATS_URL of the registry',
        variables: { host: { default: '127.0.0.1:4222' } },
      },
    },
    channels: Object.fromEntries(kindsOf().map(([stream, kind]) => [kind, channel(stream, kind)])),
    operations: Object.fromEntries(
      kindsOf().map(([, kind]) => [
        `send-${kind}`,
        { action: 'send', channel: ref('channels', kind), summary: WHAT[kind] },
      ]),
    ),
    components: {
      messages: Object.fromEntries(types.map((type) => [type, message(type)])),
      schemas,
    },
  };
}

function kindsOf(): readonly (readonly [StreamName, Kind])[] {
  return (Object.keys(STREAMS) as StreamName[]).flatMap((stream) =>
    STREAMS[stream].map((kind) => [stream, kind] as const),
  );
}

function channel(stream: StreamName, kind: Kind): AsyncApiPart {
  const names = ['tenant', 'environment', 'id'];
  // The one place that knows what a subject looks like: each wildcard is a parameter.
  const address = names.reduce(
    (text, name) => text.replace('*', `{${name}}`),
    String(kindFilter(kind)),
  );
  return {
    address,
    description: `${WHAT[kind]}. In the stream ${stream}`,
    servers: [ref('servers', 'broker')],
    parameters: {
      tenant: { description: 'Of a-z, 0-9 and "-"' },
      environment: { description: 'Of a-z, 0-9 and "-"' },
      id: { description: 'UTF-8, every byte outside of A-Z, a-z, 0-9, "_" and "-" as =HH' },
    },
    messages: Object.fromEntries(
      EVENT_TYPES[kind].map((type) => [type, ref('components/messages', type)]),
    ),
  };
}

function message(type: EventType): AsyncApiPart {
  return {
    name: type,
    contentType: 'application/json',
    headers: ref('components/schemas', 'EventHeaders'),
    payload: ref('components/schemas', type),
  };
}

/** Turns schemas into JSON Schema of draft 7, which AsyncAPI speaks; those with an id stand by themselves. */
function schemasOf(all: Readonly<Record<string, z.ZodType>>): AsyncApiPart {
  const found: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(all)) {
    const {
      $schema: _,
      id: __,
      definitions,
      ...own
    } = z.toJSONSchema(schema, {
      target: 'draft-7',
      io: 'input',
    }) as AsyncApiPart;
    found[name] = moved(own);
    for (const [id, part] of Object.entries(definitions ?? {})) found[id] = moved(part);
  }
  return found;
}

/** Names the place of parts in this document, and leaves out what says nothing. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(
    ([name, part]) => !(name === 'additionalProperties' && isEmpty(part)),
  );
  return Object.fromEntries(
    members.map(([name, part]) =>
      name === '$ref'
        ? [name, String(part).replace('#/definitions/', '#/components/schemas/')]
        : [name, moved(part)],
    ),
  );
}

function isEmpty(part: unknown): boolean {
  return typeof part === 'object' && part !== null && Object.keys(part).length === 0;
}

function ref(place: string, name: string): { readonly $ref: string } {
  return { $ref: `#/${place}/${name}` };
}
