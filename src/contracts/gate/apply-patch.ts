import { parsePointer } from '#contracts/json/pointer';
import type { SchemaPatch } from '#contracts/json-schema-diff/schema-change';
import type { Json, JsonObject } from '#domain/canonical-json';

/**
 * Copies a JSON value with another value at a pointer, or with none there. Objects on the way are made where only the last
 * one or two are missing; `undefined` when the way leads through anything else.
 */
export function applyPatch(target: Json, { pointer, value }: SchemaPatch): Json | undefined {
  const tokens = parsePointer(pointer);
  return tokens === undefined ? undefined : replace(target, tokens, value);
}

function replace(
  target: Json | undefined,
  [token, ...rest]: readonly string[],
  value: Json | undefined,
): Json | undefined {
  if (token === undefined) return value;
  if (Array.isArray(target)) {
    const index = Number(token);
    const inner = replace(target[index] as Json | undefined, rest, value);
    return inner === undefined || index >= target.length ? undefined : target.with(index, inner);
  }
  const object = target ?? {};
  if (typeof object !== 'object') return undefined;
  const known = object as JsonObject;
  const inner = replace(Object.hasOwn(known, token) ? known[token] : undefined, rest, value);
  if (inner !== undefined) return { ...known, [token]: inner };
  if (rest.length > 0) return undefined;
  return Object.fromEntries(Object.entries(known).filter(([name]) => name !== token));
}
