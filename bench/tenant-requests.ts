import { newId } from '#flow/new-id';

/** What a tenant asks for: what is kept in memory, what is written, or what threads have to prove. */
export type Kind = 'read' | 'write' | 'check' | 'slow check';

/** One request. */
export interface TenantRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

/** The contract that every tenant has, and whose successors are checked. */
export const CONTRACT = 'bench.shared';

/** A schema as contracts have them: an object with some twenty fields. */
export function schema(fields: number): object {
  const properties = Array.from({ length: fields }, (_, index) => [
    `field_${index}`,
    index % 2 === 0
      ? { type: 'string', maxLength: 200 }
      : { type: 'integer', minimum: 0, maximum: 1_000_000 },
  ]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: ['field_0'],
    additionalProperties: false,
  };
}

/** A schema that takes a second to be compared with another: choices of choices, each of which must be refuted. */
function slowSchema(): object {
  const choice = (name: string): object => ({
    anyOf: Array.from({ length: 9 }, (_, index) => ({
      properties: { [name]: { type: 'integer', multipleOf: 7 + index, minimum: index * 13 } },
      required: [name],
    })),
  });
  return {
    type: 'object',
    allOf: Array.from({ length: 10 }, (_, index) => choice(`field_${index * 2 + 1}`)),
  };
}

/** Makes what a tenant sends: each write and each check is another one, so that nothing is answered from before. */
export function tenantRequest(kind: Kind): TenantRequest {
  switch (kind) {
    case 'read':
      return { method: 'GET', path: `/registry/contracts/${CONTRACT}/v1` };
    case 'write':
      return {
        method: 'POST',
        path: '/registry/datasets',
        body: JSON.stringify({
          name: `bench/${newId()}/x`,
          schema_fingerprint: 'sha256:bench',
          objects: [{ key: 'data.sqlite', sha256: 'ab'.repeat(32), bytes: 123_456 }],
          row_count: 1_000,
        }),
      };
    case 'check':
      return check(schema(21));
    case 'slow check':
      return check(slowSchema());
    default:
      return kind satisfies never;
  }
}

function check(jsonSchema: object): TenantRequest {
  return {
    method: 'POST',
    path: `/registry/contracts/${CONTRACT}/check`,
    body: JSON.stringify({ description: newId(), jsonSchema }),
  };
}
